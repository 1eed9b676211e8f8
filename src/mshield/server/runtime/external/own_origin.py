"""Check of the service's own public origin from outside: TLS, HSTS, and no service over plain HTTP."""

import re
from typing import Final
from urllib.parse import urlsplit

import httpx

_SECONDS: Final = 10
_YEAR: Final = 365 * 86400
_MAX_AGE: Final = re.compile(r'(?:^|;)\s*max-age="?(\d{1,12})"?\s*(?:;|$)', re.ASCII | re.IGNORECASE)
_MOVED: Final = frozenset({301, 308})

Finding = tuple[bool, str]


async def check_public_origin(origin: str, *, plain_port: int = 80) -> dict[str, Finding]:
    """Returns the findings by name, each with its verdict; plain HTTP is checked at `plain_port`."""
    if not origin.startswith("https://"):
        return {"outside https": (False, f"{origin} isn't an https address")}
    # Ignore this machine's proxy, to connect like users do.
    async with httpx.AsyncClient(
        trust_env=False, verify=httpx.create_ssl_context(), timeout=_SECONDS
    ) as http:
        try:
            answer = await http.get(f"{origin}/healthz")
        except httpx.HTTPError as error:
            return {"outside https": (False, f"{origin}: {type(error).__name__} {error}".strip())}
        checks = {
            "outside https": (answer.status_code == 200, f"{origin}/healthz answers {answer.status_code}")
        }
        checks["outside HSTS"] = _check_hsts(answer.headers.get("strict-transport-security", ""))
        checks["outside http"] = await _check_plain_http(http, origin, plain_port)
        return checks


def _check_hsts(header: str) -> Finding:
    age = _MAX_AGE.search(header)
    if age is None:
        return False, "no Strict-Transport-Security: does the proxy drop it?"
    return int(age[1]) >= _YEAR, f"Strict-Transport-Security: {header}"


async def _check_plain_http(http: httpx.AsyncClient, origin: str, port: int) -> Finding:
    host = urlsplit(origin).netloc.rpartition("@")[2].removesuffix(f":{urlsplit(origin).port}")
    url = f"http://{host}:{port}/healthz"
    try:
        answer = await http.get(url)
    except httpx.HTTPError:
        return True, f"{url} answers nothing"
    target = answer.headers.get("location", "")
    if answer.status_code in _MOVED and target.startswith("https://"):
        return True, f"{url} redirects to {target}"
    return False, f"{url} answers {answer.status_code}: close the port, or redirect to https with 308"
