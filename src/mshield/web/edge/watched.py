"""What an answered call tells the security log: by its operation where it succeeded, by its error's code where not.

The tables here are the only place that knows it; routes merely note who calls, and whom they name.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from starlette.datastructures import State
from starlette.types import Scope

from mshield.domain.ids import is_own_id
from mshield.domain.throttling import prefix_subject
from mshield.services.context import Context
from mshield.services.process import security_events as events
from mshield.services.process.security_events import Event
from mshield.services.process.security_log import pseudonym
from mshield.web.caller import ACTOR, CAUSE, REASON, SUBJECT, TARGET
from mshield.web.edge.edge import Watch
from mshield.web.edge.idempotency import REPLAYED
from mshield.web.router import Route

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
"""What an operation tells where it succeeds; those of logins tell refused ones as such."""

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
        ),
    ),
    (events.PIN_REFUSED, ("wrong_pin",)),
    (events.PIN_LOCKED, ("pin_locked",)),
    (events.SHIELD_COPIED, ("clone",)),
    (events.SMS_LIMITED, ("sms_too_soon", "sms_daily_limit", "sms_all_spent")),
    (events.LIMIT_BUSY, ("unavailable",)),
    (events.SERVICE_FAILED, ("internal", "fault")),
    (events.ROW_CHANGED, ("seal_broken",)),
)
"""What a refusal tells by its code; what isn't here tells by its status, or nothing: it is everyday life."""

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
"""What tells of a login that it was refused."""
_OF_BALANCERS: Final = frozenset({"health", "ready"})
"""Asked each second, and refused as long as the database is away: the log has it once."""

_LOGINS: Final = frozenset({events.LOGIN_ACCEPTED, events.LOGIN_BEGUN})
_CSRF: Final = "csrf"


def watching(state: State) -> Watch:
    """Tells the security log of the application's context, once there is one, of each call what is to be told of it."""

    def watch(scope: Scope, status: int) -> None:
        route: Route | None = scope.get("route")
        if route is None:
            return
        event = DONE.get(route.operation_id)
        if event is None and status < _REFUSED:  # nearly always
            return
        context: Context | None = getattr(state, "context", None)
        if context is None or route.operation_id in _OF_BALANCERS:
            return
        if status >= _REFUSED:
            event = _refusal(scope, status, of_login=event in _LOGINS)
        if event is not None and REPLAYED not in scope:
            context.security.tell(
                event, lambda: dict(_fields(scope, route, event, status, context)), now=context.clock()
            )

    return watch


def event_of(code: str | None, status: int, *, reason: object = None) -> Event | None:
    """What a refusal tells, whatever its operation."""
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
    if event is events.PROOF_REFUSED:  # elsewhere a reason may be what somebody wrote
        yield "reason", scope.get(REASON)
    kind, caller = scope.get(ACTOR) or (None, None)
    yield "actor_kind", kind
    yield "actor", caller
    subject: str | None = scope.get(SUBJECT)
    yield "subject", subject if subject is not None and is_own_id(subject) else None
    named: str | None = scope.get(TARGET)
    yield "target", None if named is None else pseudonym(context.lookup, named)
    client = scope.get("client")
    yield "network", prefix_subject(client[0] if client else "")
