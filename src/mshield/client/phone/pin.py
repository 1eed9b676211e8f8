"""The PIN: six digits, asked for after `open` was answered and its proofs checked, and which new ones are refused.

Whether a PIN is right only the server learns (cosign-protocol, "Keys"). The service says which rules for new ones are
in force (R10), the phone applies them: the PIN stays here, and nothing of what is known of the holder is kept.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.phone.operation import Operation
from mshield.client.wire import read
from mshield.domain.certificates.pin import REASONS, Holder, PinPolicy, PinRule, weakness
from mshield.gm.mask import PIN_FORM
from mshield.pki.asn1.arcs import checked_arc


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPrompt:
    """What the user should see: tries left, whether others spent some, which PIN (when it was set, ms)."""

    left: int
    fell: bool
    pin_set_at: int


PinSource = str | Callable[[PinPrompt], str]


def checked_pin(pin: str) -> str:
    """The PIN, or PhoneError `bad_pin_form` where it is not six ASCII digits."""
    if not PIN_FORM.fullmatch(pin):
        raise PhoneError("bad_pin_form")
    return pin


def ask(source: PinSource, prompt: PinPrompt) -> str:
    """The PIN from its source, checked by form."""
    return checked_pin(source if isinstance(source, str) else source(prompt))


class _Policy(msgspec.Struct, frozen=True, kw_only=True):
    pin_rules: tuple[str, ...]
    pin_blocked: tuple[str, ...]


class _Arc(msgspec.Struct, frozen=True, kw_only=True):
    display_oid: str


class _BirthDates(msgspec.Struct, frozen=True, kw_only=True):
    birth_dates: tuple[dt.date, ...]
    id_number_masked: str | None = None


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
    """As `require_strong`, where no id number is typed: the service tells the holder birth date and end of theirs."""
    policy = fetch_policy(operation)
    holder = holder_of(operation, None) if {PinRule.BIRTHDAY, PinRule.ID_NUMBER} & policy.rules else Holder()
    require_strong(pin, policy, holder)


def holder_of(operation: Operation, id_number: str | None) -> Holder:
    """What their PIN must not be made of: by the id number that they typed, else as the service tells it."""
    if id_number is not None:
        return Holder.of_id_number(id_number)
    try:
        answer = operation.connection.get("/api/phone/me/birth-dates", operation.logged_in())
    except ProblemError as error:
        if error.status == 404:
            return Holder()
        raise
    known = read(answer, _BirthDates)
    return Holder.of_end(frozenset(known.birth_dates), known.id_number_masked)
