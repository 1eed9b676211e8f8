"""The legal person's portal from a program: log in, look up people and shields, confirm operators, hold, lift, revoke.

A call whose answer the network lost is repeated under its Idempotency-Key, so that nothing happens twice. Who may have
to repeat it themselves, after NetworkError or in another process, names an `idempotency_key` of their own: within a day
the same call under the same key gets the first one's answer. All errors are `mshield.client.errors.ClientError`.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

import httpx
import msgspec

from mshield.client.account_source import POLICIES, AccountSource, AccountSources, OutsideLoginBegun, consents
from mshield.client.connections import Closing, is_loopback
from mshield.client.errors import ClientError, NetworkError, PhoneError, is_passing, problem_of
from mshield.client.portal_messages import (
    Act,
    ActivationCode,
    AddedEnterprise,
    ApplicationDecision,
    Applications,
    ApplicationState,
    AskAnswer,
    Asks,
    Cause,
    CodeSent,
    History,
    LoginBegun,
    Outcome,
    Outcomes,
    People,
    PortalCaptcha,
    PortalSession,
    Shield,
    ShieldHistory,
    Shields,
)
from mshield.client.wire import read
from mshield.client.work import solved

_API: Final = "/api/portal"
_PAGES: Final = "/outside-logins"
_COOKIES: Final = ("__Host-mshield-portal", "mshield-portal")
_PAGE_COOKIES: Final = ("__Host-mshield-portal-page", "mshield-portal-page")
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_TRIES: Final = 3
_PAUSE: Final = 0.5
_PAGE: Final = 100


class PortalLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A login that can be kept and used again: whoever has it is the legal person, until it ends."""

    cookie: str
    token: str
    csrf_token: str


class PortalClient(Closing):
    """A legal person's client; use it as a context manager, or `close` it."""

    def __init__(
        self,
        base_url: str,
        *,
        login: PortalLogin | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`base_url` is the service's address; `login` is what `PortalClient.login` gave before."""
        self._base = base_url.rstrip("/")
        self._sleep = sleep
        self._login = login
        self._page: str | None = None
        self._http = httpx.Client(
            transport=transport,
            timeout=_TIMEOUT,
            follow_redirects=False,
            trust_env=not is_loopback(self._base),
        )

    @property
    def login(self) -> PortalLogin | None:
        """The present login, to be kept as a secret."""
        return self._login

    def account_sources(self) -> tuple[AccountSource, ...]:
        """The outside systems whose accounts log in: with a password, or at a page of their own."""
        return read(self._repeatedly("GET", "/account-sources", None, {}).content, AccountSources).items

    def captcha(self) -> PortalCaptcha:
        """A captcha to answer at the next login."""
        return read(self._change("POST", "/captchas"), PortalCaptcha)

    def send_code_again(self, login_id: str) -> LoginBegun:
        """Another SMS code for a login that is half done, whose id is that of the answer from now on."""
        return read(self._change("POST", "/login-codes", {"login_id": login_id}), LoginBegun)

    def begin_login(
        self,
        *,
        account: str,
        password: str,
        captcha_id: str,
        captcha: str,
        source: str | None = None,
        activation_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> LoginBegun:
        """Checks the password and has an SMS code sent to the account's phone.

        `source` names the outside system that the account belongs to, where it isn't one of this service: one of
        `account_sources` whose kind is `password`. Whoever calls this with a source has read the service's privacy
        policy and user agreement, and agrees to both, and to the id number's use. `activation_code` proves who they
        are, where nothing has before: else ProblemError `identity_unproven`.
        """
        challenge = f"/captchas/{quote(captcha_id, safe='')}/challenge"
        document: dict[str, object] = {
            "account": account,
            "password": password,
            "captcha_id": captcha_id,
            "captcha": captcha,
            "work": solved(self._repeatedly("GET", challenge, None, {}).content),
        }
        if source is not None:
            document |= {"source": source, **self._consents()}
        if activation_code is not None:
            document["activation_code"] = activation_code
        return read(self._change("POST", "/logins", document, idempotency_key), LoginBegun)

    def begin_outside_login(self, source: str) -> OutsideLoginBegun:
        """The page of an outside system to open in a browser: one of `account_sources` whose kind is `page`.

        Only this client can come back from it. The browser comes to `/portal/outside-login` of the service.
        """
        answer = self._repeatedly("POST", _PAGES, {"source": source}, {})
        self._page = _cookie_of(answer, _PAGE_COOKIES)
        self._http.cookies.clear()  # it goes to where it is asked for, and no further
        return read(answer.content, OutsideLoginBegun)

    def finish_outside_login(
        self, state: str, code: str, *, idempotency_key: str | None = None
    ) -> LoginBegun:
        """Has an SMS code sent to the account's phone, for what the page sent back; then `finish_login`.

        Whoever calls this has read the documents and agrees, as in `begin_login`. ProblemError `identity_unproven`
        where nothing proves that it is the legal person's: see `activate`.
        """
        document = {"state": state, "code": code, **self._consents()}
        answer = self._change("POST", f"{_PAGES}/finish", document, idempotency_key)
        self._http.cookies.clear()
        return read(answer, LoginBegun)

    def activate(
        self, activation_id: str, activation_code: str, *, idempotency_key: str | None = None
    ) -> LoginBegun:
        """Goes on with a login that was refused with `identity_unproven`, by an activation code; then `finish_login`.

        `activation_id` is that ProblemError's `extra["activation_id"]`, good for ten minutes, of whatever kind the
        login was. ProblemError `activation_code_wrong`, `activation_locked`.
        """
        document = {"activation_id": activation_id, "activation_code": activation_code}
        return read(self._change("POST", "/activations", document, idempotency_key), LoginBegun)

    def finish_login(
        self, login_id: str, sms_code: str, *, idempotency_key: str | None = None
    ) -> PortalSession:
        """Logs in with the code; the enterprises that they may manage are in the answer."""
        document = {"login_id": login_id, "sms_code": sms_code}
        answer = self._repeatedly("POST", "/sessions", document, {}, idempotency_key)
        session = read(answer.content, PortalSession)
        if (cookie := _cookie_of(answer, _COOKIES)) is not None:
            name, _, token = cookie.partition("=")
            self._login = PortalLogin(cookie=name, token=token, csrf_token=session.csrf_token)
        self._http.cookies.clear()  # the login alone says who calls
        return session

    def session(self) -> PortalSession:
        """Who is logged in."""
        return read(self._get("/session", {}), PortalSession)

    def add_enterprise(self, activation_code: str, *, idempotency_key: str | None = None) -> AddedEnterprise:
        """Proves by a code that who is logged in is the legal person of another enterprise too.

        ProblemError `activation_code_wrong`, `activation_locked`.
        """
        document = {"activation_code": activation_code}
        answer = self._change("POST", "/session/activations", document, idempotency_key)
        return read(answer, AddedEnterprise)

    def logout(self) -> None:
        """Ends the login, on the service too."""
        self._change("DELETE", "/session")
        self._login = None

    def people(self, credit_code: str, **filters: str) -> People:
        """A page of the filed people; `filters` are the query's fields (name, role, shield_number …)."""
        return read(self._get(_of(credit_code, "people"), filters), People)

    def shields(self, credit_code: str, **filters: str) -> Shields:
        """A page of the shields; `filters` are the query's fields (state, hold, name …)."""
        return read(self._get(_of(credit_code, "shields"), filters), Shields)

    def all_shields(self, credit_code: str, **filters: str) -> Iterator[Shield]:
        """All pages, one shield after the other."""
        page = self.shields(credit_code, **filters, limit=str(_PAGE))
        yield from page.items
        while page.next is not None:
            page = self.shields(credit_code, **filters, limit=str(_PAGE), before=page.next)
            yield from page.items

    def shield(self, credit_code: str, shield_number: str) -> ShieldHistory:
        """One shield with its history; ProblemError `not_found`, also for another enterprise's shield."""
        return read(self._get(_of(credit_code, "shields", shield_number), {}), ShieldHistory)

    def history(self, credit_code: str, **filters: str) -> History:
        """A page of what happened to all shields; `filters` are the query's fields (event, shield_number, since …)."""
        return read(self._get(_of(credit_code, "history"), filters), History)

    def export(self, credit_code: str, what: str, **filters: str) -> bytes:
        """A list as a workbook (.xlsx); `what` is `people`, `shields` or `history`."""
        return self._get(_of(credit_code, f"{what}.xlsx"), filters)

    def act(
        self,
        credit_code: str,
        act: Act,
        shield_numbers: Sequence[str],
        *,
        reason: str,
        idempotency_key: str | None = None,
    ) -> list[Outcome]:
        """Reports loss, lifts it, freezes or unfreezes: an outcome for each number."""
        document = {"act": act, "shield_numbers": shield_numbers, "reason": reason}
        return _outcomes(self._change("POST", _of(credit_code, "acts"), document, idempotency_key))

    def request_revocation_code(self, *, idempotency_key: str | None = None) -> CodeSent:
        """Has a code sent to the legal person's phone that revokes one batch."""
        return read(self._change("POST", "/revocation-codes", None, idempotency_key), CodeSent)

    def revoke(
        self,
        credit_code: str,
        shield_numbers: Sequence[str],
        *,
        reason: str,
        cause: Cause,
        sms_code: str,
        idempotency_key: str | None = None,
    ) -> list[Outcome]:
        """Ends shields for good: an outcome for each number."""
        document = {
            "shield_numbers": shield_numbers,
            "reason": reason,
            "cause": cause,
            "sms_code": sms_code,
        }
        return _outcomes(self._change("POST", _of(credit_code, "revocations"), document, idempotency_key))

    def applications(
        self, credit_code: str, *, state: ApplicationState | None = None, **filters: str
    ) -> Applications:
        """A page of the operators who ask to be confirmed (待确认的申请); `filters` are `before` and `limit`."""
        params = filters if state is None else {**filters, "state": state}
        return read(self._get(_of(credit_code, "applications"), params), Applications)

    def decide_application(
        self,
        credit_code: str,
        application_id: str,
        decision: ApplicationDecision,
        *,
        sms_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Confirms an operator, or refuses to, for good; ProblemError `not_found`, `request_closed`, `no_filing`.

        `confirm` takes the code of `request_vouching_code` for the application's `person_id`.
        """
        path = _of(credit_code, "applications", application_id, "decision")
        self._change("POST", path, {"decision": decision, "sms_code": sms_code}, idempotency_key)

    def asks(self, credit_code: str, *, state: str = "") -> Asks:
        """What operators ask about their shields (操作员的请求), the newest fifty."""
        return read(self._get(_of(credit_code, "asks"), {"state": state} if state else {}), Asks)

    def answer_ask(self, credit_code: str, ask_id: str, answer: AskAnswer, *, reason: str = "") -> None:
        """Answers, for good; ProblemError `ask_not_done` as long as what was asked for isn't done."""
        self._change("POST", _of(credit_code, "asks", ask_id, "answer"), {"answer": answer, "reason": reason})

    def request_vouching_code(
        self, credit_code: str, person_id: str, *, idempotency_key: str | None = None
    ) -> CodeSent:
        """Has a code sent to the legal person's phone that says once who this operator is."""
        path = _of(credit_code, "people", person_id, "vouching-codes")
        return read(self._change("POST", path, None, idempotency_key), CodeSent)

    def make_activation_code(
        self, credit_code: str, person_id: str, *, sms_code: str, idempotency_key: str | None = None
    ) -> ActivationCode:
        """A code for an operator (激活码), in place of the one before; `person_id` as in `people`.

        `sms_code` is that of `request_vouching_code`.
        """
        path = _of(credit_code, "people", person_id, "activation-code")
        return read(self._change("POST", path, {"sms_code": sms_code}, idempotency_key), ActivationCode)

    def _consents(self) -> dict[str, dict[str, str]]:
        return consents(lambda: self._repeatedly("GET", POLICIES, None, {}).content)

    def _get(self, path: str, params: Mapping[str, str]) -> bytes:
        if self._login is None:
            raise PhoneError("not_logged_in")
        return self._repeatedly("GET", path, None, params).content

    def _change(self, method: str, path: str, document: object = None, key: str | None = None) -> bytes:
        return self._repeatedly(method, path, document, {}, key).content

    def _repeatedly(
        self, method: str, path: str, document: object, params: Mapping[str, str], key: str | None = None
    ) -> httpx.Response:
        headers = self._headers(None if method == "GET" else key or secrets.token_urlsafe(24))
        pause = _PAUSE
        for _ in range(_TRIES - 1):
            try:
                return self._send(method, path, document, params, headers)
            except ClientError as error:
                if not is_passing(error):
                    raise
                self._sleep(pause)
                pause *= 2
        return self._send(method, path, document, params, headers)

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"Accept": "application/json, application/problem+json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        if self._login is not None:
            headers["Cookie"] = f"{self._login.cookie}={self._login.token}"
            headers["X-CSRF-Token"] = self._login.csrf_token
        return headers

    def _send(
        self,
        method: str,
        path: str,
        document: object,
        params: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> httpx.Response:
        content = b"" if document is None else msgspec.json.encode(document)
        kind = {} if document is None else {"Content-Type": "application/json"}
        if path.startswith(_PAGES) and self._page is not None:
            kind["Cookie"] = self._page
        url = self._base + (path if path == POLICIES else _API + path)
        try:
            answer = self._http.request(
                method, url, content=content, params=params, headers={**headers, **kind}
            )
        except httpx.RequestError as error:
            raise NetworkError(f"{type(error).__name__}: {error}") from error
        if answer.is_success:
            return answer
        raise problem_of(answer.status_code, answer.headers.get("content-type", ""), answer.content)


def _cookie_of(answer: httpx.Response, names: Sequence[str]) -> str | None:
    """The one of these cookies that came with an answer, as it is sent back."""
    cookies = ((name, answer.cookies.get(name)) for name in names)
    return next((f"{name}={value}" for name, value in cookies if value is not None), None)


def _of(credit_code: str, *parts: str) -> str:
    """A path below an enterprise; what was typed stays one part of it."""
    return "/".join(("/enterprises", *(quote(part, safe="") for part in (credit_code, *parts))))


def _outcomes(body: bytes) -> list[Outcome]:
    return list(read(body, Outcomes).items)
