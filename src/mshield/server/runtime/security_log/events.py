"""Closed list of the security log's events, each with its level, its fields and its occasion.

Lines identify no person: fields are the service's own ids, codes and numbers, a network instead of an
address, and a keyed hash instead of typed text. docs/security/events.md is generated from this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["info", "warning", "error", "critical"]

FIELDS: Final[Mapping[str, str]] = {
    "request": "the call's id, as in the answer's `X-Request-ID`, in error messages and in the access log",
    "audience": "audience of the call: `phone`, `portal`, `console`, `business`, `pc`, `register`, `oidc` …",
    "operation": "the operation's id, as in the OpenAPI document",
    "status": "HTTP status of the answer",
    "code": "the error's stable code (docs/api/errors.md), the one of RFC 6749 at `/oidc`, or a finding's code",
    "reason": "invalid part of a proof: a claim's name, `signature`, `header`, `csrf` …",
    "actor_kind": "`user` or `legal_person` (an account), `staff`, `system` (a business system), `service`",
    "actor": "id of the actor: the account's, the member's, the business system's client id",
    "subject": "object of the event, if it is an id of this service; the key for PINs and issued certificates",
    "account": "account of an issued certificate, which links keys to accounts",
    "target": "keyed hash of the name or number that somebody typed: the same name gives the same hash",
    "network": "network of the caller: an IPv4 /24 or an IPv6 /56",
    "act": "name of the act, as in the console's list of acts, such as `staff.roles`",
    "event_of": "event of the certificate: `prepare`, `activate`, `report_loss`, `revoke`, `lock_pin` …",
    "id": "id of the act or of the certificate's event, by which its row, details and proof in the log are found",
    "seconds": "seconds by which the clock is ahead, negative if it is behind",
    "place": "index in the transparency log",
    "serial": "serial number of the certificate",
    "at": "time of the event; `time` is when the line was written",
    "count": "number of SMS codes used, or of lines omitted",
    "most": "maximum number of SMS codes a day",
    "of": "event whose lines were omitted",
    "version": "version of the program",
    "mode": "`production` or `demo`",
    "database": "`postgresql` or `sqlite`",
    "setting": "the environment variable's name, never its value",
    "check": "name of the check in `mshield doctor`",
    "command": "command that reported the finding, or whose second person was refused",
    "table": "database table of the row",
}

_CALL: Final = (
    *("request", "audience", "operation", "status", "code", "reason"),
    *("actor_kind", "actor", "subject", "target", "network"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Kind of log line. A process writes at most `most` per minute and counts the rest; None: no limit."""

    name: str
    level: Level
    when: str
    fields: tuple[str, ...] = _CALL
    most: int | None = 60


LOGIN_ACCEPTED: Final = Event(
    "login.accepted",
    "info",
    "a login succeeded: on a phone, at the portal or console, with an outside system's account, or "
    "at a business system that fetched the tokens of an OpenID login",
    most=600,
)
LOGIN_BEGUN: Final = Event(
    "login.begun",
    "info",
    "the first half of a login succeeded (password, an outside system's page, activation code); a second follows",
    most=600,
)
LOGIN_REFUSED: Final = Event(
    "login.refused",
    "warning",
    "a login failed, in either half: password, code, second factor, client assertion, disabled account",
)
LOGIN_SLOWED: Final = Event(
    "login.slowed", "warning", "an account, a member of staff or an address must wait after too many failures"
)
LOGIN_ENDED: Final = Event("login.ended", "info", "a person logged out", most=600)
ACCOUNT_REGISTERED: Final = Event("account.registered", "info", "an account was registered", most=600)

SESSION_REFUSED: Final = Event(
    "session.refused", "info", "the session or token is missing, expired or unknown (401)"
)
CREDENTIALS_REFUSED: Final = Event(
    "credentials.refused",
    "warning",
    "wrong secret or assertion of a business system, token of a program, or current password in a change of password",
)
PROOF_REFUSED: Final = Event(
    "proof.refused",
    "warning",
    "a call's authenticity can't be verified: DPoP proof (`reason` names the invalid part), CSRF "
    "token, return code, proof of a key",
)
ACCESS_REFUSED: Final = Event(
    "access.refused",
    "warning",
    "the caller is authenticated but not permitted (403), or needs a second factor",
)
FACTOR_REFUSED: Final = Event(
    "factor.refused",
    "warning",
    "wrong second factor when required again in a session, or wrong code of a command's second person",
    (*_CALL, "command"),
)
CODE_REFUSED: Final = Event(
    "code.refused",
    "warning",
    "wrong or expired SMS or activation code; password reset with wrong data",
)
CAPTCHA_REFUSED: Final = Event(
    "captcha.refused", "info", "wrong or missing captcha characters or proof of work"
)
INPUT_REFUSED: Final = Event(
    "input.refused",
    "info",
    "a call that our clients never make: not JSON, invalid fields, a bad charset or address",
)
PIN_REFUSED: Final = Event("pin.refused", "warning", "a wrong PIN was counted; `subject` is the key")
PIN_LOCKED: Final = Event(
    "pin.locked", "warning", "a wrong PIN locked the key, or a key with a locked PIN was used"
)
SHIELD_COPIED: Final = Event(
    "shield.copied",
    "error",
    "a phone presented an older state of its key: the phone may have been copied, so the shield is on hold",
)

SMS_LIMITED: Final = Event(
    "sms.limited",
    "warning",
    "an SMS code was refused: too soon, or the number's or the day's codes are used up",
)
SMS_BUDGET: Final = Event(
    "sms.budget",
    "error",
    "four fifths, or all, of a day's SMS codes for unauthenticated callers are used up; the console has an alarm",
    ("count", "most"),
    most=None,
)
LIMIT_REACHED: Final = Event(
    "limit.reached", "warning", "too many calls by an address, network, key or system (429)"
)
LIMIT_BUSY: Final = Event(
    "limit.busy",
    "warning",
    "the process or a queue is full, or the database is unavailable (503)",
)
LIMIT_BODY: Final = Event("limit.body", "warning", "a body is too large or too slow (413, 408)")

ACT_RECORDED: Final = Event(
    "act.recorded",
    "info",
    "an act of staff, of a command on the server, of a person or of the service was added to the transparency log",
    ("act", "id", "actor_kind", "actor", "subject", "place", "at"),
    most=None,
)
CERTIFICATE_CHANGED: Final = Event(
    "certificate.changed",
    "info",
    "a change of a certificate (issued, activated, put on hold, released, locked, revoked, replaced) was added to the "
    "transparency log",
    ("event_of", "id", "serial", "subject", "account", "actor_kind", "actor", "place", "at"),
    most=None,
)

SERVICE_STARTED: Final = Event(
    "service.started", "info", "a process started", ("version", "mode", "database"), most=None
)
SERVICE_STOPPED: Final = Event("service.stopped", "info", "a process ended normally", ("version",), most=None)
SETTING_WEAK: Final = Event(
    "setting.weak",
    "warning",
    "logged at each start, for each setting that is weaker than its default",
    ("setting",),
    most=None,
)
SERVICE_FAILED: Final = Event(
    "service.failed", "error", "internal error (500), or the service computed a wrong signature (`fault`)"
)
ROW_CHANGED: Final = Event(
    "row.changed",
    "critical",
    "a call found a row that was changed outside of the service; the row is ignored",
)
LOG_DAMAGED: Final = Event(
    "log.damaged",
    "critical",
    "the transparency log can't continue, because its stored state is damaged",
    ("code",),
    most=1,
)
CLOCK_DOUBTED: Final = Event(
    "clock.doubted",
    "critical",
    "the clock jumped, or differs from the database's: this process purges, expires and issues nothing",
    ("reason", "seconds"),
    most=None,
)
CLOCK_SURE: Final = Event(
    "clock.sure",
    "warning",
    "the clock agrees again, or was confirmed: the process continues normally",
    (),
    most=None,
)
DATABASE_SET_BACK: Final = Event(
    "database.set_back",
    "critical",
    "the database is an older copy without a declared restore: the process doesn't start, or ends",
    ("code",),
    most=None,
)
VERIFICATION_FAILED: Final = Event(
    "verification.failed",
    "critical",
    "`mshield log verify` or `mshield seals check` reported a finding",
    ("command", "code", "table", "place"),
)
DOCTOR_FINDING: Final = Event(
    "doctor.finding", "warning", "a check of `mshield doctor` failed or gave a warning", ("check",), most=None
)
LINES_LEFT_OUT: Final = Event(
    "lines.left_out",
    "warning",
    "an event occurred more often in a minute than this process writes; the remaining occurrences are counted here",
    ("of", "count"),
    most=None,
)

EVENTS: Final = tuple(value for value in dict(globals()).values() if isinstance(value, Event))
"""All events above."""
