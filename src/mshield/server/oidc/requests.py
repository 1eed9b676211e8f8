"""Authorization requests, checked by Authlib, sent by the browser or pushed by the client (RFC 9126)."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from mshield.server.database.interface import Database
from mshield.server.errors import InvalidRequest
from mshield.server.oidc.callers import Callers
from mshield.server.oidc.clients import OidcClient, OidcClients
from mshield.server.oidc.grant import CodeGrant, Provider, Step
from mshield.server.oidc.protocol import Answer, Clients, ProtocolRequest, parameter_lists
from mshield.server.oidc.rows import authorizations as store
from mshield.server.oidc.rows.authorizations import Authorization, Parameters
from mshield.server.oidc.rules import PUSHED_MS, fresh_ms, parameters_of
from mshield.server.systems.errors import LoginRefused
from mshield.wire.ids import new_id
from mshield.wire.tokens import token_hash

HANDLE: Final = "urn:ietf:params:oauth:request_uri:"
_STORED: Final = ("redirect_uri", "state", "nonce", "code_challenge", "ui_locales", "max_age")
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """Authorization request that passed all checks."""

    client: OidcClient
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Requests:
    """Checks requests and stores pushed ones."""

    db: Database
    clients: OidcClients
    callers: Callers
    issuer: str

    async def checked(self, values: Mapping[str, list[str]], *, now: int) -> CheckedRequest | Answer:
        """Returns the checked request, or the response that redirects the browser back with an error.

        Raises: LoginRefused (the browser must not be redirected).
        """
        request = ProtocolRequest("GET", values)
        clients = Clients(self.clients, now)
        server = Provider(Step(now, self.issuer), clients.loaded)
        try:
            grant = await clients.run(lambda: server.checked(request))
        except OAuth2Error as error:
            answer = server.refused(request, error)
            if answer.location is None:
                raise LoginRefused(reason=reason_of(error)) from error
            return answer
        client = grant.request.client
        assert isinstance(client, OidcClient)  # noqa: S101  # from `query_client`
        return CheckedRequest(client, _to_keep(request, grant))

    async def push(self, pairs: Pairs, headers: Mapping[str, str], *, now: int) -> Answer:
        """Stores a client's request for a minute and returns its handle (RFC 9126)."""
        parameters = list(pairs)
        clients = Clients(self.clients, now)
        server = Provider(Step(now, self.issuer), clients.loaded)
        try:
            values = _parameters(parameters)
            caller = ProtocolRequest("POST", parameter_lists(parameters), headers=headers)
            client = await self.callers.client_of(server, clients, caller, now=now)
            values.setdefault("client_id", [client.get_client_id()])
            request = ProtocolRequest("POST", values, pushed=True)
            if "request_uri" in values:
                raise InvalidRequestError("'request_uri' can't be pushed.")
            grant = await clients.run(lambda: server.checked(request))
        except OAuth2Error as error:
            error.redirect_uri, error.state = (
                None,
                None,
            )  # Sent to the client directly, not through a browser.
            return server.refused(ProtocolRequest("POST", {}), error)
        handle = secrets.token_urlsafe(32)
        stored = _to_keep(request, grant)
        await store.push(
            self.db,
            Authorization(new_id(now), client.get_client_id(), stored, fresh_ms(stored.get("max_age"))),
            handle_hash=token_hash(handle),
            expires_at=now + PUSHED_MS,
            now=now,
        )
        return Answer(201, {"request_uri": HANDLE + handle, "expires_in": PUSHED_MS // 1000}, [])


def reason_of(error: OAuth2Error) -> str:
    """Returns the error for operators: the standard's code and Authlib's description."""
    return f"{error.error}: {error.get_error_description()}"


def _to_keep(request: ProtocolRequest, grant: CodeGrant) -> dict[str, str]:
    stored = {name: request.values[name] for name in _STORED if name in request.values}
    return stored | {"scope": grant.request.scope}


def _parameters(pairs: Pairs) -> dict[str, list[str]]:
    try:
        return parameters_of(pairs)
    except InvalidRequest as error:
        raise InvalidRequestError(f"Parameter {_fields(error)} is invalid.") from error


def _fields(error: InvalidRequest) -> str:
    fields: Any = error.extra["fields"]
    return " ".join(fields)
