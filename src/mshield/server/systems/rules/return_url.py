"""Return addresses: targets to which the shield's app returns after another app's request (R13), and their parameters.

Addresses match character by character, as in OpenID Connect. Only this module builds the address that the app
opens.
"""

from collections.abc import Collection
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from mshield.server.systems.errors import InvalidReturnUrl
from mshield.wire.addresses import MAX_URI, is_loopback, is_whole
from mshield.wire.return_url import FIELDS, RETURN_CODE

_WEB: Final = frozenset({"https", "http"})


def checked_return_url(url: str, schemes: Collection[str] = ()) -> str:
    """Checks an address to register: https, http on this machine, or one of the app `schemes`.

    The operator lists the permitted schemes, since the service can't know which app a phone opens for a scheme.
    Raises: InvalidReturnUrl.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidReturnUrl(url=url[:MAX_URI]) from error
    reserved = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} & set(FIELDS)
    if (
        reserved
        or not is_whole(url)
        or not _may_lead(parts.scheme, host, url, path=parts.path, schemes=schemes)
    ):
        raise InvalidReturnUrl(url=url[:MAX_URI])
    return url


def leads_by(url: str, schemes: Collection[str]) -> bool:
    """Reports whether a registered address's scheme is still permitted: the app schemes may have changed."""
    return url.partition(":")[0] in _WEB.union(schemes)


def _may_lead(scheme: str, host: str | None, url: str, *, path: str, schemes: Collection[str]) -> bool:
    if scheme == "https":
        return url.startswith("https://") and bool(host)
    if scheme == "http":
        return url.startswith("http://") and is_loopback(host or "")
    # Require lower case and `scheme://…`, so that no browser parses it as another scheme.
    return scheme in schemes and url.startswith(f"{scheme}://") and bool(host or path.strip("/"))


def return_address(url: str, *, request_id: str, state: str, return_code: str | None) -> str:
    """Returns a registered address with the parameters about the request's end."""
    fields = {"request": request_id, "state": state}
    if return_code is not None:
        fields[RETURN_CODE] = return_code
    return f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"
