"""The person's half: a browser brings a request, shows the QR code, and alone gets the code once the phone has signed.

The browser holds a secret in a cookie, made for this one authorization. The page's status token lets others watch, not
more: without the cookie nobody gets the code, a new QR code, or an end of this login.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from authlib.oauth2.rfc6749 import AccessDeniedError

from mshield.domain import errors
from mshield.domain.ids import new_id
from mshield.domain.requests import RequestState, shown_state
from mshield.domain.systems.oidc import (
    AUTHORIZATION_MS,
    CODE_MS,
    fresh_ms,
    language,
    parameters_of,
    recognised_by,
)
from mshield.domain.tokens import owned_token, token_hash
from mshield.services.oidc.clients import OidcClient, OidcClients
from mshield.services.oidc.grant import CodeGrant, Provider, Step
from mshield.services.oidc.protocol import Answer, Clients, ProtocolRequest
from mshield.services.oidc.requests import HANDLE, Requests
from mshield.services.requests.ask import Ask
from mshield.store.database.interface import Database
from mshield.store.oidc import authorizations as store
from mshield.store.oidc.authorizations import Authorization, LoginRequest, OpenAuthorization, Parameters

_DECLINED: Final = {
    "not_me": "The person says that they did not begin this login.",
    "declined": "The person declined.",
}
SecretOf = Callable[[str], str]
"""The browser's secret for an authorization, by its id; empty where it has none."""


@dataclass(frozen=True, slots=True)
class Pc:
    """Whose screen shows the code."""

    address: str | None
    browser: str | None


@dataclass(frozen=True, slots=True)
class LoginView:
    """What the login page shows; `secret` is new for this browser, and None where it has it."""

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
    """A login that was signed too long ago to go on; another QR code is there for it."""

    authorization: str
    language: str


class _Code(NamedTuple):
    """The request that the page shows."""

    request_id: str
    status_token: str
    number: str


@dataclass(frozen=True, slots=True)
class Authorize:
    """Leads browsers through a login."""

    db: Database
    ask: Ask
    clients: OidcClients
    requests: Requests
    issuer: str

    async def begin(
        self, pairs: Iterable[tuple[str, str]], secret_of: SecretOf, pc: Pc, *, now: int
    ) -> LoginView | StaleLogin | Answer:
        """The login page of a request. Raises LoginRefused, LoginOver, TooManyRequests."""
        try:
            values = parameters_of(pairs)
        except errors.InvalidRequest as error:
            raise errors.LoginRefused(reason=f"invalid_request: {error.extra.get('fields')}") from error
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
            raise errors.LoginRefused(reason="invalid_request_uri: unknown client, or not pushed here")
        pushed = await store.find_pushed(
            self.db, handle_hash=token_hash(handle.removeprefix(HANDLE)), client_id=client_id, now=now
        )
        if pushed is None or pushed.begun:  # over, or this browser loads its page again
            known = "" if pushed is None else pushed.asked.id
            return await self.done(known, secret_of(known), now=now)
        # The handle is spent together with the request: refused, as beyond the limit, it may come again.
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
        """A new QR code in the same authorization, where the one before is over. Raises LoginOver, TooManyRequests."""
        row, client = await self._open(authorization, secret, now=now)
        if self._ends(row):
            return await self._denied(authorization, secret, row, now=now)
        if row.granted or (_state(row, now=now) == "signed" and not _stale(row, now=now)):
            return await self.done(authorization, secret, now=now)
        if _state(row, now=now) in {"waiting", "scanned"} and row.request_id is not None:
            return self._view_of(client, row)
        return await self._renewed(row.asked, client, secret, pc, now=now)

    async def done(self, authorization: str, secret: str, *, now: int) -> LoginView | StaleLogin | Answer:
        """The code, for the browser that began the login, once it is signed; before, the page again.

        Who comes late after the signature gets none: a browser that was left open is nobody's any more.
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
        """Ends the login for this browser. Raises LoginOver."""
        row, client = await self._open(authorization, secret, now=now)
        if row.request_id is not None and _state(row, now=now) in {"waiting", "scanned"}:
            # Where the phone was faster, the login ends all the same.
            with contextlib.suppress(errors.RequestClosed):
                await self.ask.cancel(client.system, row.request_id, now=now)
        return await self._denied(authorization, secret, row, now=now)

    async def _open(
        self, authorization: str, secret: str, *, now: int
    ) -> tuple[OpenAuthorization, OidcClient]:
        row = await store.find_open(self.db, id=authorization, browser_hash=token_hash(secret), now=now)
        client = None if row is None else await self.clients.find(row.asked.client_id, now=now)
        if row is None or client is None:
            raise errors.LoginOver
        if not client.check_redirect_uri(row.asked.parameters["redirect_uri"]):
            raise errors.LoginOver  # its address was taken from it meanwhile
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

    async def _too_late(self, client: OidcClient, code: _Code, *, now: int) -> errors.LoginOver:
        """The refusal where the authorization went on without the request that was made for it, which nobody sees."""
        with contextlib.suppress(errors.RequestClosed):
            await self.ask.cancel(client.system, code.request_id, now=now)
        return errors.LoginOver()

    async def _ask(self, client: OidcClient, pc: Pc, *, now: int) -> _Code:
        try:
            request = await self.ask.create(
                client.system,
                kind="login",
                documents=(),
                pc_address=pc.address,
                pc_browser=pc.browser,
                idempotency_key=None,
                body=b"",
                now=now,
            )
        except errors.WrongClient as error:  # disabled since the client was looked up
            raise errors.LoginRefused(reason="invalid_client: unknown client") from error
        return _Code(request.id, request.status_token, request.number)

    def _view_of(self, client: OidcClient, row: OpenAuthorization) -> LoginView:
        if row.request_id is None:
            raise errors.LoginOver
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
        """Whether the person said that somebody else began this: then nobody gets another try."""
        return row.reason == "not_me"

    async def _denied(self, authorization: str, secret: str, row: OpenAuthorization, *, now: int) -> Answer:
        await store.end(self.db, id=authorization, browser_hash=token_hash(secret))
        reason = _DECLINED.get(row.reason or "") if row.request_state == "declined" else None
        return await self._answer(row.asked, denied=reason or "", now=now)

    async def _answer(
        self, authorization: Authorization, *, code: str = "", denied: str | None = None, now: int
    ) -> Answer:
        """What goes back through the browser, in Authlib's words."""
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
            raise errors.LoginOver  # the client was changed meanwhile
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
