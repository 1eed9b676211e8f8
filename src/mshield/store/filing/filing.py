"""Filing records (备案): enterprises and the people filed for them, each with a version that grows with every change.

A certificate remembers the version that it was made from; a greater one now means that it has to be renewed (R22). So a
person's phone number, which no certificate has, changes without a new version.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, seal_new
from mshield.store.seals.tables import ENTERPRISES, FILED_PERSONS

_SQL: Final = Queries("filing", "filing")


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A filed enterprise."""

    credit_code: str
    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPerson:
    """A person filed for one enterprise in one role; `ended_at` (ms) is None while they are on file.

    `phone` is the filed mobile number, None where there is none; several persons may have the same.
    """

    id: str
    credit_code: str
    name: str
    id_type: str
    role: str
    phone: str | None
    version: int
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFiledPerson:
    """What an import adds; the id number is sealed and hashed already, and so is its end, by which people search."""

    id: str
    credit_code: str
    name: str
    id_type: str
    role: str
    phone: str | None
    id_number_hash: bytes
    id_number_box: bytes
    id_number_end: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson(FiledPerson):
    """A record as a list shows it, with its enterprise's name; the id number is sealed under the record's id."""

    enterprise: str
    id_number_box: bytes


async def find_enterprise(db: Database | Tx, *, credit_code: str) -> Enterprise | None:
    """The enterprise of this credit code."""
    row = await db.one(_SQL["find_enterprise"], credit_code=credit_code)
    return None if row is None else Enterprise(**row)


async def find_person(
    db: Database | Tx, *, credit_code: str, role: str, id_number_hash: bytes
) -> FiledPerson | None:
    """The record that these three name."""
    row = await db.one(_SQL["find_person"], credit_code=credit_code, role=role, id_number_hash=id_number_hash)
    return None if row is None else FiledPerson(**row)


async def find_beside_others(
    db: Database, *, credit_code: str, role: str, id_number_hash: bytes
) -> tuple[Enterprise | None, FiledPerson | None]:
    """`find_enterprise` and `find_person` in the round trips of all who ask at the same time."""
    rows = await db.read_together(_SQL["enterprise_together"], credit_code=credit_code)
    people = await db.read_together(
        _SQL["person_together"], credit_code=credit_code, role=role, id_number_hash=id_number_hash
    )
    enterprise, person = (
        {k: v for k, v in row.items() if k != "call"} for row in (_first(rows), _first(people))
    )
    return (Enterprise(**enterprise) if enterprise else None), (FiledPerson(**person) if person else None)


def _first(rows: list[Row]) -> dict[str, Any]:
    return dict(rows[0]) if rows else {}


async def has_legal_person(db: Database | Tx, *, credit_code: str) -> bool:
    """Whether the enterprise has a legal person on file, or had one who left."""
    return await db.one(_SQL["legal_person"], credit_code=credit_code) is not None


async def lock_imports(tx: Tx, *, now: int) -> None:
    """Waits for an import that is running elsewhere; none other begins until this transaction ends."""
    await tx.one(_SQL["lock"], now=now)


async def insert_enterprise(tx: Tx, *, credit_code: str, name: str, now: int) -> None:
    """Version 1 of a new enterprise. Raises Conflict where there is one."""
    await tx.run(_SQL["insert_enterprise"], credit_code=credit_code, name=name, now=now)
    await seal_new(tx, ENTERPRISES, credit_code, now=now)


async def change_enterprise(tx: Tx, enterprise: Enterprise, *, name: str, now: int) -> bool:
    """The next version; False where `enterprise` is no longer the stored version."""
    async with changing(tx, ENTERPRISES, enterprise.credit_code, now=now):
        changed = await tx.run(
            _SQL["change_enterprise"],
            credit_code=enterprise.credit_code,
            version=enterprise.version,
            name=name,
            now=now,
        )
    return changed == 1


async def insert_person(tx: Tx, person: NewFiledPerson, *, now: int) -> None:
    """Version 1 of a new person. Raises Conflict where there is one."""
    await tx.run(_SQL["insert_person"], **asdict(person), now=now)
    await seal_new(tx, FILED_PERSONS, person.id, now=now)


async def change_person(
    tx: Tx, person: FiledPerson, *, name: str, id_type: str, phone: str | None, now: int
) -> bool:
    """The next version, on file from now on; False where `person` is no longer the stored version."""
    async with changing(tx, FILED_PERSONS, person.id, now=now):
        changed = await tx.run(
            _SQL["change_person"],
            id=person.id,
            version=person.version,
            name=name,
            id_type=id_type,
            phone=phone,
            now=now,
        )
    return changed == 1


async def change_phone(tx: Tx, person: FiledPerson, *, phone: str | None, now: int) -> bool:
    """Another phone number in the same version; False where `person` is no longer the stored version."""
    async with changing(tx, FILED_PERSONS, person.id, now=now):
        changed = await tx.run(
            _SQL["change_phone"], id=person.id, version=person.version, phone=phone, now=now
        )
    return changed == 1


async def list_people(
    db: Database | Tx,
    *,
    credit_code: str | None = None,
    id_number_hash: bytes | None = None,
    ended_too: bool = False,
    after: str = "",
    most: int,
) -> list[ListedPerson]:
    """At most `most` records after the one with the id `after`, of an enterprise or a person where these are given."""
    rows = await db.all(
        _SQL["list_people"],
        credit_code=credit_code or "",
        id_number_hash=id_number_hash or b"",
        ended_too=int(ended_too),
        after=after,
        most=most,
    )
    return [ListedPerson(**row) for row in rows]


async def end_person(tx: Tx, *, person_id: str, now: int) -> FiledPerson | None:
    """Takes a person off the file, with a new version; None where nobody of this id is on it."""
    async with changing(tx, FILED_PERSONS, person_id, now=now):
        row = await tx.one(_SQL["end_person"], id=person_id, now=now)
    if row is None:
        return None
    await tx.run(_SQL["overtake_reservations"], person_id=person_id)
    return FiledPerson(**row)


async def live_shields(tx: Tx, *, person_id: str) -> list[str]:
    """The numbers of the shields that were issued from this record and are neither revoked nor superseded."""
    return [row["shield_number"] for row in await tx.all(_SQL["live_shields"], person_id=person_id)]


@dataclass(frozen=True, slots=True)
class PersonToAsk:
    """A record that an outside system is to be asked about."""

    id: str
    credit_code: str
    role: str
    id_number_box: bytes


async def due_to_ask(db: Database, *, before: int, most: int) -> list[PersonToAsk]:
    """Holders of shields who were last asked about at or before this time (ms)."""
    return [PersonToAsk(**row) for row in await db.all(_SQL["due_to_ask"], before=before, most=most)]


async def asked(db: Database, *, person_id: str, at: int) -> None:
    """Notes when an outside system was asked about a record."""
    await db.run(_SQL["asked"], id=person_id, at=at)


async def count(db: Database | Tx) -> tuple[int, int]:
    """Numbers of enterprises and of filed persons."""
    row = await db.one(_SQL["count"])
    return (0, 0) if row is None else (row["enterprises"], row["persons"])
