"""Security events, metrics and trace spans of answered calls.

Only the tables here decide which event is logged: by operation for a success, by error code for a refusal. Routes
merely note the caller and the subject.
"""

import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from starlette.datastructures import State
from starlette.types import Scope

from mshield.server.context import Context
from mshield.server.database.interface import SealBroken
from mshield.server.http.caller import ACTOR, CAUSE, REASON, SUBJECT, TARGET
from mshield.server.http.edge.edge import Measure, Watch
from mshield.server.http.edge.idempotency import REPLAYED
from mshield.server.http.router import Route
from mshield.server.runtime.metrics import Metrics
from mshield.server.runtime.security_log import events
from mshield.server.runtime.security_log.events import Event
from mshield.server.runtime.security_log.log import pseudonym
from mshield.server.runtime.tracing.call import current
from mshield.server.values.throttling import prefix_subject
from mshield.wire.ids import is_own_id

_REFUSED: Final = 400


def _table(*lines: tuple[Event, tuple[str, ...]]) -> Mapping[str, Event]:
    return MappingProxyType({name: event for event, names in lines for name in names})


DONE: Final = _table(
    (
        events.LOGIN_ACCEPTED,
        (
            *(
                "logIn",
                "logInByPin",
                "logInBySms",
                "finishOutsideLogin",
                "startPortalSession",
                "startPortalShieldSession",
            ),
            *("startConsoleSession", "completeSetUp", "issueTokens"),
        ),
    ),
    (
        events.LOGIN_BEGUN,
        ("beginPortalLogin", "activateLegalPerson", "finishPortalOutsideLogin", "beginConsoleLogin"),
    ),
    (events.LOGIN_ENDED, ("logOut", "endPortalSession", "endConsoleSession")),
    (events.ACCOUNT_REGISTERED, ("register", "registerOnPc")),
)
"""Event logged when an operation succeeds; a refusal of a login operation is logged as a refused login."""

REFUSED: Final = _table(
    (
        events.LOGIN_REFUSED,
        (
            *("login_failed", "login_refused", "login_over", "staff_login_failed", "staff_login_over"),
            *("invalid_grant", "account_data_refused", "account_differs", "account_here"),
        ),
    ),
    (events.LOGIN_SLOWED, ("login_slowed", "activation_locked")),
    (events.SESSION_REFUSED, ("unauthenticated", "wrong_status_token", "invalid_token")),
    (
        events.CREDENTIALS_REFUSED,
        ("wrong_client", "wrong_staff_token", "wrong_own_password", "invalid_client", "unauthorized_client"),
    ),
    (
        events.PROOF_REFUSED,
        ("invalid_proof", "clock_skewed", "wrong_return_code", "bad_proof", "bad_opening", "qr_stale"),
    ),
    (events.FACTOR_REFUSED, ("second_factor_wrong", "security_key_refused")),
    (
        events.CODE_REFUSED,
        ("sms_code_wrong", "sms_code_expired", "activation_code_wrong", "reset_refused", "set_up_over"),
    ),
    (events.ACCESS_REFUSED, ("acts_later",)),
    (events.CAPTCHA_REFUSED, ("captcha_wrong", "captcha_needed", "work_wrong", "work_missing")),
    (
        events.INPUT_REFUSED,
        (
            *("malformed", "invalid_request", "idempotency_mismatch", "charset_refused"),
            *(
                "signed_attributes_refused",
                "ambiguous_content_refused",
                "webhook_url_refused",
                "webhook_address_refused",
                "invalid_client_uri",
            ),
            *("return_url_unknown", "invalid_pdf", "invalid_image", "invalid_xml", "unshown_refused"),
            "content_too_complex",
        ),
    ),
    (events.PIN_REFUSED, ("wrong_pin",)),
    (events.PIN_LOCKED, ("pin_locked",)),
    (events.SHIELD_COPIED, ("clone",)),
    (events.SMS_LIMITED, ("sms_too_soon", "sms_daily_limit", "sms_all_spent")),
    (events.LIMIT_BUSY, ("unavailable",)),
    (events.SERVICE_FAILED, ("internal", "fault")),
    (events.ROW_CHANGED, ("seal_broken", "record_changed")),
)
"""Event of each error code; other codes are logged by status, or not at all if they are everyday."""

BY_STATUS: Final[Mapping[int, Event]] = MappingProxyType(
    {
        401: events.SESSION_REFUSED,
        403: events.ACCESS_REFUSED,
        408: events.LIMIT_BODY,
        413: events.LIMIT_BODY,
        429: events.LIMIT_REACHED,
        500: events.SERVICE_FAILED,
    }
)
_BODY: Final = frozenset({408, 413})
_OF_LOGINS: Final = frozenset(
    {
        *(events.SESSION_REFUSED, events.CREDENTIALS_REFUSED, events.ACCESS_REFUSED),
        *(events.FACTOR_REFUSED, events.CODE_REFUSED),
    }
)
"""Events that count as a refused login if a login operation caused them."""
_OF_BALANCERS: Final = frozenset({"health", "ready"})
"""Operations polled every second, which fail while the database is down: the log reports that once."""

_LOGINS: Final = frozenset({events.LOGIN_ACCEPTED, events.LOGIN_BEGUN})
_CSRF: Final = "csrf"


def watching(state: State) -> Watch:
    """Returns a callback that reports calls to the security log, once the application has a context."""

    def watch(scope: Scope, status: int) -> None:
        route: Route | None = scope.get("route")
        if route is None:
            return
        event = DONE.get(route.operation_id)
        if status < _REFUSED:
            if scope.get(CAUSE) == SealBroken.code:  # a list without its changed rows
                event = events.ROW_CHANGED
            if event is None:  # the common case
                return
        context: Context | None = getattr(state, "context", None)
        if context is None or route.operation_id in _OF_BALANCERS:
            return
        if status >= _REFUSED:
            event = _refusal(scope, status, of_login=event in _LOGINS)
        if event is not None and REPLAYED not in scope:
            context.security.write_lazily(
                event, lambda: dict(_fields(scope, route, event, status, context)), now=context.clock()
            )

    return watch


def event_of(code: str | None, status: int, *, reason: object = None) -> Event | None:
    """Returns the event of a refusal, whatever its operation; None if it isn't logged."""
    if status in _BODY:
        return events.LIMIT_BODY
    if reason == _CSRF:
        return events.PROOF_REFUSED
    return REFUSED.get(code or "") or BY_STATUS.get(status)


def _refusal(scope: Scope, status: int, *, of_login: bool) -> Event | None:
    event = event_of(_code(scope), status, reason=scope.get(REASON))
    return events.LOGIN_REFUSED if of_login and event in _OF_LOGINS else event


def _code(scope: Scope) -> str | None:
    return scope.get(CAUSE) or scope.get("mshield.problem")


def _fields(
    scope: Scope, route: Route, event: Event, status: int, context: Context
) -> Iterator[tuple[str, Any]]:
    yield "request", scope.get("mshield.request_id")
    yield "audience", route.audience
    yield "operation", route.operation_id
    yield "status", status
    yield "code", _code(scope)
    if event is events.PROOF_REFUSED:  # elsewhere a reason may be user input
        yield "reason", scope.get(REASON)
    kind, caller = scope.get(ACTOR) or (None, None)
    yield "actor_kind", kind
    yield "actor", caller
    subject: str | None = scope.get(SUBJECT)
    yield "subject", subject if subject is not None and is_own_id(subject) else None
    target: str | None = scope.get(TARGET)
    yield "target", None if target is None else pseudonym(context.lookup, target)
    client = scope.get("client")
    yield "network", prefix_subject(client[0] if client else "")


if TYPE_CHECKING:
    from mshield.server.runtime.tracing.spans import Spans

WAITING: Final = frozenset({"streamOwnRequest", "streamRequest", "followRequest", "getRequest"})
"""Operations that wait for a person, so that their durations don't measure the service."""

_UNMEASURED: Final = frozenset({None, "publication", "service"})
"""Audiences that aren't measured: pages and public files."""


def spanned(spans: "Spans", measured: Measure) -> Measure:
    """Returns a callback that calls `measured` and also exports a span for each operation whose trace is sampled."""

    def note(scope: Scope, status: int, seconds: float) -> None:
        measured(scope, status, seconds)
        route: Route | None = scope.get("route")
        call = current()
        if route is None or call is None or not status or not call.trace.is_sampled:
            return
        problem = scope.get("mshield.problem")
        attributes = {
            "http.request.method": scope["method"],
            "http.route": route.path,
            "mshield.audience": route.audience or "",
        }
        spans.export(
            call,
            route.operation_id or f"{scope['method']} {route.path}",
            ended=time.time_ns(),
            seconds=seconds,
            status=status,
            attributes=attributes | ({"error.type": problem} if problem else {}),
        )

    return note


def measure(metrics: Metrics) -> Measure:
    """Returns a callback that counts each answered operation and records its duration."""

    def note(scope: Scope, status: int, seconds: float) -> None:
        route: Route | None = scope.get("route")
        if route is None or route.audience in _UNMEASURED or not status:
            return
        name = route.operation_id
        code = "" if status < _REFUSED else scope.get("mshield.problem") or f"http_{status}"
        if name in WAITING:
            metrics.count(name, code)
        else:
            metrics.note(name, code, seconds)

    return note
