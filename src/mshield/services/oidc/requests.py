"""What a client asks for: checked by Authlib, whether the browser brings it or the client has pushed it (RFC 9126)."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.systems.oidc import PUSHED_MS, fresh_ms, parameters_of
from mshield.domain.tokens import token_hash
from mshield.services.oidc.callers import Callers
from mshield.services.oidc.clients import OidcClient, OidcClients
from mshield.services.oidc.grant import CodeGrant, Provider, Step
from mshield.services.oidc.protocol import Answer, Clients, ProtocolRequest, parameter_lists
from mshield.store.database.interface import Database
from mshield.store.oidc import authorizations as store
from mshield.store.oidc.authorizations import Authorization, Parameters

HANDLE: Final = "urn:ietf:params:oauth:request_uri:"
_KEPT: Final = ("redirect_uri", "state", "nonce", "code_challenge", "ui_locales", "max_age")
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that was found right."""

    client: OidcClient
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Requests:
    """Checks and keeps requests."""

    db: Database
    clients: OidcClients
    callers: Callers
    issuer: str

    async def checked(self, values: Mapping[str, list[str]], *, now: int) -> CheckedRequest | Answer:
        """The request, or the answer that sends the browser back. Raises LoginRefused where it must stay here."""
        request = ProtocolRequest("GET", values)
        clients = Clients(self.clients, now)
        server = Provider(Step(now, self.issuer), clients.loaded)
        try:
            grant = await clients.run(lambda: server.checked(request))
        except OAuth2Error as error:
            answer = server.refused(request, error)
            if answer.location is None:
                raise errors.LoginRefused(reason=reason_of(error)) from error
            return answer
        client = grant.request.client
        assert isinstance(client, OidcClient)  # noqa: S101  # from `query_client`
        return CheckedRequest(client, _to_keep(request, grant))

    async def push(self, pairs: Pairs, headers: Mapping[str, str], *, now: int) -> Answer:
        """Keeps a client's request for a minute and names it (RFC 9126)."""
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
            error.redirect_uri, error.state = None, None  # told to the client, not through a browser
            return server.refused(ProtocolRequest("POST", {}), error)
        handle = secrets.token_urlsafe(32)
        kept = _to_keep(request, grant)
        await store.push(
            self.db,
            Authorization(new_id(now), client.get_client_id(), kept, fresh_ms(kept.get("max_age"))),
            handle_hash=token_hash(handle),
            expires_at=now + PUSHED_MS,
            now=now,
        )
        return Answer(201, {"request_uri": HANDLE + handle, "expires_in": PUSHED_MS // 1000}, [])


def reason_of(error: OAuth2Error) -> str:
    """The error for an operator's eyes: the standard's code and Authlib's sentence."""
    return f"{error.error}: {error.get_error_description()}"


def _to_keep(request: ProtocolRequest, grant: CodeGrant) -> dict[str, str]:
    kept = {name: request.values[name] for name in _KEPT if name in request.values}
    return kept | {"scope": grant.request.scope}


def _parameters(pairs: Pairs) -> dict[str, list[str]]:
    try:
        return parameters_of(pairs)
    except errors.InvalidRequest as error:
        raise InvalidRequestError(f"Parameter {_fields(error)} is not right.") from error


def _fields(error: errors.InvalidRequest) -> str:
    fields: Any = error.extra["fields"]
    return " ".join(fields)
