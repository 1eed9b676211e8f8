"""Authlib's protocol on preloaded data: it makes decisions and builds responses, but stores nothing.

A server object is created for each call. It knows the clients loaded so far; for any other one it raises
ClientMissing, and the step loads that client and retries (`Clients.run`). Effects that must happen only once
are done before Authlib runs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidClientError
from authlib.oauth2.rfc6749.requests import OAuth2Payload
from authlib.oauth2.rfc9207 import IssuerParameter

from mshield.server.oidc.clients import OidcClient, OidcClients

T = TypeVar("T")

UNKNOWN: Final = 401
"""Status of invalid credentials (RFC 6749, 5.2), however they were sent."""

# Authlib requires https, but TLS ends before this process. The address itself isn't used.
_ADDRESS: Final = "https://provider.invalid/"


class ClientMissing(Exception):
    """Authlib needs a client that was not loaded yet."""

    def __init__(self, client_id: str) -> None:
        super().__init__(client_id)
        self.client_id = client_id


def parameter_lists(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Returns all parameters of a call by name; empty ones count as omitted (RFC 6749, 3.1)."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        if value:
            lists.setdefault(name, []).append(value)
    return lists


@dataclass(slots=True)
class Answer:
    """HTTP response; `location` if it redirects, `client_id` once the client is authenticated."""

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
    """A call in Authlib's form; `pushed`: its parameters are from a pushed request, or this call pushes them."""

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
            raise ClientMissing(client_id)
        return self._clients[client_id]  # type: ignore[return-value]  # Authlib accepts None for an unknown client

    def create_oauth2_request(self, request: ProtocolRequest) -> ProtocolRequest:
        return request

    def save_token(self, token: dict[str, str | int], request: OAuth2Request) -> None:
        """No-op: already stored by the statement that spent the code."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """No-op: there are no listeners."""

    def handle_response(self, status: int, body: Mapping[str, object], headers: Any) -> Answer:
        location = dict(headers).get("Location")
        if location is not None:
            return Answer(303, {}, [], location)
        return Answer(status, body, list(headers))

    def refused(self, request: OAuth2Request, error: OAuth2Error) -> Answer:
        """Returns the response for an error.

        That is a redirect to the client if its address was checked, otherwise a document.
        """
        answer = self.handle_error_response(request, error)
        assert isinstance(answer, Answer)  # noqa: S101  # from `handle_response`
        if answer.location is not None:
            self._issuer.add_issuer_parameter(self, answer)
        return answer


@dataclass(slots=True)
class Clients:
    """Runs parts of the protocol and loads the clients they need."""

    find: OidcClients
    now: int
    loaded: dict[str, OidcClient | None] = field(default_factory=dict)

    async def run(self, piece: Callable[[], T]) -> T:
        """Runs `piece` until it succeeds, loading each client that it needs. Returns its result."""
        while True:
            try:
                return piece()
            except ClientMissing as wanted:
                self.loaded[wanted.client_id] = await self.find.find(wanted.client_id, now=self.now)


def authenticated(server: Protocol, request: ProtocolRequest, methods: Sequence[str]) -> OidcClient:
    """Returns the calling client. Raises: OAuth2Error."""
    try:
        client = server.authenticate_client(request, methods)
    except InvalidClientError as error:  # Authlib uses 400 for an assertion and 401 for a secret
        raise InvalidClientError(error.description, status_code=UNKNOWN) from error
    except (ValueError, RecursionError) as error:  # credentials that aren't text, or malformed JSON
        raise InvalidClientError(status_code=UNKNOWN) from error
    assert isinstance(client, OidcClient)  # noqa: S101  # from `query_client`
    return client
