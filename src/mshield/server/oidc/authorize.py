"""The browser's part of a login: sends the request, shows the QR code, gets the authorization code after the signature.

The browser holds a secret in a cookie, created for this one login. The page's status token only allows
watching: without the cookie nobody can get the authorization code, get a new QR code, or end this login.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from authlib.oauth2.rfc6749 import AccessDeniedError

from mshield.server.database.interface import Database
from mshield.server.errors import InvalidRequest
from mshield.server.oidc.clients import OidcClient, OidcClients
from mshield.server.oidc.grant import CodeGrant, Provider, Step
from mshield.server.oidc.protocol import Answer, Clients, ProtocolRequest
from mshield.server.oidc.requests import HANDLE, Requests
from mshield.server.oidc.rows import authorizations as store
from mshield.server.oidc.rows.authorizations import Authorization, LoginRequest, OpenAuthorization, Parameters
from mshield.server.oidc.rules import (
    AUTHORIZATION_MS,
    CODE_MS,
    fresh_ms,
    language,
    parameters_of,
    recognised_by,
)
from mshield.server.requests.ask import Ask
from mshield.server.requests.errors import RequestClosed, WrongClient
from mshield.server.requests.rules import RequestState, shown_state
from mshield.server.systems.errors import LoginOver, LoginRefused
from mshield.wire.ids import new_id
from mshield.wire.tokens import owned_token, token_hash

_DECLINED: Final = {
    "not_me": "The person reported that they did not begin this login.",
    "declined": "The person declined.",
}
SecretOf = Callable[[str], str]
"""Returns the browser's secret for an authorization id; empty if it has none."""


@dataclass(frozen=True, slots=True)
class Pc:
    """The PC whose screen shows the QR code."""

    address: str | None
    browser: str | None


@dataclass(frozen=True, slots=True)
class LoginView:
    """Content of the login page; `secret` is the browser's new secret, or None if it has one already."""

    authorization: str
    system_name: str
    domain: str
    request_id: str
    status_token: str
    number: str
    language: str
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StaleLogin:
    """Login whose signature is too old to continue; it needs a new QR code."""

    authorization: str
    language: str


class _Code(NamedTuple):
    """Request whose QR code the page shows."""

    request_id: str
    status_token: str
    number: str


@dataclass(frozen=True, slots=True)
class Authorize:
    """Guides browsers through a login."""

    db: Database
    ask: Ask
    clients: OidcClients
    requests: Requests
    issuer: str

    async def begin(
        self, pairs: Iterable[tuple[str, str]], secret_of: SecretOf, pc: Pc, *, now: int
    ) -> LoginView | StaleLogin | Answer:
        """Begins a login and returns its page. Raises: LoginRefused, LoginOver, TooManyRequests."""
        try:
            values = parameters_of(pairs)
        except InvalidRequest as error:
            raise LoginRefused(reason=f"invalid_request: {error.extra.get('fields')}") from error
        if "request_uri" in values:
            return await self._pushed(values, secret_of, pc, now=now)
        checked = await self.requests.checked(values, now=now)
        if isinstance(checked, Answer):
            return checked
        code = await self._ask(checked.client, pc, now=now)
        secret, parameters = secrets.token_urlsafe(32), checked.parameters
        authorization = Authorization(
            new_id(now), checked.client.get_client_id(), parameters, fresh_ms(parameters.get("max_age"))
        )
        await store.begin(
            self.db,
            authorization,
            browser_hash=token_hash(secret),
            request=_request(code, parameters),
            expires_at=now + AUTHORIZATION_MS,
            now=now,
        )
        return self._view(authorization, checked.client, code, secret=secret)

    async def _pushed(
        self, values: dict[str, list[str]], secret_of: SecretOf, pc: Pc, *, now: int
    ) -> LoginView | StaleLogin | Answer:
        client_id, handle = values.get("client_id", [""])[0], values["request_uri"][0]
        client = await self.clients.find(client_id, now=now)
        if client is None or not handle.startswith(HANDLE):
            raise LoginRefused(reason="invalid_request_uri: unknown client, or not a pushed request")
        pushed = await store.find_pushed(
            self.db, handle_hash=token_hash(handle.removeprefix(HANDLE)), client_id=client_id, now=now
        )
        if pushed is None or pushed.begun:  # It has ended, or this browser reloads its page.
            known_id = "" if pushed is None else pushed.asked.id
            return await self.done(known_id, secret_of(known_id), now=now)
        # Spend the handle together with storing the request, so that it can be used again after a refusal,
        # such as by the rate limit.
        code, secret = await self._ask(client, pc, now=now), secrets.token_urlsafe(32)
        opened = await store.open_pushed(
            self.db,
            pushed.asked,
            browser_hash=token_hash(secret),
            request=_request(code, pushed.asked.parameters),
            expires_at=now + AUTHORIZATION_MS,
            now=now,
        )
        if not opened:
            raise await self._too_late(client, code, now=now)
        return self._view(pushed.asked, client, code, secret=secret)

    async def again(
        self, authorization: str, secret: str, pc: Pc, *, now: int
    ) -> LoginView | StaleLogin | Answer:
        """Creates a new QR code in the same authorization, if the previous one has ended.

        Raises: LoginOver, TooManyRequests.
        """
        row, client = await self._open(authorization, secret, now=now)
        if self._ends(row):
            return await self._denied(authorization, secret, row, now=now)
        if row.granted or (_state(row, now=now) == "signed" and not _stale(row, now=now)):
            return await self.done(authorization, secret, now=now)
        if _state(row, now=now) in {"waiting", "scanned"} and row.request_id is not None:
            return self._view_of(client, row)
        return await self._renewed(row.asked, client, secret, pc, now=now)

    async def done(self, authorization: str, secret: str, *, now: int) -> LoginView | StaleLogin | Answer:
        """Returns the authorization code to the browser that began the login, after the signature; else the page again.

        If the browser returns too long after the signature, it gets no code, because somebody else may be
        using it by then.
        """
        code = owned_token(authorization)
        granted = await store.grant(
            self.db,
            id=authorization,
            browser_hash=token_hash(secret),
            code_hash=token_hash(code),
            expires_at=now + CODE_MS,
            now=now,
        )
        if granted is not None:
            return await self._answer(granted, code=code, now=now)
        row, client = await self._open(authorization, secret, now=now)
        if self._ends(row):
            return await self._denied(authorization, secret, row, now=now)
        if _stale(row, now=now):
            return StaleLogin(authorization, language(row.asked.parameters.get("ui_locales")))
        return self._view_of(client, row)

    async def cancel(self, authorization: str, secret: str, *, now: int) -> Answer:
        """Ends the login for this browser. Raises: LoginOver."""
        row, client = await self._open(authorization, secret, now=now)
        if row.request_id is not None and _state(row, now=now) in {"waiting", "scanned"}:
            # The login ends even if the phone was faster.
            with contextlib.suppress(RequestClosed):
                await self.ask.cancel(client.system, row.request_id, now=now)
        return await self._denied(authorization, secret, row, now=now)

    async def _open(
        self, authorization: str, secret: str, *, now: int
    ) -> tuple[OpenAuthorization, OidcClient]:
        row = await store.find_open(self.db, id=authorization, browser_hash=token_hash(secret), now=now)
        client = None if row is None else await self.clients.find(row.asked.client_id, now=now)
        if row is None or client is None:
            raise LoginOver
        if not client.check_redirect_uri(row.asked.parameters["redirect_uri"]):
            raise LoginOver  # Its address was unregistered meanwhile.
        return row, client

    async def _renewed(
        self, authorization: Authorization, client: OidcClient, secret: str, pc: Pc, *, now: int
    ) -> LoginView:
        code = await self._ask(client, pc, now=now)
        request = _request(code, authorization.parameters)
        if not await store.attach(
            self.db, authorization, browser_hash=token_hash(secret), request=request, now=now
        ):
            raise await self._too_late(client, code, now=now)
        return self._view(authorization, client, code)

    async def _too_late(self, client: OidcClient, code: _Code, *, now: int) -> LoginOver:
        """Cancels the request just created, since the authorization has ended or continued without it.

        Returns the error.
        """
        with contextlib.suppress(RequestClosed):
            await self.ask.cancel(client.system, code.request_id, now=now)
        return LoginOver()

    async def _ask(self, client: OidcClient, pc: Pc, *, now: int) -> _Code:
        try:
            request = await self.ask.create(
                client.system,
                kind="login",
                documents=(),
                pc_address=pc.address,
                pc_browser=pc.browser,
                idempotency_key=None,
                body_hash=b"",
                now=now,
            )
        except WrongClient as error:  # The system was disabled since the client was loaded.
            raise LoginRefused(reason="invalid_client: unknown client") from error
        return _Code(request.id, request.status_token, request.number)

    def _view_of(self, client: OidcClient, row: OpenAuthorization) -> LoginView:
        if row.request_id is None:
            raise LoginOver
        token = self.ask.secrets.status_token(row.request_id)
        code = _Code(row.request_id, token, row.number)
        return self._view(row.asked, client, code)

    @staticmethod
    def _view(
        authorization: Authorization, client: OidcClient, code: _Code, *, secret: str | None = None
    ) -> LoginView:
        return LoginView(
            authorization=authorization.id,
            system_name=client.system.name,
            domain=client.system.domain,
            request_id=code.request_id,
            status_token=code.status_token,
            number=code.number,
            language=language(authorization.parameters.get("ui_locales")),
            secret=secret,
        )

    @staticmethod
    def _ends(row: OpenAuthorization) -> bool:
        """Reports whether the person reported this login as begun by somebody else; then it can't be retried."""
        return row.reason == "not_me"

    async def _denied(self, authorization: str, secret: str, row: OpenAuthorization, *, now: int) -> Answer:
        await store.end(self.db, id=authorization, browser_hash=token_hash(secret))
        reason = _DECLINED.get(row.reason or "") if row.request_state == "declined" else None
        return await self._answer(row.asked, denied=reason or "", now=now)

    async def _answer(
        self, authorization: Authorization, *, code: str = "", denied: str | None = None, now: int
    ) -> Answer:
        """Builds the response that goes back through the browser, by Authlib."""
        client_id, parameters = authorization.client_id, authorization.parameters
        values = {name: [value] for name, value in parameters.items()}
        values |= {"client_id": [client_id], "response_type": ["code"], "code_challenge_method": ["S256"]}
        request = ProtocolRequest("GET", values, pushed=True)
        clients = Clients(self.clients, now)
        server = Provider(Step(now, self.issuer, new_code=code), clients.loaded)
        if denied is not None:
            error = AccessDeniedError(
                denied or None, redirect_uri=parameters["redirect_uri"], state=parameters.get("state")
            )
            return server.refused(request, error)
        grant = CodeGrant(request, server)
        answer = await clients.run(
            lambda: server.create_authorization_response(request, grant_user=client_id, grant=grant)
        )
        assert isinstance(answer, Answer)  # noqa: S101  # from `handle_response`
        if answer.location is None:
            raise LoginOver  # The client was changed meanwhile.
        return answer


def _request(code: _Code, parameters: Parameters) -> LoginRequest:
    return LoginRequest(code.request_id, recognised_by(parameters))


def _stale(row: OpenAuthorization, *, now: int) -> bool:
    return not row.granted and row.request_state == "signed" and row.fresh_until < now


def _state(row: OpenAuthorization, *, now: int) -> str:
    if row.request_id is None:
        return "expired"
    state = RequestState(row.request_state)
    return shown_state(state, expires_at=row.request_ends, now=now).value
