"""Claims about the person for the bearer of an access token, for ten minutes and while the certificate is valid."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc6750 import InvalidTokenError

from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.server.authorities.chains import Chains
from mshield.server.database.interface import Database
from mshield.server.oidc.clients import OidcClients
from mshield.server.oidc.login import Login, Subjects
from mshield.server.oidc.protocol import Answer
from mshield.server.oidc.rows import authorizations as store
from mshield.wire.tokens import owner, token_hash

_SCHEME: Final = "Bearer"
_TOKEN: Final = re.compile(r" +([A-Za-z0-9._~+/-]+=*) *")


@lru_cache(maxsize=4096)
def _parsed(der: bytes) -> Certificate:
    return parse_certificate(der)


@dataclass(frozen=True, slots=True)
class UserInfo:
    """The userinfo endpoint. Each issued token has the scope `openid`."""

    db: Database
    clients: OidcClients
    chains: Chains
    subjects: Subjects

    async def __call__(self, headers: Mapping[str, str], *, now: int) -> Answer:
        """Returns the claims, or the standard's error (RFC 6750).

        The status is also 401 if the certificate was revoked or put on hold since the login.
        """
        scheme, space, rest = headers.get("authorization", "").partition(" ")
        if scheme.lower() != _SCHEME.lower():
            # A call without credentials gets the required scheme and no error code (RFC 6750, 3.1).
            return Answer(401, {}, [("WWW-Authenticate", _SCHEME)])
        token = _TOKEN.fullmatch(space + rest)
        if token is None:
            return _refused(InvalidRequestError("The access token is malformed."))
        row = await self._usable(token[1], now=now)
        return _refused(InvalidTokenError()) if row is None else Answer(200, await self._claims(row), [])

    async def _usable(self, token: str, *, now: int) -> store.TokenRow | None:
        row = await store.find_token(self.db, token_hash=token_hash(token), now=now)
        if row is None or row.id != owner(token) or not row.login.usable:
            return None
        return None if await self.clients.find(row.client_id, now=now) is None else row

    async def _claims(self, row: store.TokenRow) -> dict[str, Any]:
        login, scope = Login(self.subjects.of(row.login, row.client_id), row.login), row.parameters["scope"]
        chain = await self.chains.chain_of(_parsed(row.login.certificate))
        proof = login.whole_proof(scope, tuple(certificate.der for certificate in chain))
        return {**login.claims(scope), **login.assurance(), "mshield_login": proof}


def _refused(error: InvalidRequestError | InvalidTokenError) -> Answer:
    status, body, _ = error()
    challenge = f'{_SCHEME} error="{error.error}", error_description="{error.get_error_description()}"'
    return Answer(status, dict(body), [("WWW-Authenticate", challenge)])
