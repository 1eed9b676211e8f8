"""Certificates as staff find them (客服): by shield number, serial, name, enterprise, whoever's they are."""

from dataclasses import dataclass, field
from typing import Final

from mshield.store.database.interface import Database, Row
from mshield.store.database.matching import contains, name_contains
from mshield.store.database.queries import Queries

_SQL: Final = Queries("certificates", "search")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A line of a search; `holds` as stored, times in ms."""

    serial: str
    shield_number: str
    organisation: str
    credit_code: str
    common_name: str
    role: str
    state: str
    holds: str
    not_before: int
    not_after: int
    issued_at: int
    person_id: str
    id_type: str
    id_number_box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRow(FoundRow):
    """One certificate with its holder, device and key; `failures` are wrong PINs in a row."""

    uid: bytes
    issuer: str
    changed_at: int
    revoked_at: int | None
    revocation_reason: int | None
    der: bytes | None = field(repr=False)
    filing_version: int
    ended_at: int | None
    person_version: int
    enterprise_version: int
    phone: str
    source: str
    device_since: int
    failures: int
    wrong_total: int
    signatures: int
    used_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOf:
    """A change of a certificate; `actor_name` where the actor has one here."""

    id: str
    event: str
    actor: str
    actor_id: str | None
    actor_name: str | None
    reason: str
    state: str
    holds: str
    at: int
    revocation_reason: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sibling:
    """Another certificate of the same device."""

    serial: str
    state: str
    issued_at: int
    not_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTerms:
    """What certificates are searched by; None doesn't count. `state` may be `expired`, `name` is part of any name."""

    state: str | None = None
    hold: str | None = None
    shield_number: str | None = None
    serial: str | None = None
    credit_code: str | None = None
    name: str | None = None


async def page(
    db: Database, *, before: tuple[int, str], terms: SearchTerms, page_size: int, now: int
) -> list[FoundRow]:
    """Certificates older than `before` (issue time in ms, serial), newest first."""
    rows = await db.all(
        _SQL["page"],
        before_at=before[0],
        before_serial=before[1],
        state=terms.state,
        hold=terms.hold,
        shield_number=terms.shield_number,
        serial=terms.serial,
        credit_code=terms.credit_code,
        name=name_contains(terms.name),
        organisation=None if terms.name is None else contains(terms.name),
        page_size=page_size,
        now=now,
    )
    return [FoundRow(**row) for row in rows]


async def find(db: Database, *, serial: str) -> WholeRow | None:
    """One certificate, or None."""
    row: Row | None = await db.one(_SQL["find"], serial=serial)
    return None if row is None else WholeRow(**row)


async def events(db: Database, *, serial: str) -> list[EventOf]:
    """What happened to it, the oldest first."""
    return [EventOf(**row) for row in await db.all(_SQL["events"], serial=serial)]


async def of_device(db: Database, *, serial: str) -> list[Sibling]:
    """The other certificates of its device, newest first."""
    return [Sibling(**row) for row in await db.all(_SQL["of_device"], serial=serial)]


async def standing_of(db: Database, *, issuer: str, after: str, most: int) -> list[str]:
    """Serials after this one of what a CA has issued and nobody has ended."""
    rows = await db.all(_SQL["standing_of"], issuer=issuer, after=after, most=most)
    return [row["serial"] for row in rows]


async def count_standing(db: Database, *, issuer: str) -> tuple[int, int]:
    """How many there are, and of how many enterprises."""
    row = await db.one(_SQL["count_standing"], issuer=issuer)
    return (0, 0) if row is None else (row["count"], row["enterprises"])


async def count_signed_since(db: Database, *, issuer: str, since: int) -> int:
    """How many signatures were made by certificates of an issuer at or after this time (ms)."""
    row = await db.one(_SQL["count_signed_since"], issuer=issuer, since=since)
    return 0 if row is None else int(row["signatures"])


async def standing_by_enterprise(db: Database, *, issuer: str, most: int) -> list[tuple[str, int]]:
    """The enterprises that have the most of them, each with its number."""
    rows = await db.all(_SQL["standing_by_enterprise"], issuer=issuer, most=most)
    return [(row["enterprise"], row["certificates"]) for row in rows]
