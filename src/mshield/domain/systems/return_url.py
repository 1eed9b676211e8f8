"""Where the shield's app leads back to after a request by another app (R13): which addresses, and what they then tell.

Addresses match character by character, as OpenID Connect's do; what the app opens is made here and nowhere else.
"""

from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from mshield.domain import errors
from mshield.domain.systems.addresses import MAX_URI, is_loopback, is_whole

RETURN_CODE: Final = "return_code"
FIELDS: Final = ("request", "state", RETURN_CODE)
"""What the app adds to a registered address; the code only to that of a signed request."""

_WEB: Final = frozenset({"https", "http"})


def checked_return_url(url: str, schemes: Collection[str] = ()) -> str:
    """An address to register: https, http on this machine, or by one of the `schemes` of apps. Raises InvalidReturnUrl.

    The operator names these schemes: what a phone opens by any other, nobody here knows.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise errors.InvalidReturnUrl(url=url[:MAX_URI]) from error
    own = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} & set(FIELDS)
    if own or not is_whole(url) or not _may_lead(parts.scheme, host, url, path=parts.path, schemes=schemes):
        raise errors.InvalidReturnUrl(url=url[:MAX_URI])
    return url


def leads_by(url: str, schemes: Collection[str]) -> bool:
    """Whether a registered address is still of a scheme that counts: those of apps may have changed since."""
    return url.partition(":")[0] in _WEB.union(schemes)


def _may_lead(scheme: str, host: str | None, url: str, *, path: str, schemes: Collection[str]) -> bool:
    if scheme == "https":
        return url.startswith("https://") and bool(host)
    if scheme == "http":
        return url.startswith("http://") and is_loopback(host or "")
    # Written out as `scheme://…` and in lower case, so that no browser reads another scheme into it.
    return scheme in schemes and url.startswith(f"{scheme}://") and bool(host or path.strip("/"))


def return_address(url: str, *, request_id: str, state: str, return_code: str | None) -> str:
    """A registered address with what it tells of the request's end."""
    fields = {"request": request_id, "state": state}
    if return_code is not None:
        fields[RETURN_CODE] = return_code
    return f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"
