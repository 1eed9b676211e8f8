"""Shields as their enterprise's legal person sees them: one line per shield number, and its whole history (R14)."""

from dataclasses import dataclass
from typing import Final

from mshield.domain.certificates.states import CertificateState, Standing, parse_holds
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.matching import name_contains
from mshield.store.database.queries import Queries
from mshield.store.legal_person.people import NumberEnd
from mshield.store.seals.tables import CERTIFICATES

_SQL: Final = Queries("legal_person", "shields")
_CERTIFICATE: Final = CERTIFICATES.joined("c_")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldRow:
    """The certificate that stands for a shield number; times in ms, `used_at` None where it was never used.

    `filing_changed`: the filing differs from what it says; `filing_ended`: its holder is no longer on file. Either way
    it does nothing, whatever its standing (R22).
    """

    serial: str
    shield_number: str
    person_id: str
    common_name: str
    role: str
    standing: Standing
    not_before: int
    not_after: int
    issued_at: int
    changed_at: int
    device_since: int
    used_at: int | None
    filing_changed: bool
    filing_ended: bool


@dataclass(frozen=True, slots=True)
class StandingShield:
    """A shield as staff stop it: whose it is, and how the certificate that stands for it stands."""

    name: str
    enterprise: str
    credit_code: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvent:
    """A change of one of its certificates; `actor_name` is known of users and legal persons."""

    serial: str
    event: str
    actor: str
    actor_name: str | None
    reason: str
    state: str
    holds: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """A change of any of an enterprise's shields, with whose it is."""

    id: str
    shield_number: str
    common_name: str
    event: PastEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryTerms:
    """What the enterprise's history is searched by; None doesn't count. From `since` until before `until` (ms)."""

    shield_number: str | None = None
    name: str | None = None
    end: str | None = None
    event: str | None = None
    since: int = 0
    until: int = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldTerms:
    """What shields are searched by; None doesn't count.

    `state` may also be `expired`, `expiring`, `filing_changed` or `filing_ended`.

    `end` is that of the shield's number, of the holder's phone number or of the holder's id number.
    """

    state: str | None = None
    hold: str | None = None
    shield_number: str | None = None
    person_id: str | None = None
    name: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class ShieldCount:
    """Shields of an enterprise, and those of them that can be used now, which say what is on file."""

    shields: int
    usable: int


async def count(db: Database, *, credit_code: str, most: int, now: int) -> ShieldCount:
    """Counts the enterprise's shields, `most` at most."""
    row = await db.one(_SQL["count"], credit_code=credit_code, most=most, now=now)
    return ShieldCount(0, 0) if row is None else ShieldCount(**row)


async def page(
    db: Database,
    *,
    credit_code: str,
    before: tuple[int, str],
    terms: ShieldTerms,
    end: NumberEnd | None = None,
    page_size: int,
    due: int,
    now: int,
) -> list[ShieldRow]:
    """Shields older than `before` (issue time in ms, serial), newest first.

    `end` is what `terms.end` means; what ends by `due` (ms) is expiring.
    """
    rows = await db.all(
        _SQL["page"],
        credit_code=credit_code,
        before_at=before[0],
        before_serial=before[1],
        state=terms.state,
        hold=terms.hold,
        shield_number=terms.shield_number,
        person_id=terms.person_id,
        name=name_contains(terms.name),
        ending=None if end is None else end.text,
        of_id_number=None if end is None else end.of_id_number,
        page_size=page_size,
        due=due,
        now=now,
    )
    return [_shield(row) for row in rows]


async def certificates(db: Database, *, credit_code: str, shield_number: str) -> list[ShieldRow]:
    """All certificates of a shield, the one that stands for it first; empty for another enterprise's shield."""
    rows = await db.all(_SQL["certificates"], credit_code=credit_code, shield_number=shield_number)
    return [_shield(row) for row in rows]


async def standings(tx: Database | Tx, *, credit_code: str, shield_number: str) -> list[tuple[str, Standing]]:
    """Serial and standing of each certificate, in the same order. Raises SealBroken."""
    rows = await tx.all(_SQL["standings"], credit_code=credit_code, shield_number=shield_number)
    for row in rows:  # an act on them is the enterprise's own
        _CERTIFICATE.check(tx.sealer, row)
    return [(row["c_serial"], _standing(row)) for row in rows]


async def standing_shield(db: Database | Tx, *, shield_number: str) -> StandingShield | None:
    """The shield of this number, of whatever enterprise, if a certificate of it counts. Raises SealBroken."""
    row = await db.one(_SQL["standing_shield"], shield_number=shield_number)
    if row is None:
        return None
    _CERTIFICATE.check(db.sealer, row)
    return StandingShield(row["c_common_name"], row["c_organisation"], row["c_credit_code"], _standing(row))


async def is_known(db: Database, *, shield_number: str) -> bool:
    """Whether a certificate of whatever enterprise ever had this number."""
    return await db.one(_SQL["is_known"], shield_number=shield_number) is not None


async def events(db: Database, *, credit_code: str, shield_number: str) -> list[PastEvent]:
    """What happened to a shield, the oldest first."""
    rows = await db.all(_SQL["events"], credit_code=credit_code, shield_number=shield_number)
    return [PastEvent(**row) for row in rows]


async def history(
    db: Database,
    *,
    credit_code: str,
    before: str,
    terms: HistoryTerms,
    end: NumberEnd | None = None,
    page_size: int,
) -> list[HistoryRow]:
    """What happened to the enterprise's shields before the event `before` (an id), the newest first."""
    rows = await db.all(
        _SQL["history"],
        credit_code=credit_code,
        before=before,
        since=terms.since,
        until=terms.until,
        shield_number=terms.shield_number,
        name=name_contains(terms.name),
        ending=None if end is None else end.text,
        of_id_number=None if end is None else end.of_id_number,
        event=terms.event,
        page_size=page_size,
    )
    return [_history(row) for row in rows]


def _history(row: Row) -> HistoryRow:
    own = {"id", "shield_number", "common_name"}
    event = PastEvent(**{name: row[name] for name in row.keys() if name not in own})  # noqa: SIM118  # a sqlite3.Row
    return HistoryRow(
        id=row["id"], shield_number=row["shield_number"], common_name=row["common_name"], event=event
    )


def _standing(row: Row) -> Standing:
    return Standing(CertificateState(row["state"]), parse_holds(row["holds"]))


def _shield(row: Row) -> ShieldRow:
    fields = {name: row[name] for name in row.keys() if name not in {"state", "holds"}}  # noqa: SIM118  # a sqlite3.Row
    flags = {name: bool(row[name]) for name in ("filing_changed", "filing_ended")}  # SQLite's are integers
    return ShieldRow(**fields | flags, standing=_standing(row))
