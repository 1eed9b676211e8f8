"""Who calls as a client: by secret or by assertion, checked by Authlib, an assertion taken once."""

from dataclasses import dataclass

from authlib.oauth2.rfc6749 import InvalidClientError, UnauthorizedClientError

from mshield.domain.systems.oidc import AUTH_METHODS
from mshield.services.oidc.assertion import ClientAssertion
from mshield.services.oidc.clients import PRIVATE_KEY_JWT, OidcClient
from mshield.services.oidc.protocol import UNKNOWN, Clients, Protocol, ProtocolRequest, authenticated
from mshield.store.database.interface import Database
from mshield.store.oidc import authorizations as store


@dataclass(frozen=True, slots=True)
class Callers:
    """Authenticates clients."""

    db: Database
    audiences: tuple[str, ...]
    """What an assertion may name as its audience, one of them."""

    async def client_of(
        self, server: Protocol, clients: Clients, request: ProtocolRequest, *, now: int
    ) -> OidcClient:
        """The client that calls. Raises OAuth2Error."""
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
            raise UnauthorizedClientError("The 'client_id' is another client's.")
        return client
