"""Life cycle of a certificate and its holds (挂失, 冻结 …) as one table, from which the docs' diagrams are made.

A certificate can be used only while it is active, without any hold, and not expired. `expired` is computed
from the clock and never stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.server.acts.actor import Actor
from mshield.server.certificates.errors import CertificateExpired, NoCertificate
from mshield.server.errors import Conflict, Forbidden
from mshield.server.signing.errors import Held, PinLocked

ACCOUNT_CLOSED: Final = "account_closed"
"""Reason for revoking the certificates of an account that its owner closed."""

CA_REVOKED: Final = "ca_revoked"
"""Reason recorded for certificates revoked because their CA was revoked."""

MAX_DEVICES: Final = 6
"""Maximum number of devices with a certificate per operator (R5)."""


class CertificateState(StrEnum):
    """Stored state. A row is `issued` from the reservation of its serial until the certificate is activated."""

    ISSUED = "issued"
    ACTIVE = "active"
    PIN_LOCKED = "pin_locked"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Hold(StrEnum):
    """Reason to suspend a certificate in force, the most severe first: a chip shows only that one."""

    CLONE = "clone"
    DUPLICATE = "duplicate"
    SUSPENDED = "suspended"
    LOST = "lost"
    FROZEN = "frozen"


class CertificateEvent(StrEnum):
    """Event in the life of a certificate."""

    PREPARE = "prepare"
    ACTIVATE = "activate"
    LOCK_PIN = "lock_pin"
    SUPERSEDE = "supersede"
    REVOKE = "revoke"
    WITHDRAW = "withdraw"
    FIND_CLONE = "find_clone"
    LIFT_CLONE = "lift_clone"
    APPLY_AGAIN = "apply_again"
    REPORT_LOSS = "report_loss"
    LIFT_LOSS = "lift_loss"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    SUSPEND = "suspend"
    RESUME = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rule for an event: permitted actors and source states, target state (None: unchanged), hold placed or lifted.

    `mends` is a hold that no person can lift, but that the service placed by mistake and lifts itself.
    `unheld` events are refused while a hold exists.
    """

    zh: str
    actors: frozenset[Actor]
    sources: frozenset[CertificateState]
    target: CertificateState | None = None
    places: Hold | None = None
    lifts: Hold | None = None
    mends: Hold | None = None
    unheld: bool = False

    @property
    def ends(self) -> Hold | None:
        """The hold that the event removes, if any."""
        return self.lifts or self.mends


@dataclass(frozen=True, slots=True)
class Standing:
    """Stored state and holds of a certificate."""

    state: CertificateState
    holds: frozenset[Hold] = frozenset()


_E, _S = CertificateEvent, CertificateState
_ACTIVE: Final = frozenset({_S.ACTIVE})
_IN_FORCE: Final = frozenset({_S.ACTIVE, _S.PIN_LOCKED})
"""States in which holds can exist: locking the PIN removes none."""
_SERVICE: Final = frozenset[Actor]({"service"})
_USER: Final = frozenset[Actor]({"user"})
_LEGAL_PERSON: Final = frozenset[Actor]({"legal_person"})
_STAFF: Final = frozenset[Actor]({"staff"})
"""Two members of staff together: see server/legal_person/stop.py."""

TABLE: Final[Mapping[CertificateEvent, Rule]] = MappingProxyType(
    {
        _E.PREPARE: Rule(zh="签发待确认", actors=_SERVICE, sources=frozenset({_S.ISSUED}), target=_S.ISSUED),
        # The service activates the first certificate; the holder activates a renewed one by signing its
        # confirmation.
        _E.ACTIVATE: Rule(
            zh="签发", actors=_SERVICE | _USER, sources=frozenset({_S.ISSUED}), target=_S.ACTIVE
        ),
        _E.LOCK_PIN: Rule(zh="PIN 码锁死", actors=_SERVICE, sources=_ACTIVE, target=_S.PIN_LOCKED),
        # A renewal must not circumvent a hold.
        _E.SUPERSEDE: Rule(zh="更新", actors=_USER, sources=_ACTIVE, target=_S.SUPERSEDED, unheld=True),
        # The service revokes if the issuing CA is revoked, two members of staff where no legal person can.
        _E.REVOKE: Rule(
            zh="作废",
            actors=_LEGAL_PERSON | _SERVICE | _STAFF,
            sources=frozenset({_S.ISSUED, _S.ACTIVE, _S.PIN_LOCKED}),
            target=_S.REVOKED,
        ),
        # A certificate made for a renewal that never came into force, so nobody used it.
        _E.WITHDRAW: Rule(zh="放弃更新", actors=_SERVICE, sources=frozenset({_S.ISSUED}), target=_S.REVOKED),
        _E.FIND_CLONE: Rule(zh="疑似复制", actors=_SERVICE, sources=_ACTIVE, places=Hold.CLONE),
        # Only after an older copy of the database was declared the cause. Otherwise only revocation ends this
        # hold.
        _E.LIFT_CLONE: Rule(zh="解除误判的疑似复制", actors=_SERVICE, sources=_IN_FORCE, mends=Hold.CLONE),
        _E.APPLY_AGAIN: Rule(zh="重复申请", actors=_USER, sources=_ACTIVE, places=Hold.DUPLICATE),
        # A locked PIN can't sign, so no hold is placed then. The legal person can still lift earlier holds,
        # which leaves the PIN locked.
        #
        # The holder too can report the loss of a shield on a device no longer theirs; only the legal person
        # lifts it.
        _E.REPORT_LOSS: Rule(zh="挂失", actors=_LEGAL_PERSON | _USER, sources=_ACTIVE, places=Hold.LOST),
        _E.LIFT_LOSS: Rule(zh="解挂失", actors=_LEGAL_PERSON, sources=_IN_FORCE, lifts=Hold.LOST),
        _E.FREEZE: Rule(zh="冻结", actors=_LEGAL_PERSON, sources=_ACTIVE, places=Hold.FROZEN),
        _E.UNFREEZE: Rule(zh="解冻结", actors=_LEGAL_PERSON, sources=_IN_FORCE, lifts=Hold.FROZEN),
        # Used where no legal person can act. The legal person can't lift it, since their identity may be in
        # doubt.
        _E.SUSPEND: Rule(zh="暂停", actors=_STAFF, sources=_ACTIVE, places=Hold.SUSPENDED),
        _E.RESUME: Rule(zh="恢复", actors=_STAFF, sources=_IN_FORCE, lifts=Hold.SUSPENDED),
    }
)
"""All permitted events. A hold that no event lifts ends only by revocation."""


def require_actor(event: CertificateEvent, actor: Actor) -> None:
    """Raises Forbidden if this actor may never cause the event."""
    if actor not in TABLE[event].actors:
        raise Forbidden


def after(standing: Standing, event: CertificateEvent) -> Standing:
    """Returns the standing after the event.

    Raises: Conflict (wrong state, or the hold is already placed or missing), Held (`unheld` event while a
    hold exists).

    Holds are dropped when a certificate ends, since the end supersedes them. They remain when the PIN is
    locked: wrong PINs must not improve the published status.
    """
    rule = TABLE[event]
    impossible = standing.state not in rule.sources or rule.places in standing.holds
    if impossible or (rule.ends is not None and rule.ends not in standing.holds):
        raise Conflict(state=standing.state.value)
    if rule.unheld and standing.holds:
        raise Held(reasons=[hold.value for hold in most_severe_first(standing.holds)])
    target = standing.state if rule.target is None else rule.target
    if target not in _IN_FORCE:
        return Standing(target)
    placed = {rule.places} if rule.places is not None else set()
    return Standing(target, (standing.holds | placed) - {rule.ends})


def already_applies(standing: Standing, event: CertificateEvent) -> bool:
    """Reports whether the certificate already has the standing after the event, so that repeating it is a no-op."""
    rule = TABLE[event]
    if rule.places is not None:
        return rule.places in standing.holds
    if rule.ends is not None:
        return standing.state in rule.sources and rule.ends not in standing.holds
    return standing.state is rule.target


def shown_state(*, state: CertificateState, not_after: int, now: int) -> str:
    """Returns the displayed state: `expired` past the end of validity, otherwise the stored state."""
    return "expired" if is_expired(state=state, not_after=not_after, now=now) else state.value


def usable(*, state: CertificateState, holds: Iterable[Hold], not_after: int, now: int) -> bool:
    """Reports whether the certificate may sign: active, no hold, not expired; times in ms."""
    return state is CertificateState.ACTIVE and not any(True for _ in holds) and now < not_after


def require_usable(*, state: CertificateState, holds: Iterable[Hold], not_after: int, now: int) -> None:
    """Raises the reason why the certificate can't sign.

    Raises: NoCertificate, PinLocked, Held, CertificateExpired.
    """
    standing = frozenset(holds)
    if state is CertificateState.PIN_LOCKED:
        raise PinLocked
    if state is not CertificateState.ACTIVE:
        raise NoCertificate(state=state.value)
    if standing:
        raise Held(reasons=[hold.value for hold in most_severe_first(standing)])
    if now >= not_after:
        raise CertificateExpired


def occupies_device(state: CertificateState) -> bool:
    """Reports whether the certificate occupies its device (R5, R6): held, locked and expired ones do until revoked."""
    return state not in {CertificateState.SUPERSEDED, CertificateState.REVOKED}


def is_expired(*, state: CertificateState, not_after: int, now: int) -> bool:
    """Reports whether the certificate is past its end and was not superseded or revoked before."""
    return occupies_device(state) and now >= not_after


def most_severe_first(holds: Iterable[Hold]) -> list[Hold]:
    """Sorts holds, the most severe first."""
    order = list(Hold)
    return sorted(holds, key=order.index)


def parse_holds(text: str) -> frozenset[Hold]:
    """Parses stored holds: names joined by commas, empty without holds."""
    return frozenset(Hold(name) for name in text.split(",") if name)


def format_holds(holds: Iterable[Hold]) -> str:
    """Formats holds for storage, the inverse of `parse_holds`, the most severe first."""
    return ",".join(most_severe_first(holds))
