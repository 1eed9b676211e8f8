"""Client of the legal person's portal: log in, look up people and shields, confirm operators, hold, lift, revoke.

A call whose response was lost is retried under its Idempotency-Key, so that nothing happens twice. A caller
that may have to retry by itself, after NetworkError or in another process, passes its own `idempotency_key`:
within a day the same call with the same key returns the first response. All errors are
`mshield.client.errors.ClientError`.
"""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

import httpx
import msgspec

from mshield.client.connections import Closing, is_loopback
from mshield.client.errors import ClientError, NetworkError, PhoneError, is_passing, problem_of
from mshield.client.forms import read
from mshield.testkit.account_source import POLICIES, consents
from mshield.testkit.work import solved
from mshield.wire.captchas import CaptchaMessage
from mshield.wire.outside_accounts import AccountSource, AccountSources, OutsideLoginBegun
from mshield.wire.portal import (
    Act,
    ActivationCodeMessage,
    ApplicationDecision,
    ApplicationsMessage,
    ApplicationState,
    AskAnswer,
    AsksMessage,
    Cause,
    CodeSentMessage,
    EnterprisesMessage,
    HistoryMessage,
    OutcomeMessage,
    OutcomesMessage,
    PeopleMessage,
    PortalLoginBegunMessage,
    PortalSessionMessage,
    ShieldHistoryMessage,
    ShieldMessage,
    ShieldsMessage,
)

_API: Final = "/api/portal"
_PAGES: Final = "/outside-logins"
_COOKIES: Final = ("__Host-mshield-portal", "mshield-portal")
_PAGE_COOKIES: Final = ("__Host-mshield-portal-page", "mshield-portal-page")
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_TRIES: Final = 3
_PAUSE: Final = 0.5
_PAGE: Final = 100


class PortalLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A login that can be stored and reused: whoever has it acts as the legal person, until it ends."""

    cookie: str
    token: str
    csrf_token: str


class PortalClient(Closing):
    """A legal person's client; use it as a context manager, or call `close`."""

    def __init__(
        self,
        base_url: str,
        *,
        login: PortalLogin | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Takes the service's URL, and optionally a stored login from `PortalClient.login`."""
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
        """The current login, to be stored as a secret; None if not logged in."""
        return self._login

    def account_sources(self) -> tuple[AccountSource, ...]:
        """Lists the outside systems whose accounts can log in: with a password, or at a page of their own."""
        return read(self._repeatedly("GET", "/account-sources", None, {}).content, AccountSources).items

    def captcha(self) -> CaptchaMessage:
        """Gets a captcha to solve for the next login."""
        return read(self._change("POST", "/captchas"), CaptchaMessage)

    def send_code_again(self, login_id: str) -> PortalLoginBegunMessage:
        """Sends another SMS code for a login in progress; from now on use the id in the response."""
        return read(self._change("POST", "/login-codes", {"login_id": login_id}), PortalLoginBegunMessage)

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
    ) -> PortalLoginBegunMessage:
        """Checks the password and has an SMS code sent to the account's phone.

        `source` names the account's outside system, if it isn't an account of this service: one of
        `account_sources` with kind `password`. A caller that passes a source declares that the user has read
        the privacy policy and the user agreement, and agrees to both and to the use of the ID number.
        `activation_code` proves the user's identity, if it isn't proven yet. Raises: ProblemError
        (`identity_unproven`).
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
        return read(self._change("POST", "/logins", document, idempotency_key), PortalLoginBegunMessage)

    def begin_outside_login(self, source: str) -> OutsideLoginBegun:
        """Starts a login at an outside system with kind `page`; open the returned page in a browser.

        Only this client can complete it. The browser returns to the service's `/portal/outside-login`.
        """
        answer = self._repeatedly("POST", _PAGES, {"source": source}, {})
        self._page = _cookie_of(answer, _PAGE_COOKIES)
        self._http.cookies.clear()  # send this cookie only to the outside login's paths
        return read(answer.content, OutsideLoginBegun)

    def finish_outside_login(
        self, state: str, code: str, *, idempotency_key: str | None = None
    ) -> PortalLoginBegunMessage:
        """Has an SMS code sent to the account's phone, given the page's parameters; then call `finish_login`.

        The caller declares the consents described at `begin_login`. Raises: ProblemError (`identity_unproven`
        if the account isn't proven to be the legal person's: see `activate`).
        """
        document = {"state": state, "code": code, **self._consents()}
        answer = self._change("POST", f"{_PAGES}/finish", document, idempotency_key)
        self._http.cookies.clear()
        return read(answer, PortalLoginBegunMessage)

    def activate(
        self, activation_id: str, activation_code: str, *, idempotency_key: str | None = None
    ) -> PortalLoginBegunMessage:
        """Continues a login refused with `identity_unproven`, using an activation code; then call `finish_login`.

        `activation_id` is that ProblemError's `extra["activation_id"]`, valid for ten minutes, whatever the
        kind of login. Raises: ProblemError (`activation_code_wrong`, `activation_locked`).
        """
        document = {"activation_id": activation_id, "activation_code": activation_code}
        return read(self._change("POST", "/activations", document, idempotency_key), PortalLoginBegunMessage)

    def finish_login(
        self, login_id: str, sms_code: str, *, idempotency_key: str | None = None
    ) -> PortalSessionMessage:
        """Logs in with the SMS code; the session lists the enterprises that the user may manage."""
        document = {"login_id": login_id, "sms_code": sms_code}
        answer = self._repeatedly("POST", "/sessions", document, {}, idempotency_key)
        session = read(answer.content, PortalSessionMessage)
        if (cookie := _cookie_of(answer, _COOKIES)) is not None:
            name, _, token = cookie.partition("=")
            self._login = PortalLogin(cookie=name, token=token, csrf_token=session.csrf_token)
        self._http.cookies.clear()  # only the login identifies the caller
        return session

    def session(self) -> PortalSessionMessage:
        """Returns the current session."""
        return read(self._get("/session", {}), PortalSessionMessage)

    def add_enterprise(
        self, activation_code: str, *, idempotency_key: str | None = None
    ) -> EnterprisesMessage:
        """Proves with an activation code that the user is also another enterprise's legal person.

        Raises: ProblemError (`activation_code_wrong`, `activation_locked`).
        """
        document = {"activation_code": activation_code}
        answer = self._change("POST", "/session/activations", document, idempotency_key)
        return read(answer, EnterprisesMessage)

    def logout(self) -> None:
        """Ends the login, on the service too."""
        self._change("DELETE", "/session")
        self._login = None

    def people(self, credit_code: str, **filters: str) -> PeopleMessage:
        """Returns a page of the filed people; `filters` are query parameters (name, role, shield_number …)."""
        return read(self._get(_of(credit_code, "people"), filters), PeopleMessage)

    def shields(self, credit_code: str, **filters: str) -> ShieldsMessage:
        """Returns a page of the shields; `filters` are query parameters (state, hold, name …)."""
        return read(self._get(_of(credit_code, "shields"), filters), ShieldsMessage)

    def all_shields(self, credit_code: str, **filters: str) -> Iterator[ShieldMessage]:
        """Yields the shields of all pages."""
        page = self.shields(credit_code, **filters, limit=str(_PAGE))
        yield from page.items
        while page.next is not None:
            page = self.shields(credit_code, **filters, limit=str(_PAGE), before=page.next)
            yield from page.items

    def shield(self, credit_code: str, shield_number: str) -> ShieldHistoryMessage:
        """Returns a shield with its history. Raises: ProblemError (`not_found`, also if it isn't the enterprise's)."""
        return read(self._get(_of(credit_code, "shields", shield_number), {}), ShieldHistoryMessage)

    def history(self, credit_code: str, **filters: str) -> HistoryMessage:
        """Returns a page of all shields' events; `filters` are query parameters (event, shield_number, since …)."""
        return read(self._get(_of(credit_code, "history"), filters), HistoryMessage)

    def export(self, credit_code: str, what: str, **filters: str) -> bytes:
        """Returns a list as a workbook (.xlsx); `what` is `people`, `shields` or `history`."""
        return self._get(_of(credit_code, f"{what}.xlsx"), filters)

    def act(
        self,
        credit_code: str,
        act: Act,
        shield_numbers: Sequence[str],
        *,
        reason: str,
        idempotency_key: str | None = None,
    ) -> list[OutcomeMessage]:
        """Reports loss, lifts it, freezes or unfreezes shields; returns an outcome for each number."""
        document = {"act": act, "shield_numbers": shield_numbers, "reason": reason}
        return _outcomes(self._change("POST", _of(credit_code, "acts"), document, idempotency_key))

    def request_revocation_code(self, *, idempotency_key: str | None = None) -> CodeSentMessage:
        """Has a code sent to the legal person's phone for revoking one batch."""
        return read(self._change("POST", "/revocation-codes", None, idempotency_key), CodeSentMessage)

    def revoke(
        self,
        credit_code: str,
        shield_numbers: Sequence[str],
        *,
        reason: str,
        cause: Cause,
        sms_code: str,
        idempotency_key: str | None = None,
    ) -> list[OutcomeMessage]:
        """Revokes shields permanently; returns an outcome for each number."""
        document = {
            "shield_numbers": shield_numbers,
            "reason": reason,
            "cause": cause,
            "sms_code": sms_code,
        }
        return _outcomes(self._change("POST", _of(credit_code, "revocations"), document, idempotency_key))

    def applications(
        self, credit_code: str, *, state: ApplicationState | None = None, **filters: str
    ) -> ApplicationsMessage:
        """Returns a page of the applications to confirm (待确认的申请); `filters` are `before` and `limit`."""
        params = filters if state is None else {**filters, "state": state}
        return read(self._get(_of(credit_code, "applications"), params), ApplicationsMessage)

    def decide_application(
        self,
        credit_code: str,
        application_id: str,
        decision: ApplicationDecision,
        *,
        sms_code: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Confirms or refuses an operator, irrevocably. Raises: ProblemError (not_found, request_closed, no_filing).

        `confirm` needs the SMS code of `request_vouching_code` for the application's `person_id`.
        """
        path = _of(credit_code, "applications", application_id, "decision")
        self._change("POST", path, {"decision": decision, "sms_code": sms_code}, idempotency_key)

    def asks(self, credit_code: str, *, state: str = "") -> AsksMessage:
        """Returns the newest fifty requests of operators about their shields (操作员的请求)."""
        return read(self._get(_of(credit_code, "asks"), {"state": state} if state else {}), AsksMessage)

    def answer_ask(self, credit_code: str, ask_id: str, answer: AskAnswer, *, reason: str = "") -> None:
        """Answers an ask, irrevocably. Raises: ProblemError (`ask_not_done` until the requested act has been done)."""
        self._change("POST", _of(credit_code, "asks", ask_id, "answer"), {"answer": answer, "reason": reason})

    def request_vouching_code(
        self, credit_code: str, person_id: str, *, idempotency_key: str | None = None
    ) -> CodeSentMessage:
        """Has a code sent to the legal person's phone for confirming this operator once."""
        path = _of(credit_code, "people", person_id, "vouching-codes")
        return read(self._change("POST", path, None, idempotency_key), CodeSentMessage)

    def make_activation_code(
        self, credit_code: str, person_id: str, *, sms_code: str, idempotency_key: str | None = None
    ) -> ActivationCodeMessage:
        """Makes an activation code (激活码) for an operator, replacing the previous one; `person_id` as in `people`.

        `sms_code` is the one of `request_vouching_code`.
        """
        path = _of(credit_code, "people", person_id, "activation-code")
        return read(
            self._change("POST", path, {"sms_code": sms_code}, idempotency_key), ActivationCodeMessage
        )

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
    """Returns the first of these cookies in a response, in the form in which it is sent back."""
    cookies = ((name, answer.cookies.get(name)) for name in names)
    return next((f"{name}={value}" for name, value in cookies if value is not None), None)


def _of(credit_code: str, *parts: str) -> str:
    """Returns a path below an enterprise; the parts are quoted."""
    return "/".join(("/enterprises", *(quote(part, safe="") for part in (credit_code, *parts))))


def _outcomes(body: bytes) -> list[OutcomeMessage]:
    return list(read(body, OutcomesMessage).items)
