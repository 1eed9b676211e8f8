"""The protocol, as Authlib has it, over what a step has loaded: it decides and words answers, and stores nothing.

A server is made for each call. It knows the clients that were loaded; for another one it raises ClientWanted, and the
step loads that one and asks again (`Clients.run`). Whatever must happen once has happened before Authlib answers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError
from authlib.oauth2.rfc6749.requests import OAuth2Payload
from authlib.oauth2.rfc9207 import IssuerParameter

from mshield.services.oidc.clients import OidcClient, OidcClients

T = TypeVar("T")

UNKNOWN: Final = 401
"""The status of credentials that aren't right (RFC 6749, 5.2), whichever way they came."""

# TLS ends before this process, and what the address is matters to nobody; Authlib wants to see https.
_ADDRESS: Final = "https://provider.invalid/"


class ClientWanted(Exception):
    """Authlib asks for a client that was not loaded."""

    def __init__(self, client_id: str) -> None:
        super().__init__(client_id)
        self.client_id = client_id


def parameter_lists(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """All parameters of a call, by name; an empty one counts as omitted (RFC 6749, 3.1)."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        if value:
            lists.setdefault(name, []).append(value)
    return lists


@dataclass(slots=True)
class Answer:
    """An answer over HTTP; `location` where the browser is sent on, `client_id` once the caller proved it."""

    status: int
    body: Mapping[str, Any]
    headers: list[tuple[str, str]]
    location: str | None = None
    client_id: str | None = None


class _Payload(OAuth2Payload):
    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._lists = dict(values)
        self._first = {name: texts[0] for name, texts in values.items()}

    @property
    def data(self) -> dict[str, str]:
        return self._first

    @property
    def datalist(self) -> dict[str, list[Any]]:
        return self._lists


class ProtocolRequest(OAuth2Request):
    """A call as Authlib reads it. `pushed` says that its parameters came by a pushed request, or do now."""

    def __init__(
        self,
        method: str,
        values: Mapping[str, list[str]],
        *,
        headers: Mapping[str, str] | None = None,
        pushed: bool = False,
    ) -> None:
        super().__init__(method, _ADDRESS, headers=headers or {})
        payload = _Payload(values)
        self.payload: OAuth2Payload = payload
        self.values: Final = payload.data
        self.pushed: Final = pushed

    @property
    def form(self) -> dict[str, str]:
        return self.values


class _Issuer(IssuerParameter):
    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        return self._issuer


class Protocol(AuthorizationServer):
    """Authlib's server over loaded clients."""

    def __init__(self, issuer: str, clients: Mapping[str, OidcClient | None]) -> None:
        super().__init__()
        self._clients = clients
        self._issuer = _Issuer(issuer)
        self._issuer(self)

    def query_client(self, client_id: str) -> OidcClient:
        if client_id not in self._clients:
            raise ClientWanted(client_id)
        return self._clients[client_id]  # type: ignore[return-value]  # Authlib takes None for an unknown one

    def create_oauth2_request(self, request: ProtocolRequest) -> ProtocolRequest:
        return request

    def save_token(self, token: dict[str, str | int], request: OAuth2Request) -> None:
        """Stored already, by the statement that spent the code."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Mapping[str, object], headers: Any) -> Answer:
        location = dict(headers).get("Location")
        if location is not None:
            return Answer(303, {}, [], location)
        return Answer(status, body, list(headers))

    def refused(self, request: OAuth2Request, error: OAuth2Error) -> Answer:
        """The answer that an error makes: back to the client where it names a checked address, else a document."""
        answer = self.handle_error_response(request, error)
        assert isinstance(answer, Answer)  # noqa: S101  # from `handle_response`
        if answer.location is not None:
            self._issuer.add_issuer_parameter(self, answer)
        return answer


@dataclass(slots=True)
class Clients:
    """Runs a piece of the protocol, and again with each client that it asks for."""

    find: OidcClients
    now: int
    loaded: dict[str, OidcClient | None] = field(default_factory=dict)

    async def run(self, piece: Callable[[], T]) -> T:
        """The result of a piece of Authlib, which is run again each time that a client it wanted has been loaded."""
        while True:
            try:
                return piece()
            except ClientWanted as wanted:
                self.loaded[wanted.client_id] = await self.find.find(wanted.client_id, now=self.now)


def authenticated(server: Protocol, request: ProtocolRequest, methods: Sequence[str]) -> OidcClient:
    """The client that calls. Raises OAuth2Error."""
    try:
        client = server.authenticate_client(request, methods)
    except InvalidClientError as error:  # Authlib's has 400 for an assertion and 401 for a secret
        raise InvalidClientError(error.description, status_code=UNKNOWN) from error
    except (ValueError, RecursionError) as error:  # credentials that are no text, or no sensible JSON
        raise InvalidClientError(status_code=UNKNOWN) from error
    assert isinstance(client, OidcClient)  # noqa: S101  # from `query_client`
    return client
