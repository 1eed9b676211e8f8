"""Shields for their enterprise's legal person: one line per shield number, and the full history (R14)."""

from dataclasses import dataclass, fields
from typing import Final

from mshield.server.certificates.rules.states import CertificateState, Standing, parse_holds
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.matching import name_contains
from mshield.server.database.queries import Queries
from mshield.server.legal_person.rows.people import NumberEnd
from mshield.server.seals.tables import CERTIFICATES
from mshield.wire.portal import EventMessage

_SQL: Final = Queries("legal_person", "shields")
_CERTIFICATE: Final = CERTIFICATES.joined("c_")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldRow:
    """Current certificate of a shield number; times in ms, `used_at` None if never used.

    `filing_changed`: the filing differs from the certificate; `filing_ended`: its holder is no longer on
    file. In both cases it can't be used, whatever its standing (R22).
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


_COLUMNS: Final = tuple(each.name for each in fields(ShieldRow) if each.name != "standing")


@dataclass(frozen=True, slots=True)
class StandingShield:
    """Shield for an act by staff: its holder, and the standing of its current certificate."""

    name: str
    enterprise: str
    credit_code: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """Change of any of an enterprise's shields, with its holder."""

    id: str
    shield_number: str
    common_name: str
    event: EventMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryTerms:
    """Search terms for an enterprise's history; None means any. From `since` until before `until` (ms)."""

    shield_number: str | None = None
    name: str | None = None
    end: str | None = None
    event: str | None = None
    since: int = 0
    until: int = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ShieldTerms:
    """Search terms for shields; None means any.

    `state` may also be `expired`, `expiring`, `filing_changed` or `filing_ended`. `end` is the end of the
    shield's number, of the holder's phone number or of the holder's id number.
    """

    state: str | None = None
    hold: str | None = None
    shield_number: str | None = None
    person_id: str | None = None
    name: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class ShieldCount:
    """Number of an enterprise's shields, and of those usable now with an unchanged filing."""

    shields: int
    usable: int


async def count(db: Database, *, credit_code: str, most: int, now: int) -> ShieldCount:
    """Counts the enterprise's shields, up to `most`."""
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
    """Returns shields older than `before` (issue time in ms, serial), newest first.

    `end` has the data that `terms.end` stands for. A certificate that ends by `due` (ms) is expiring. Raises:
    SealBroken.
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
    return [_shield(db, row) for row in rows]


async def certificates(db: Database, *, credit_code: str, shield_number: str) -> list[ShieldRow]:
    """Returns all certificates of a shield, the current one first; empty for another enterprise's shield.

    Raises: SealBroken.
    """
    rows = await db.all(_SQL["certificates"], credit_code=credit_code, shield_number=shield_number)
    return [_shield(db, row) for row in rows]


async def standings(tx: Database | Tx, *, credit_code: str, shield_number: str) -> list[tuple[str, Standing]]:
    """Returns serial and standing of each certificate in the same order. Raises: SealBroken."""
    rows = await tx.all(_SQL["standings"], credit_code=credit_code, shield_number=shield_number)
    for row in rows:  # The enterprise's decisions depend on them, so check the seals.
        _CERTIFICATE.check(tx.sealer, row)
    return [(row["c_serial"], _standing(row)) for row in rows]


async def standing_shield(db: Database | Tx, *, shield_number: str) -> StandingShield | None:
    """Returns the shield of this number in any enterprise.

    None unless it has a certificate that is neither revoked nor superseded. Raises: SealBroken.
    """
    row = await db.one(_SQL["standing_shield"], shield_number=shield_number)
    if row is None:
        return None
    _CERTIFICATE.check(db.sealer, row)
    return StandingShield(row["c_common_name"], row["c_organisation"], row["c_credit_code"], _standing(row))


async def is_known(db: Database, *, shield_number: str) -> bool:
    """Reports whether any certificate ever had this shield number."""
    return await db.one(_SQL["is_known"], shield_number=shield_number) is not None


async def events(db: Database, *, credit_code: str, shield_number: str) -> list[EventMessage]:
    """Returns the events of a shield, oldest first."""
    rows = await db.all(_SQL["events"], credit_code=credit_code, shield_number=shield_number)
    return [_event(row) for row in rows]


async def history(
    db: Database,
    *,
    credit_code: str,
    before: str,
    terms: HistoryTerms,
    end: NumberEnd | None = None,
    page_size: int,
) -> list[HistoryRow]:
    """Returns events of the enterprise's shields before the event id `before`, newest first."""
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
    return HistoryRow(
        id=row["id"],
        shield_number=row["shield_number"],
        common_name=row["common_name"],
        event=_event(row),
    )


def _event(row: Row) -> EventMessage:
    columns = {name: row[name] for name in EventMessage.__struct_fields__}
    return EventMessage(**columns | {"holds": tuple(filter(None, row["holds"].split(",")))})


def _standing(row: Row) -> Standing:
    return Standing(CertificateState(row["state"]), parse_holds(row["holds"]))


def _shield(db: Database, row: Row) -> ShieldRow:
    _CERTIFICATE.check(db.sealer, row)
    values = {name: row[name] for name in _COLUMNS}
    flags = {name: bool(row[name]) for name in ("filing_changed", "filing_ended")}  # integers in SQLite
    return ShieldRow(**values | flags, standing=_standing(row))
