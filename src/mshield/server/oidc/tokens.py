"""Exchanges a code for an ID token and an access token; one statement spends the code before anything else.

So a code can be used once, even with a wrong verifier. If it is used again, the token made from it ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from mshield.server.database.interface import Database
from mshield.server.oidc.callers import Callers
from mshield.server.oidc.clients import OidcClient, OidcClients
from mshield.server.oidc.grant import Code, Provider, Step
from mshield.server.oidc.keys import OidcKeys
from mshield.server.oidc.login import Login, Subjects
from mshield.server.oidc.protocol import Answer, Clients, ProtocolRequest, parameter_lists
from mshield.server.oidc.rows import authorizations as store
from mshield.server.oidc.rules import TOKEN_MS
from mshield.wire.tokens import owned_token, owner, token_hash


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token endpoint."""

    db: Database
    clients: OidcClients
    callers: Callers
    keys: OidcKeys
    subjects: Subjects
    issuer: str

    async def __call__(
        self, pairs: Iterable[tuple[str, str]], headers: Mapping[str, str], *, now: int
    ) -> Answer:
        """Returns the tokens of a code, or the standard's error."""
        request = ProtocolRequest("POST", values := parameter_lists(pairs), headers=headers)
        clients = Clients(self.clients, now)
        step = Step(now, self.issuer)
        server = Provider(step, clients.loaded)
        try:
            request.client = await self.callers.client_of(server, clients, request, now=now)
            server.get_token_grant(request)
            if any(len(texts) > 1 for texts in values.values()):
                raise InvalidRequestError("A parameter is repeated.")
        except OAuth2Error as error:
            return server.refused(request, error)
        if (code := request.values.get("code")) is not None:
            await self._spend(step, code, request.client, now=now)
        answer = cast("Answer", server.create_token_response(request))  # from `handle_response`
        answer.client_id = request.client.get_client_id()
        return answer

    async def _spend(self, step: Step, code: str, client: OidcClient, *, now: int) -> None:
        """Spends the code and puts its data into the step; leaves the step unchanged if the code is invalid."""
        token = owned_token(owner(code))
        used = await store.use(
            self.db,
            code_hash=token_hash(code),
            client_id=client.get_client_id(),
            token_hash=token_hash(token),
            expires_at=now + TOKEN_MS,
            now=now,
        )
        # The code names its authorization, so tampering with stored hashes can't move it to another login.
        if used is None or used.id != owner(code) or not used.login.usable:
            return
        subject = self.subjects.of(used.login, client.get_client_id())
        step.spent = Code(used.parameters, Login(subject, used.login))
        step.sid, step.access_token = used.id, token
        step.key = (await self.keys.current(now)).signing(now)
