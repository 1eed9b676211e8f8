"""The PIN: six digits, requested after `open` was answered and its proofs checked; and rules for new PINs.

Only the server learns whether a PIN is right (cosign-protocol, "Keys"). The service sets the rules for new
PINs (R10), and the phone applies them, so that the PIN stays on the phone. Data about the holder aren't
stored.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from mshield.client.errors import PhoneError, ProtocolError
from mshield.client.forms import read
from mshield.gm.mask import PIN_FORM
from mshield.pki.asn1.arcs import checked_arc
from mshield.testkit.phone.operation import Operation
from mshield.wire.pin import REASONS, Holder, PinPolicy, PinRule, weakness


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPrompt:
    """Data to show to the user: attempts left, whether others used some, and when the PIN was set (ms)."""

    left: int
    fell: bool
    pin_set_at: int


PinSource = str | Callable[[PinPrompt], str]


def checked_pin(pin: str) -> str:
    """Returns the PIN. Raises: PhoneError (`bad_pin_form`) unless it is six ASCII digits."""
    if not PIN_FORM.fullmatch(pin):
        raise PhoneError("bad_pin_form")
    return pin


def ask(source: PinSource, prompt: PinPrompt) -> str:
    """Gets the PIN from its source and checks its form."""
    return checked_pin(source if isinstance(source, str) else source(prompt))


class _Policy(msgspec.Struct, frozen=True, kw_only=True):
    pin_rules: tuple[str, ...]
    pin_blocked: tuple[str, ...]


class _Arc(msgspec.Struct, frozen=True, kw_only=True):
    display_oid: str


class _BirthDates(msgspec.Struct, frozen=True, kw_only=True):
    birth_dates: tuple[dt.date, ...]
    id_number_masked: str | None


def fetch_policy(operation: Operation) -> PinPolicy:
    """Fetches the service's PIN rules, ignoring those that only a newer service knows."""
    policy = read(operation.connection.get("/api/phone/policy", operation.anonymous()), _Policy)
    rules = frozenset(rule for rule in PinRule if rule.value in policy.pin_rules)
    return PinPolicy(rules=rules, blocked=frozenset(policy.pin_blocked))


def fetch_display_oid(operation: Operation) -> str:
    """Fetches the display attribute of the service's own arc. Raises: ProtocolError (`bad_task`: an invalid arc)."""
    oid = read(operation.connection.get("/api/phone/policy", operation.anonymous()), _Arc).display_oid
    try:
        return checked_arc(oid)
    except ValueError as error:
        raise ProtocolError("bad_task", f"not an operator's attribute: {error}") from error


def require_strong(pin: str, policy: PinPolicy, holder: Holder) -> str:
    """Returns the PIN. Raises: PhoneError (`weak_pin`, with the `reason` in `extra`; `bad_pin_form`)."""
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
    """Checks as `require_strong`; without a typed ID number, the service sends the holder's data to check against."""
    policy = fetch_policy(operation)
    holder = holder_of(operation, None) if {PinRule.BIRTHDAY, PinRule.ID_NUMBER} & policy.rules else Holder()
    require_strong(pin, policy, holder)


def holder_of(operation: Operation, id_number: str | None) -> Holder:
    """Returns the data that a PIN must not contain: from the typed ID number, or else from the service."""
    if id_number is not None:
        return Holder.of_id_number(id_number)
    data = read(operation.connection.get("/api/phone/me/birth-dates", operation.logged_in()), _BirthDates)
    return Holder.of_end(frozenset(data.birth_dates), data.id_number_masked)
