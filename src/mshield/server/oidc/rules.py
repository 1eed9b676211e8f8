"""Rules of login by OpenID Connect: permitted addresses of a client, and permitted parameters of a request.

Addresses match character by character (RFC 9700, 2.1). A parameter that violates its grammar is refused.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mshield.server.errors import InvalidRequest
from mshield.server.systems.errors import InvalidClientUri
from mshield.wire.addresses import MAX_URI, is_loopback, is_whole
from mshield.wire.ids import CLIENT_ID
from mshield.wire.times import MINUTE_MS
from mshield.wire.webhooks import OidcLogin, hash_of_state

SCOPES: Final = ("openid", "profile", "mshield")
"""Scopes: openid includes the subject and the signed login, profile the name, mshield enterprise, role and
certificate.
"""

ACR: Final = "urn:x-mshield:acr:shield-pin"
"""Authentication context class of logins signed with the shield's certificate.

Phone and service sign together after the correct PIN (docs/oidc.md).
"""

AMR: Final = ("pin", "swk", "mfa")
"""Authentication methods (RFC 8176): a PIN, proof of a key held in software, and both together as two factors."""

AUTH_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt")
AUTHORIZATION_MS: Final = 30 * MINUTE_MS
"""Maximum time a person may take for a login; expired QR codes are replaced within it."""

FRESH_MS: Final = 120_000
"""Time after its signature in which a login yields a code; `max_age` may shorten it."""

LEAST_FRESH_MS: Final = 10_000
"""Minimum time for a browser to fetch its code, even with `max_age=0`, since every login here is a new one."""

PUSHED_MS: Final = MINUTE_MS
CODE_MS: Final = MINUTE_MS
TOKEN_MS: Final = 600_000
"""Lifetime of access tokens and ID tokens."""

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
"""Grammar of each accepted request parameter; unknown parameters are ignored (RFC 6749)."""


_ANSWERED: Final = frozenset({"code", "state", "iss", "error", "error_description", "error_uri"})
"""Parameters that the service adds to a redirect address."""


def checked_redirect_uri(uri: str) -> str:
    """Checks a redirect address, whose own query may not use the names of answer parameters.

    Raises: InvalidClientUri.
    """
    names = {name for name, _ in parse_qsl(urlsplit(checked_uri(uri)).query, keep_blank_values=True)}
    if names & _ANSWERED:
        raise InvalidClientUri(uri=uri)
    return uri


def checked_uri(uri: str) -> str:
    """Checks an address for sending browsers back: https, or http on this machine. Raises: InvalidClientUri."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidClientUri(uri=uri[:MAX_URI]) from error
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host or ""))
    if not host or not is_whole(uri) or not secure:
        raise InvalidClientUri(uri=uri[:MAX_URI])
    return uri


def parameters_of(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Returns the known, non-empty parameters of a request.

    Raises: InvalidRequest (a parameter violates its grammar or occurs twice; RFC 6749, 3.1).
    """
    parameters: dict[str, list[str]] = {}
    for name, value in pairs:
        pattern = PARAMETERS.get(name)
        # An empty parameter is treated as omitted (RFC 6749, 3.1).
        if pattern is None or not value:
            continue
        if name in parameters or pattern.fullmatch(value) is None:
            raise InvalidRequest(fields=[name])
        parameters[name] = [value]
    return parameters


def fresh_ms(max_age: str | None) -> int:
    """Returns the time in ms after its signature in which a login yields a code; the client sends `max_age` (s)."""
    if max_age is None:
        return FRESH_MS
    return max(LEAST_FRESH_MS, min(FRESH_MS, int(max_age) * 1000))


def language(ui_locales: str | None) -> str:
    """Returns the first supported language of `ui_locales`, by default Chinese."""
    for tag in (ui_locales or "").lower().split():
        if (primary := tag.partition("-")[0]) in {"zh", "en"}:
            return primary
    return "zh"


def recognised_by(parameters: Mapping[str, str]) -> str:
    """Returns the JSON that identifies a login to its client in webhooks: values that are useless to others.

    `state` protects the client's own sessions, so only its hash is included; `code_challenge` is public (RFC
    7636).
    """
    state = parameters.get("state")
    login = OidcLogin(
        state_sha256=None if state is None else hash_of_state(state),
        code_challenge=parameters["code_challenge"],
    )
    return msgspec.json.encode(login).decode()
