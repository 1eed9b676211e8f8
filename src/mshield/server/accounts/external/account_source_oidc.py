"""Source of accounts with OpenID Connect: authorization code with PKCE (RFC 7636), verified by joserfc.

The provider's metadata and keys are cached for ten minutes. Claims missing in the ID token are fetched from
the userinfo endpoint, whose answer must have the same `sub`.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from mshield.server.accounts.external.account_source import OutsidePerson, PageLogin
from mshield.server.runtime.external.call import Answer, OutsideError, ask
from mshield.server.settings.forms import checked_outside_url
from mshield.wire.tokens import base64url

ALGORITHMS: Final = ("ES256", "PS256", "RS256", "EdDSA")
SCOPE: Final = "openid profile phone identity"
CLAIMS: Final = {
    "external_id": "sub",
    "name": "name",
    "id_type": "id_type",
    "id_number": "id_number",
    "phone": "phone_number",
}
"""The provider's claim for each of our fields."""

_CACHE_MS: Final = 600_000
_LEEWAY_SECONDS: Final = 60
_OK: Final = 200
_REFUSED: Final = frozenset({400, 401})


class _Provider(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str


@dataclass(slots=True)
class OidcAccounts:
    """OpenID provider, identified by its issuer.

    The secret authenticates this service at the token endpoint (Basic).
    """

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    seconds: float
    identity_claim: str = ""
    _provider: _Provider | None = None
    _keys: KeySet | None = None
    _known_at: int = 0

    async def address(self, login: PageLogin, *, state: str, now: int) -> str:
        """Returns the authorization address for the browser. Raises: OutsideError."""
        provider, _ = await self._discovered(now)
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": login.redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": login.nonce,
            "code_challenge": base64url(hashlib.sha256(login.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        # Keep an existing query of the address (RFC 6749, 3.1).
        page = provider.authorization_endpoint
        joined = "?" if "?" not in page else "&"
        return f"{page}{joined}{urlencode(query)}"

    @property
    def _wanted(self) -> set[str]:
        """Claims requested from the userinfo endpoint if the ID token lacks one."""
        return {*CLAIMS.values(), *filter(None, (self.identity_claim,))}

    async def person(self, code: str, login: PageLogin, *, now: int) -> OutsidePerson | None:
        """Returns the user behind a code; None if the provider refuses the code. Raises: OutsideError."""
        provider, _ = await self._discovered(now)
        tokens = await self._exchange(provider, code, login)
        if tokens is None:
            return None
        claims = await self._verified(tokens.id_token, nonce=login.nonce, now=now)
        if not claims.keys() >= self._wanted and provider.userinfo_endpoint is not None:
            claims = {**await self._userinfo(provider.userinfo_endpoint, tokens, claims["sub"]), **claims}
        try:
            values = {ours: claims.get(theirs) for ours, theirs in CLAIMS.items()}
            verified = bool(self.identity_claim) and claims.get(self.identity_claim) is True
            return msgspec.convert({**values, "verified": verified}, OutsidePerson)
        except msgspec.ValidationError as error:
            raise OutsideError("a user without name, document or phone") from error

    async def _exchange(self, provider: _Provider, code: str, login: PageLogin) -> _Tokens | None:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": login.redirect_uri,
            "code_verifier": login.verifier,
        }
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        answer = await ask(
            "POST",
            provider.token_endpoint,
            headers={
                "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            seconds=self.seconds,
            content=urlencode(form).encode(),
            repeatable=False,
        )
        if answer.status in _REFUSED and _error_of(answer) == "invalid_grant":
            return None
        tokens: _Tokens = _decode(answer, _Tokens)
        return tokens

    async def _verified(self, id_token: str, *, nonce: str, now: int) -> dict[str, Any]:
        """Verifies an ID token for this client and login (OpenID Connect Core, 3.1.3.7) and returns its claims."""
        provider, _ = await self._discovered(now)
        registry = JWTClaimsRegistry(
            now=now // 1000,
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": provider.issuer},
            aud={"essential": True, "value": self.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        for again in (False, True):
            _, keys = await self._discovered(now, again=again)
            try:
                token = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))
                registry.validate(token.claims)
            except (JoseError, ValueError, TypeError, KeyError) as error:
                # The provider may have changed its keys since they were fetched: retry once with fresh ones.
                if again:
                    raise OutsideError("an invalid ID token") from error
                continue
            if token.claims.get("azp", self.client_id) != self.client_id:
                raise OutsideError("an ID token for another client")
            return dict(token.claims)
        raise AssertionError

    async def _userinfo(self, url: str, tokens: _Tokens, sub: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {tokens.access_token}", "Accept": "application/json"}
        claims: dict[str, Any] = _decode(
            await ask("GET", url, headers=headers, seconds=self.seconds), dict[str, Any]
        )
        if claims.get("sub") != sub:
            raise OutsideError("userinfo for another subject")
        return claims

    async def _discovered(self, now: int, *, again: bool = False) -> tuple[_Provider, KeySet]:
        if self._provider is None or self._keys is None or again or now - self._known_at > _CACHE_MS:
            provider = _decode(await self._get(f"{self.issuer}/.well-known/openid-configuration"), _Provider)
            if provider.issuer.rstrip("/") != self.issuer:
                raise OutsideError("a metadata document of another issuer")
            try:
                checked_outside_url(provider.authorization_endpoint, query=True)
                for url in (provider.token_endpoint, provider.jwks_uri):
                    checked_outside_url(url)
                checked_outside_url(provider.userinfo_endpoint or provider.token_endpoint)
                keys = KeySet.import_key_set(_decode(await self._get(provider.jwks_uri), dict[str, Any]))
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise OutsideError("invalid addresses or keys") from error
            self._provider, self._keys, self._known_at = provider, keys, now
        return self._provider, self._keys

    async def _get(self, url: str) -> Answer:
        return await ask("GET", url, headers={"Accept": "application/json"}, seconds=self.seconds)


def _decode(answer: Answer, kind: Any) -> Any:
    if answer.status != _OK:
        raise OutsideError(f"status {answer.status}")
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise OutsideError("a malformed answer") from error


def _error_of(answer: Answer) -> object:
    try:
        return json.loads(answer.content).get("error")
    except (ValueError, AttributeError):
        return None
