"""The rules of login by OpenID Connect: which addresses a client may register, which parameters a request may have.

Addresses match character by character (RFC 9700, 2.1); a parameter with other characters than its grammar is refused.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from mshield.domain import errors
from mshield.domain.ids import CLIENT_ID
from mshield.domain.systems.addresses import MAX_URI, is_loopback, is_whole
from mshield.domain.times import MINUTE_MS
from mshield.domain.tokens import base64url

SCOPES: Final = ("openid", "profile", "mshield")
"""openid: who, and the signed login; profile: the name; mshield: enterprise, role, shield, certificate."""

ACR: Final = "urn:x-mshield:acr:shield-pin"
"""The login was signed with the shield's certificate, by phone and service after the right PIN (docs/oidc.md)."""

AMR: Final = ("pin", "swk", "mfa")
"""RFC 8176: a PIN; proof of a key that software holds; both together are two factors."""

AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")
AUTHORIZATION_MS: Final = 30 * MINUTE_MS
"""How long a person may take, with new QR codes where one is over."""

FRESH_MS: Final = 120_000
"""How long after its signature a login gives a code; `max_age` may say less."""

LEAST_FRESH_MS: Final = 10_000
"""The least time that a browser has to fetch its code, also with `max_age=0`: every login here is a new one."""

PUSHED_MS: Final = MINUTE_MS
CODE_MS: Final = MINUTE_MS
TOKEN_MS: Final = 600_000
"""Life of an access token, and of an ID token."""

_VISIBLE: Final = r"[\x20-\x7e]"
_WORD: Final = r"[A-Za-z0-9._~:/-]"
PARAMETERS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        name: re.compile(pattern)
        for name, pattern in {
            "client_id": CLIENT_ID,
            "response_type": r"[a-z_ ]{1,64}",
            "redirect_uri": rf"[\x21\x23-\x5b\x5d-\x7e]{{1,{MAX_URI}}}",
            "scope": rf"{_WORD}{{1,64}}(?: {_WORD}{{1,64}}){{0,15}}",
            "state": rf"{_VISIBLE}{{1,2048}}",
            "nonce": rf"{_VISIBLE}{{1,512}}",
            "code_challenge": r"[A-Za-z0-9._~-]{1,128}",
            "code_challenge_method": r"[A-Za-z0-9]{1,16}",
            "prompt": r"[a-z_ ]{1,64}",
            "max_age": r"[0-9]{1,9}",
            "ui_locales": r"[A-Za-z0-9 -]{1,128}",
            "acr_values": r"[A-Za-z0-9._~:/ -]{1,512}",
            "response_mode": r"[a-z_.]{1,32}",
            "request_uri": rf"{_WORD}{{1,512}}",
            "request": r"[A-Za-z0-9._-]{1,8192}",
        }.items()
    }
)
"""What a request may ask, and the grammar of each; others are ignored, as RFC 6749 says."""


_ANSWERED: Final = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})
"""What answers bring in the query of a redirect address."""


def checked_redirect_uri(uri: str) -> str:
    """An address that answers are sent to; its own query has none of their names. Raises InvalidClientUri."""
    names = {name for name, _ in parse_qsl(urlsplit(checked_uri(uri)).query, keep_blank_values=True)}
    if names & _ANSWERED:
        raise errors.InvalidClientUri(uri=uri)
    return uri


def checked_uri(uri: str) -> str:
    """An address that browsers may be sent back to: https, or http on this machine. Raises InvalidClientUri."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise errors.InvalidClientUri(uri=uri[:MAX_URI]) from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host or ""))
    if not host or not is_whole(uri) or not secure:
        raise errors.InvalidClientUri(uri=uri[:MAX_URI])
    return uri


def parameters_of(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The parameters of a request that count.

    Raises InvalidRequest for one that breaks its grammar or comes twice (RFC 6749, 3.1).
    """
    parameters: dict[str, list[str]] = {}
    for name, value in pairs:
        pattern = PARAMETERS.get(name)
        # An empty parameter counts as omitted (RFC 6749, 3.1).
        if pattern is None or not value:
            continue
        if name in parameters or pattern.fullmatch(value) is None:
            raise errors.InvalidRequest(fields=[name])
        parameters[name] = [value]
    return parameters


def fresh_ms(max_age: str | None) -> int:
    """How long after its signature a login gives a code, where the client asks for one of at most `max_age` seconds."""
    if max_age is None:
        return FRESH_MS
    return max(LEAST_FRESH_MS, min(FRESH_MS, int(max_age) * 1000))


def language(ui_locales: str | None) -> str:
    """The page's language: the first that we speak of those asked for; Chinese where none is."""
    for tag in (ui_locales or "").lower().split():
        if (primary := tag.partition("-")[0]) in {"zh", "en"}:
            return primary
    return "zh"


def recognised_by(parameters: Mapping[str, str]) -> str:
    """What the client is told a login by, as JSON: values that it knows, and that open nothing to a reader.

    `state` guards the client's own sessions, so its hash stands for it; `code_challenge` is public (RFC 7636).
    """
    state = parameters.get("state")
    known = {
        "state_sha256": None if state is None else _sha256(state),
        "code_challenge": parameters["code_challenge"],
    }
    return json.dumps(known, separators=(",", ":"))


def _sha256(text: str) -> str:
    """SHA-256 of a text as PKCE writes it: base64url without padding."""
    return base64url(hashlib.sha256(text.encode()).digest())


def browser_name(user_agent: str) -> str:
    """Browser and system of a User-Agent header, as the phone shows them; what isn't known stays out."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(filter(None, (browser, system)))


# The first that fits: most name others too, to be taken for them.
_BROWSERS: Final = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("QQBrowser", "QQ 浏览器"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
