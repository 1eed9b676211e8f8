"""A small OpenID provider for tests, on a socket: discovery, keys, a login page that always agrees, tokens, userinfo.

It checks what a provider must check: redirect address, client secret, PKCE, single use of a code.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.support.outside_systems import Asked, OutsideServer, Reply, serving

CLIENT_ID: Final = "mobile shield"
CLIENT_SECRET: Final = "a secret:with all sorts/of%characters"
PERSON: Final = {
    "sub": "u-7",
    "name": "林知远",
    "id_type": "resident_id",
    "id_number": "330206199001014217",
    "phone_number": "13800006027",
}


def _identity(claims: dict[str, Any]) -> dict[str, Any]:
    return claims


@dataclass(slots=True)
class Provider:
    """The provider; `person` logs in, `clock` returns ms, and `forge` may change an ID token's claims before signing.

    `redirect_uris` are registered. `page` is the path of its login page; a query in it must be part of each
    login's address.
    """

    redirect_uris: tuple[str, ...]
    clock: Callable[[], int] = field(default=lambda: time.time_ns() // 1_000_000)
    person: dict[str, Any] = field(default_factory=lambda: dict(PERSON))
    page: str = "/authorize"
    in_token: frozenset[str] = frozenset({"sub", "name"})
    forge: Callable[[dict[str, Any]], dict[str, Any]] = _identity
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "one"}))
    signer: ECKey | None = None
    server: OutsideServer | None = None
    userinfo_sub: str | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """The provider's address."""
        assert self.server is not None
        return self.server.url

    def log_in_at(self, address: str) -> tuple[str, str]:
        """Acts as a user who opens the page and agrees. Returns (code, state) as the browser brings them back."""
        query_lists = parse_qs(urlsplit(address).query)
        assert all(len(values) == 1 for values in query_lists.values())
        query = {name: values[0] for name, values in query_lists.items()}
        assert address.startswith(f"{self.issuer}{self.page}{'&' if '?' in self.page else '?'}")
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["redirect_uri"] in self.redirect_uris
        assert "openid" in query["scope"].split()
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return code, query["state"]

    def __call__(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        if path == "/.well-known/openid-configuration":
            return Reply.of(self.metadata())
        if path == "/keys":
            return Reply.of(KeySet([self.key]).as_dict(private=False))
        if path == "/authorize":
            code, state = self.log_in_at(self.issuer + asked.path)
            return Reply(302, headers={"Location": returned(self.codes[code]["redirect_uri"], code, state)})
        if path == "/token":
            return self._token(asked)
        if path == "/userinfo" and asked.headers.get("authorization") == "Bearer access":
            return Reply.of({**self.person, **({"sub": self.userinfo_sub} if self.userinfo_sub else {})})
        return Reply(404)

    def metadata(self) -> dict[str, Any]:
        """Returns the provider's metadata."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}{self.page}",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }

    def _token(self, asked: Asked) -> Reply:
        scheme, _, encoded = asked.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
        if (scheme, unquote(name), unquote(secret)) != ("Basic", CLIENT_ID, CLIENT_SECRET):
            return Reply.of({"error": "invalid_client"}, 401)
        form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        login = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        is_valid = (
            login is not None
            and form["grant_type"] == "authorization_code"
            and form["redirect_uri"] == login["redirect_uri"]
            and challenge.rstrip(b"=").decode() == login["code_challenge"]
        )
        if not is_valid or login is None:
            return Reply.of({"error": "invalid_grant"}, 400)
        now = self.clock() // 1000
        claims = {name: value for name, value in self.person.items() if name in self.in_token}
        claims |= {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300}
        claims["nonce"] = login["nonce"]
        signer = self.signer or self.key
        token = jwt.encode({"alg": "ES256", "kid": signer.kid}, self.forge(claims), signer)
        return Reply.of({"id_token": token, "access_token": "access", "token_type": "Bearer"})


@contextmanager
def providing(*redirect_uris: str, clock: Callable[[], int] | None = None) -> Iterator[Provider]:
    """Runs a provider on a free port with these registered redirect addresses."""
    provider = Provider(redirect_uris)
    if clock is not None:
        provider.clock = clock
    with serving(provider) as server:
        provider.server = server
        yield provider


def returned(redirect_uri: str, code: str, state: str) -> str:
    """Returns the address to which the browser is redirected."""
    return f"{redirect_uri}?{urlencode({'code': code, 'state': state})}"
