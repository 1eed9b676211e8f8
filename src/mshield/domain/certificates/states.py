"""The life of a certificate and the holds on it (挂失, 冻结 …) as one table, from which the docs' diagrams are made.

A certificate can be used only while it is active, without any hold, and not expired. `expired` is never stored: the
clock says it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import Actor

ACCOUNT_CLOSED: Final = "account_closed"
"""The reason of certificates that end with the account that their owner closed."""

CA_REVOKED: Final = "ca_revoked"
"""The reason that stands in the history of a certificate that ended since its CA was revoked."""

MAX_DEVICES: Final = 6
"""Devices of one operator with a certificate each (R5)."""


class CertificateState(StrEnum):
    """What is stored. A row is `issued` from the reservation of its serial until the certificate is signed."""

    ISSUED = "issued"
    ACTIVE = "active"
    PIN_LOCKED = "pin_locked"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Hold(StrEnum):
    """Reasons why a certificate in force may not be used, the gravest first: a chip shows only that one."""

    CLONE = "clone"
    DUPLICATE = "duplicate"
    SUSPENDED = "suspended"
    LOST = "lost"
    FROZEN = "frozen"


class CertificateEvent(StrEnum):
    """What happens to a certificate."""

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
    """Who may cause an event in which states, where it leads (None: the state stays), which hold it places or lifts.

    `mends` is a hold that a fault of the service placed and that it takes back: nobody lifts it. `unheld`: only while
    no hold stands.
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
        """The hold that doesn't stand any more after it, if any."""
        return self.lifts or self.mends


@dataclass(frozen=True, slots=True)
class Standing:
    """A certificate's stored state with its holds."""

    state: CertificateState
    holds: frozenset[Hold] = frozenset()


_E, _S = CertificateEvent, CertificateState
_ACTIVE: Final = frozenset({_S.ACTIVE})
_IN_FORCE: Final = frozenset({_S.ACTIVE, _S.PIN_LOCKED})
"""The states in which holds stand: a lock takes none of them away."""
_SERVICE: Final = frozenset[Actor]({"service"})
_USER: Final = frozenset[Actor]({"user"})
_LEGAL_PERSON: Final = frozenset[Actor]({"legal_person"})
_STAFF: Final = frozenset[Actor]({"staff"})
"""Two of them: services/legal_person/stop.py."""

TABLE: Final[Mapping[CertificateEvent, Rule]] = MappingProxyType(
    {
        _E.PREPARE: Rule(zh="签发待确认", actors=_SERVICE, sources=frozenset({_S.ISSUED}), target=_S.ISSUED),
        # The first one by the service; that of a renewal by its holder, whose signature confirms it.
        _E.ACTIVATE: Rule(
            zh="签发", actors=_SERVICE | _USER, sources=frozenset({_S.ISSUED}), target=_S.ACTIVE
        ),
        _E.LOCK_PIN: Rule(zh="PIN 码锁死", actors=_SERVICE, sources=_ACTIVE, target=_S.PIN_LOCKED),
        # Renewal is no way around a hold.
        _E.SUPERSEDE: Rule(zh="更新", actors=_USER, sources=_ACTIVE, target=_S.SUPERSEDED, unheld=True),
        # By the service where the CA that issued it is revoked; by two members of staff where no legal person can.
        _E.REVOKE: Rule(
            zh="作废",
            actors=_LEGAL_PERSON | _SERVICE | _STAFF,
            sources=frozenset({_S.ISSUED, _S.ACTIVE, _S.PIN_LOCKED}),
            target=_S.REVOKED,
        ),
        # A certificate that was made for a renewal and never came into force: nobody used it, nobody misses it.
        _E.WITHDRAW: Rule(zh="放弃更新", actors=_SERVICE, sources=frozenset({_S.ISSUED}), target=_S.REVOKED),
        _E.FIND_CLONE: Rule(zh="疑似复制", actors=_SERVICE, sources=_ACTIVE, places=Hold.CLONE),
        # Where an older copy of the database was to blame, once that is declared. Else only revocation ends it.
        _E.LIFT_CLONE: Rule(zh="解除误判的疑似复制", actors=_SERVICE, sources=_IN_FORCE, mends=Hold.CLONE),
        _E.APPLY_AGAIN: Rule(zh="重复申请", actors=_USER, sources=_ACTIVE, places=Hold.DUPLICATE),
        # A locked PIN signs nothing, so there is nothing to hold; what the legal person has placed they take back,
        # which leaves the lock.
        # Also by the holder, of a shield on a device that isn't theirs any more; the legal person lifts it.
        _E.REPORT_LOSS: Rule(zh="挂失", actors=_LEGAL_PERSON | _USER, sources=_ACTIVE, places=Hold.LOST),
        _E.LIFT_LOSS: Rule(zh="解挂失", actors=_LEGAL_PERSON, sources=_IN_FORCE, lifts=Hold.LOST),
        _E.FREEZE: Rule(zh="冻结", actors=_LEGAL_PERSON, sources=_ACTIVE, places=Hold.FROZEN),
        _E.UNFREEZE: Rule(zh="解冻结", actors=_LEGAL_PERSON, sources=_IN_FORCE, lifts=Hold.FROZEN),
        # Where no legal person can: they don't lift it either, since whether they are who they say is in doubt then.
        _E.SUSPEND: Rule(zh="暂停", actors=_STAFF, sources=_ACTIVE, places=Hold.SUSPENDED),
        _E.RESUME: Rule(zh="恢复", actors=_STAFF, sources=_IN_FORCE, lifts=Hold.SUSPENDED),
    }
)
"""Everything that may happen; what isn't here can't. A hold that no event lifts ends by revocation only."""


def require_actor(event: CertificateEvent, actor: Actor) -> None:
    """Raises Forbidden where the table doesn't let this one cause the event, however the certificate stands."""
    if actor not in TABLE[event].actors:
        raise errors.Forbidden


def after(standing: Standing, event: CertificateEvent) -> Standing:
    """The standing after the event. Raises Conflict where the table has no such step, or the hold is there or isn't.

    The holds of a certificate that ends go with it: its end says enough. They stay with one whose PIN is locked: what
    it is published as must not get better by wrong PINs. Raises Held where the event needs that no hold stands.
    """
    rule = TABLE[event]
    refused = standing.state not in rule.sources or rule.places in standing.holds
    if refused or (rule.ends is not None and rule.ends not in standing.holds):
        raise errors.Conflict(state=standing.state.value)
    if rule.unheld and standing.holds:
        raise errors.Held(reasons=[hold.value for hold in gravest_first(standing.holds)])
    target = standing.state if rule.target is None else rule.target
    if target not in _IN_FORCE:
        return Standing(target)
    placed = {rule.places} if rule.places is not None else set()
    return Standing(target, (standing.holds | placed) - {rule.ends})


def stands_already(standing: Standing, event: CertificateEvent) -> bool:
    """Whether the certificate stands as the event would leave it, so that a repeat of the event changes nothing."""
    rule = TABLE[event]
    if rule.places is not None:
        return rule.places in standing.holds
    if rule.ends is not None:
        return standing.state in rule.sources and rule.ends not in standing.holds
    return standing.state is rule.target


def shown_state(*, state: CertificateState, not_after: int, now: int) -> str:
    """The state as people see it: `expired` where the clock has ended the certificate, else what is stored."""
    return "expired" if is_expired(state=state, not_after=not_after, now=now) else state.value


def usable(*, state: CertificateState, holds: Iterable[Hold], not_after: int, now: int) -> bool:
    """Whether the certificate may sign: active, no hold, not expired; times in ms."""
    return state is CertificateState.ACTIVE and not any(True for _ in holds) and now < not_after


def require_usable(*, state: CertificateState, holds: Iterable[Hold], not_after: int, now: int) -> None:
    """Raises what keeps the certificate from signing: NoCertificate, PinLocked, Held, CertificateExpired."""
    standing = frozenset(holds)
    if state is CertificateState.PIN_LOCKED:
        raise errors.PinLocked
    if state is not CertificateState.ACTIVE:
        raise errors.NoCertificate(state=state.value)
    if standing:
        raise errors.Held(reasons=[hold.value for hold in gravest_first(standing)])
    if now >= not_after:
        raise errors.CertificateExpired


def occupies_device(state: CertificateState) -> bool:
    """Whether the device counts as having a certificate (R5, R6); a held, locked or expired one does until revoked."""
    return state not in {CertificateState.SUPERSEDED, CertificateState.REVOKED}


def is_expired(*, state: CertificateState, not_after: int, now: int) -> bool:
    """Whether the clock has ended a certificate that nobody ended before."""
    return occupies_device(state) and now >= not_after


def gravest_first(holds: Iterable[Hold]) -> list[Hold]:
    """Holds in the order of their gravity."""
    order = list(Hold)
    return sorted(holds, key=order.index)


def parse_holds(text: str) -> frozenset[Hold]:
    """Holds from how they are stored: their names joined by commas, an empty text without holds."""
    return frozenset(Hold(name) for name in text.split(",") if name)


def format_holds(holds: Iterable[Hold]) -> str:
    """The inverse of `parse_holds`, in the order of gravity."""
    return ",".join(gravest_first(holds))
