"""What the security log tells: the closed list of its events, each with its level, its fields and when it comes.

A line names nobody: fields are the service's own ids, codes and numbers, a network in place of an address, and a keyed
hash in place of what somebody typed. docs/security/events.md is made from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["info", "warning", "error", "critical"]

FIELDS: Final[Mapping[str, str]] = {
    "request": "the call's id, as in the answer's `X-Request-ID`, in error messages and in the access log",
    "audience": "who the call is for: `phone`, `portal`, `console`, `business`, `pc`, `register`, `oidc` …",
    "operation": "the operation's id, as in the OpenAPI document",
    "status": "of the answer over HTTP",
    "code": "the error's stable code (docs/api/errors.md), the one of RFC 6749 at `/oidc`, or a finding's code",
    "reason": "what of a proof is wrong: a claim's name, `signature`, `header`, `csrf` …",
    "actor_kind": "`user` or `legal_person` (an account), `staff`, `system` (a business system), `service`",
    "actor": "their id: the account's, the member's, the business system's client id",
    "subject": "to what, where that is an id of this service's; for PINs, and where a certificate is issued, the key's",
    "account": "whose certificate it is, where it is issued: that joins keys with accounts",
    "target": "keyed hash of the name or number that somebody typed: the same name gives the same hash",
    "network": "where the call comes from: an IPv4 /24 or an IPv6 /56",
    "act": "what was done, as in the console's list of acts, such as `staff.roles`",
    "event_of": "what happened to the certificate: `prepare`, `activate`, `report_loss`, `revoke`, `lock_pin` …",
    "id": "of the act or of the certificate's event: finds its row, its details and its proof in the log",
    "seconds": "by how much the clock is ahead, below 0 where it is behind",
    "place": "its place in the transparency log",
    "serial": "of the certificate",
    "at": "when it happened; `time` is when the line was written",
    "count": "how many",
    "most": "how many there may be",
    "of": "the event whose lines were left out",
    "version": "of the program",
    "mode": "`production` or `demo`",
    "database": "`postgresql` or `sqlite`",
    "setting": "the environment variable's name, never its value",
    "check": "what `mshield doctor` calls it",
    "command": "`log verify` or `seals check`",
    "table": "whose row it is",
}

_CALL: Final = (
    *("request", "audience", "operation", "status", "code", "reason"),
    *("actor_kind", "actor", "subject", "target", "network"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One kind of line; a process writes at most `most` of it a minute and counts the rest, or all where it is None."""

    name: str
    level: Level
    when: str
    fields: tuple[str, ...] = _CALL
    most: int | None = 60


LOGIN_ACCEPTED: Final = Event(
    "login.accepted",
    "info",
    "somebody is logged in: a phone, the portal, the console, an outside system's account, or a business system "
    "that took the tokens of an OpenID login",
    most=600,
)
LOGIN_BEGUN: Final = Event(
    "login.begun",
    "info",
    "the first half of a login is right (the password, an outside system's page, an activation code); a second follows",
    most=600,
)
LOGIN_REFUSED: Final = Event(
    "login.refused",
    "warning",
    "a login is refused, in either half: password, code, second factor, client assertion, disabled account",
)
LOGIN_SLOWED: Final = Event(
    "login.slowed", "warning", "too many failures of an account, a member of staff or an address: they wait"
)
LOGIN_ENDED: Final = Event("login.ended", "info", "somebody logged out", most=600)
ACCOUNT_REGISTERED: Final = Event("account.registered", "info", "an account was made", most=600)

SESSION_REFUSED: Final = Event(
    "session.refused", "info", "no session or token, or one that is over or never was (401)"
)
CREDENTIALS_REFUSED: Final = Event(
    "credentials.refused",
    "warning",
    "a business system's secret or assertion, a program's token, or one's own password before a change is wrong",
)
PROOF_REFUSED: Final = Event(
    "proof.refused",
    "warning",
    "a call isn't its caller's own: DPoP proof (`reason` says what of it), CSRF token, return code, proof of a key",
)
ACCESS_REFUSED: Final = Event(
    "access.refused", "warning", "the caller is known and may not do this (403), or must show a second factor"
)
FACTOR_REFUSED: Final = Event(
    "factor.refused", "warning", "a second factor that was asked for again in a session is wrong"
)
CODE_REFUSED: Final = Event(
    "code.refused",
    "warning",
    "a code by SMS or an activation code is wrong or over; a reset that doesn't fit",
)
CAPTCHA_REFUSED: Final = Event(
    "captcha.refused", "info", "a captcha's characters or its work are wrong or missing"
)
INPUT_REFUSED: Final = Event(
    "input.refused",
    "info",
    "a call that no client of ours makes: no JSON, fields that don't fit, a bad charset or address",
)
PIN_REFUSED: Final = Event("pin.refused", "warning", "a wrong PIN was counted; `subject` is the key")
PIN_LOCKED: Final = Event(
    "pin.locked", "warning", "a wrong PIN ended the key, or a key is tried whose PIN is locked"
)
SHIELD_COPIED: Final = Event(
    "shield.copied", "error", "a phone shows an older state of its key: it may have been copied, and is held"
)

SMS_LIMITED: Final = Event(
    "sms.limited", "warning", "no code by SMS: too soon, or the number's or the day's codes are spent"
)
SMS_BUDGET: Final = Event(
    "sms.budget",
    "error",
    "four fifths, or all, of the codes that strangers may have sent in a day are spent; the console has an alarm",
    ("count", "most"),
    most=None,
)
LIMIT_REACHED: Final = Event(
    "limit.reached", "warning", "too many calls of an address, network, key or system (429)"
)
LIMIT_BUSY: Final = Event(
    "limit.busy",
    "warning",
    "a call finds no room in the process or in a queue, or the database is away (503)",
)
LIMIT_BODY: Final = Event("limit.body", "warning", "a body is too large or too slow (413, 408)")

ACT_RECORDED: Final = Event(
    "act.recorded",
    "info",
    "an act of staff, of a command at the host, of a person or of the service stands in the transparency log",
    ("act", "id", "actor_kind", "actor", "subject", "place", "at"),
    most=None,
)
CERTIFICATE_CHANGED: Final = Event(
    "certificate.changed",
    "info",
    "a certificate was issued, put in force, held, released, locked, revoked or replaced, and it stands in the log",
    ("event_of", "id", "serial", "subject", "account", "actor_kind", "actor", "place", "at"),
    most=None,
)

SERVICE_STARTED: Final = Event(
    "service.started", "info", "a process begins", ("version", "mode", "database"), most=None
)
SERVICE_STOPPED: Final = Event("service.stopped", "info", "a process ends in order", ("version",), most=None)
SETTING_WEAK: Final = Event(
    "setting.weak",
    "warning",
    "at each start, for each setting that protects less than its default",
    ("setting",),
    most=None,
)
SERVICE_FAILED: Final = Event(
    "service.failed", "error", "the service is at fault (500), or computed a wrong signature (`fault`)"
)
ROW_CHANGED: Final = Event(
    "row.changed",
    "critical",
    "a call met a row that was changed outside of the service; nothing is decided by it",
)
LOG_DAMAGED: Final = Event(
    "log.damaged", "critical", "the transparency log can't go on from what is stored", ("code",), most=1
)
CLOCK_DOUBTED: Final = Event(
    "clock.doubted",
    "critical",
    "the clock jumped, or differs from the database's: nothing is purged, expires or is issued by this process",
    ("reason", "seconds"),
    most=None,
)
CLOCK_SURE: Final = Event(
    "clock.sure", "warning", "the clock agrees again, or was confirmed: the process goes on", (), most=None
)
DATABASE_SET_BACK: Final = Event(
    "database.set_back",
    "critical",
    "the database is an older copy that nobody declared: the process doesn't start, or ends",
    ("code",),
    most=None,
)
VERIFICATION_FAILED: Final = Event(
    "verification.failed",
    "critical",
    "`mshield log verify` or `mshield seals check` has found something",
    ("command", "code", "table", "place"),
)
DOCTOR_FINDING: Final = Event(
    "doctor.finding", "warning", "a check of `mshield doctor` failed, or warns", ("check",), most=None
)
LINES_LEFT_OUT: Final = Event(
    "lines.left_out",
    "warning",
    "in a minute more came of an event than this process writes: the rest is counted here",
    ("of", "count"),
    most=None,
)

EVENTS: Final = tuple(value for value in dict(globals()).values() if isinstance(value, Event))
"""All of them."""
