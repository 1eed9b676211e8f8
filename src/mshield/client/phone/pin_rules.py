"""Which new PINs this phone refuses (R10): the service says which rules are in force, the phone applies them.

The PIN stays here; so does all that is known of the holder while they choose it, and nothing of it is kept.
"""

import datetime as dt

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.phone.operation import Operation
from mshield.client.phone.pin import checked_pin
from mshield.client.wire import read
from mshield.domain.certificates.pin import REASONS, Holder, PinPolicy, PinRule, weakness
from mshield.pki.asn1.arcs import checked_arc


class _Policy(msgspec.Struct, frozen=True, kw_only=True):
    pin_rules: tuple[str, ...]
    pin_blocked: tuple[str, ...]


class _Arc(msgspec.Struct, frozen=True, kw_only=True):
    display_oid: str


class _BirthDates(msgspec.Struct, frozen=True, kw_only=True):
    birth_dates: tuple[dt.date, ...]


def fetch_policy(operation: Operation) -> PinPolicy:
    """The service's rules; all rules and no block list where an older service has none. Unknown rules don't count."""
    try:
        answer = operation.connection.get("/api/phone/policy", operation.anonymous())
    except ProblemError as error:
        if error.status == 404:
            return PinPolicy()
        raise
    policy = read(answer, _Policy)
    known = frozenset(rule for rule in PinRule if rule.value in policy.pin_rules)
    return PinPolicy(rules=known, blocked=frozenset(policy.pin_blocked))


def fetch_display_oid(operation: Operation) -> str:
    """The attribute of displays under the service's own arc. ProtocolError `bad_task` for what may be no operator's."""
    oid = read(operation.connection.get("/api/phone/policy", operation.anonymous()), _Arc).display_oid
    try:
        return checked_arc(oid)
    except ValueError as error:
        raise ProtocolError("bad_task", f"no attribute of an operator: {error}") from error


def require_strong(pin: str, policy: PinPolicy, holder: Holder) -> str:
    """The PIN. PhoneError `weak_pin`, whose `extra` names the `reason`; `bad_pin_form`."""
    reason = weakness(checked_pin(pin), policy, holder)
    if reason is None:
        return pin
    zh, en = REASONS[reason]
    raise PhoneError(
        "weak_pin",
        zh=f"PIN 码太简单：{zh}",
        en=f"This PIN is too easy to guess. {en}",
        extra={"reason": reason.value},
    )


def require_strong_for_change(operation: Operation, pin: str) -> None:
    """As `require_strong`, where no id number is typed: the service tells the holder their own birth date."""
    policy = fetch_policy(operation)
    dates: frozenset[dt.date] = frozenset()
    if PinRule.BIRTHDAY in policy.rules:
        dates = _birth_dates(operation)
    require_strong(pin, policy, Holder(birth_dates=dates))


def _birth_dates(operation: Operation) -> frozenset[dt.date]:
    try:
        answer = operation.connection.get("/api/phone/me/birth-dates", operation.logged_in())
    except ProblemError as error:
        if error.status == 404:
            return frozenset()
        raise
    return frozenset(read(answer, _BirthDates).birth_dates)
