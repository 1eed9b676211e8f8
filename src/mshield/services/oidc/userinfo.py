"""Who logged in, for the holder of an access token, for ten minutes and as long as the certificate is good."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import ResourceProtector
from authlib.oauth2.rfc6749.models import TokenMixin
from authlib.oauth2.rfc6750 import BearerTokenValidator

from mshield.domain.tokens import owner, token_hash
from mshield.keys.authority import Authorities
from mshield.keys.secrets import LookupKey
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.services.oidc.clients import OidcClients
from mshield.services.oidc.login import Login
from mshield.services.oidc.protocol import Answer, Protocol, ProtocolRequest
from mshield.store.database.interface import Database
from mshield.store.oidc import authorizations as store


class _Token(TokenMixin):
    def __init__(self, row: store.TokenRow, *, active: bool) -> None:
        self.row, self._active = row, active

    def get_scope(self) -> str:
        return self.row.parameters["scope"]

    def is_expired(self) -> bool:
        return False  # not found, then

    def is_revoked(self) -> bool:
        return not self._active


class _Validator(BearerTokenValidator):
    def __init__(self, token: _Token | None) -> None:
        super().__init__()
        self._token = token

    def authenticate_token(self, token_string: str) -> _Token | None:  # noqa: ARG002  # loaded before
        return self._token


@lru_cache(maxsize=4096)
def _parsed(der: bytes) -> Certificate:
    return parse_certificate(der)


@dataclass(frozen=True, slots=True)
class UserInfo:
    """The userinfo endpoint."""

    db: Database
    clients: OidcClients
    authorities: Authorities
    lookup: LookupKey
    issuer: str

    async def __call__(self, headers: Mapping[str, str], *, now: int) -> Answer:
        """Claims, or the standard's error (RFC 6750): 401 also where the certificate was revoked or held since."""
        request = ProtocolRequest("GET", {}, headers=headers)
        token = await self._token(headers, now=now)
        protector = ResourceProtector()
        protector.register_token_validator(_Validator(token))
        try:
            protector.validate_request(["openid"], request)  # type: ignore[no-untyped-call]
        except OAuth2Error as error:
            return Protocol(self.issuer, {}).refused(request, error)
        assert token is not None  # noqa: S101  # Authlib refuses a call without
        return Answer(200, self._claims(token.row), [])

    async def _token(self, headers: Mapping[str, str], *, now: int) -> _Token | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        row = await store.find_token(self.db, token_hash=token_hash(token.strip()), now=now)
        if row is None or row.id != owner(token.strip()):
            return None
        client = await self.clients.find(row.client_id, now=now)
        return _Token(row, active=client is not None and row.login.usable)

    def _claims(self, row: store.TokenRow) -> dict[str, Any]:
        login, scope = Login.of(row.login, self.lookup), row.parameters["scope"]
        chain = self.authorities.chain_of(_parsed(row.login.certificate))
        proof = login.whole_proof(scope, tuple(certificate.der for certificate in chain))
        return {**login.claims(scope), **login.assurance(), "mshield_login": proof}
