"""Where the shield's app leads back to after a request by another app (R13): which addresses, and what they then tell.

Addresses match character by character, as OpenID Connect's do; what the app opens is made here and nowhere else.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from mshield.domain import errors
from mshield.domain.systems.addresses import MAX_URI, is_loopback, is_whole

RETURN_CODE: Final = "return_code"
FIELDS: Final = ("request", "state", RETURN_CODE)
"""What the app adds to a registered address; the code only to that of a signed request."""

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{2,63}")
# Those by which a browser runs, shows or sends what an address holds, or opens another address inside it. An app's own
# scheme is any other; it can't be told from here whether another app on the phone claims it too (docs/app-to-app.md).
_NO_APPS: Final = frozenset(
    {
        "about", "android-app", "blob", "chrome", "chrome-extension", "cid", "content", "data", "edge", "feed",
        "file", "filesystem", "ftp", "ftps", "geo", "http", "intent", "itms", "itms-apps", "itms-services", "jar",
        "javascript", "livescript", "magnet", "mailto", "market", "mhtml", "mid", "mocha", "moz-extension", "nntp",
        "resource", "safari-extension", "sip", "sips", "sms", "smsto", "ssh", "tel", "telnet", "vbscript",
        "view-source", "ws", "wss",
    }
)  # fmt: skip


def checked_return_url(url: str) -> str:
    """An address to register: https, http on this machine, or an app's own scheme. Raises InvalidReturnUrl."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise errors.InvalidReturnUrl(url=url[:MAX_URI]) from error
    own = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} & set(FIELDS)
    if own or not is_whole(url) or not _may_lead(parts.scheme, host, url, path=parts.path):
        raise errors.InvalidReturnUrl(url=url[:MAX_URI])
    return url


def _may_lead(scheme: str, host: str | None, url: str, *, path: str) -> bool:
    if scheme == "https":
        return bool(host)
    if scheme == "http":
        return is_loopback(host or "")
    # Written out as `scheme://…` and in lower case, so that no browser reads another scheme into it.
    return (
        _SCHEME.fullmatch(scheme) is not None
        and scheme not in _NO_APPS
        and url.startswith(f"{scheme}://")
        and bool(host or path.strip("/"))
    )


def return_address(url: str, *, request_id: str, state: str, return_code: str | None) -> str:
    """A registered address with what it tells of the request's end."""
    fields = {"request": request_id, "state": state}
    if return_code is not None:
        fields[RETURN_CODE] = return_code
    return f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}"
