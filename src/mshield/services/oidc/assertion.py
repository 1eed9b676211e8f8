"""A client that shows itself by a signed assertion (private_key_jwt, RFC 7523), good for one call and five minutes.

Its audience is the issuer, as one string (FAPI 2.0 Security Profile, 5.3.2.1): an address or a list may be another
server's too, which then could use the assertion here. Authlib checks it by the client's registered keys. That it comes
for the first time is for the database to say, after.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from mshield.services.oidc.clients import PRIVATE_KEY_JWT, OidcClient
from mshield.services.oidc.metadata import CLIENT_ALGORITHMS

LONGEST_SECONDS: Final = 300
_LEEWAY_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class UsedAssertion:
    """An assertion that must not come again before it is over (ms)."""

    hash: bytes
    expires_at: int


class ClientAssertion(JWTBearerClientAssertion):
    """The check, by the service's clock. `used` is the assertion that it took."""

    CLIENT_AUTH_METHOD = PRIVATE_KEY_JWT  # type: ignore[misc]  # Authlib has it set by subclasses

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
            raise InvalidClientError(description="The assertion's signature is not right.") from error
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
            raise InvalidClientError(description="The assertion's claims are not right.") from error
        if not isinstance(claims["aud"], str):
            raise InvalidClientError(description="The assertion's audience is not one string.")
        jti, expires = claims["jti"], claims["exp"]
        if not isinstance(jti, str) or expires * 1000 > self._now + 1000 * (
            LONGEST_SECONDS + _LEEWAY_SECONDS
        ):
            raise InvalidClientError(description="The assertion lives too long, or has no jti.")
        named = json.dumps([claims["sub"], jti]).encode()
        until = int(expires * 1000) + 1000 * _LEEWAY_SECONDS
        self.used = UsedAssertion(hashlib.sha256(named).digest(), until)
