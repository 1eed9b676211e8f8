"""Authenticates calling clients by secret or assertion: Authlib checks them, and an assertion is accepted only once.

An assertion (private_key_jwt, RFC 7523) is valid for five minutes. Its audience must be the issuer, as one string
(FAPI 2.0 Security Profile, 5.3.2.1): an address or a list may also name another server, which could then use the
assertion here. Authlib checks it with the client's registered keys. The database checks afterwards that it wasn't used
before.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidClientError, UnauthorizedClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mshield.server.database.interface import Database
from mshield.server.oidc.clients import PRIVATE_KEY_JWT, OidcClient
from mshield.server.oidc.metadata import CLIENT_ALGORITHMS
from mshield.server.oidc.protocol import UNKNOWN, Clients, Protocol, ProtocolRequest, authenticated
from mshield.server.oidc.rows import authorizations as store
from mshield.server.oidc.rules import AUTH_METHODS

LONGEST_SECONDS: Final = 300
_LEEWAY_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class UsedAssertion:
    """Assertion that must not be used again until it expires (`expires_at`, ms)."""

    hash: bytes
    expires_at: int


class ClientAssertion(JWTBearerClientAssertion):
    """Check of assertions by the service's clock; `used` is the accepted assertion."""

    CLIENT_AUTH_METHOD = PRIVATE_KEY_JWT  # type: ignore[misc]  # Authlib expects subclasses to set it

    def __init__(self, audiences: tuple[str, ...], *, now: int) -> None:
        super().__init__(validate_jti=True, leeway=_LEEWAY_SECONDS)
        self._audiences, self._now = audiences, now
        self.used: UsedAssertion | None = None

    def get_audiences(self) -> list[str]:
        return list(self._audiences)

    def resolve_client_public_key(self, client: OidcClient) -> KeySet:
        if client.jwks is None:
            raise InvalidClientError(description="The client has no registered keys.")
        return client.jwks

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> dict[str, Any]:
        try:
            token = jwt.decode(assertion, resolve_key, algorithms=list(CLIENT_ALGORITHMS))
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidClientError(description="The assertion's signature is invalid.") from error
        self.verify_claims(token.claims)
        return token.claims

    def verify_claims(self, claims: dict[str, Any]) -> None:
        registry = jwt.JWTClaimsRegistry(
            now=self._now // 1000,
            leeway=self.leeway,
            iss={"essential": True, "value": str(claims.get("sub"))},
            sub={"essential": True},
            aud={"essential": True, "values": self.get_audiences()},
            exp={"essential": True},
            jti={"essential": True},
        )
        try:
            registry.validate(claims)
        except (JoseError, ValueError, TypeError) as error:
            raise InvalidClientError(description="The assertion's claims are invalid.") from error
        if not isinstance(claims["aud"], str):
            raise InvalidClientError(description="The assertion's audience is not a single string.")
        jti, expires = claims["jti"], claims["exp"]
        if not isinstance(jti, str) or expires * 1000 > self._now + 1000 * (
            LONGEST_SECONDS + _LEEWAY_SECONDS
        ):
            raise InvalidClientError(description="The assertion's lifetime is too long, or it has no jti.")
        identity = json.dumps([claims["sub"], jti]).encode()
        until = int(expires * 1000) + 1000 * _LEEWAY_SECONDS
        self.used = UsedAssertion(hashlib.sha256(identity).digest(), until)


@dataclass(frozen=True, slots=True)
class Callers:
    """Authenticator of clients."""

    db: Database
    audiences: tuple[str, ...]
    """Accepted audiences of an assertion."""

    async def client_of(
        self, server: Protocol, clients: Clients, request: ProtocolRequest, *, now: int
    ) -> OidcClient:
        """Returns the calling client. Raises: OAuth2Error."""
        assertion = ClientAssertion(self.audiences, now=now)
        server.register_client_auth_method(PRIVATE_KEY_JWT, assertion)
        client = await clients.run(lambda: authenticated(server, request, AUTH_METHODS))
        if client.auth_method == PRIVATE_KEY_JWT:
            used = assertion.used
            if used is None or not await store.spend_assertion(
                self.db, assertion_hash=used.hash, expires_at=used.expires_at
            ):
                raise InvalidClientError(description="The assertion was used before.", status_code=UNKNOWN)
        if request.values.get("client_id", client.get_client_id()) != client.get_client_id():
            raise UnauthorizedClientError("The 'client_id' belongs to another client.")
        return client
