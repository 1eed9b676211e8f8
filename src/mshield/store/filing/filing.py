"""Filing records (备案): enterprises and the people filed for them, each with a version that grows with every change.

A certificate remembers the version that it was made from; a greater one now means that it has to be renewed (R22). So a
person's phone number, which no certificate has, changes without a new version.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from mshield.store.database.interface import Database, Row, Tx, Values
from mshield.store.database.queries import Queries
from mshield.store.seals.many import insert_sealed, lock_checked, write_sealed
from mshield.store.seals.sealing import changing
from mshield.store.seals.tables import ENTERPRISES, FILED_PERSONS

_SQL: Final = Queries("filing", "filing")
Key = tuple[str, str, bytes]
"""What names a record: credit code, role, and hash of the id number."""


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

    def renewed(self, *, name: str, id_type: str, phone: str | None) -> "FiledPerson":
        """The next version, on file from now on."""
        return replace(self, name=name, id_type=id_type, phone=phone, version=self.version + 1, ended_at=None)

    def with_phone(self, phone: str | None) -> "FiledPerson":
        """The same version: no certificate has the number, and a new one would stop all signatures (R22)."""
        return replace(self, phone=phone)


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


_NEW: Final = tuple(field.name for field in fields(NewFiledPerson))
_CHANGING: Final = ("name", "id_type", "phone", "version", "ended_at")


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


async def enterprises_of(db: Database | Tx, codes: Collection[str]) -> dict[str, Enterprise]:
    """Those of these credit codes that are on file, by code."""
    rows = await db.all_for(_SQL["find_enterprise"], [{"credit_code": code} for code in codes])
    return {row["credit_code"]: Enterprise(**row) for row in rows}


async def people_of(db: Database | Tx, keys: Sequence[Key]) -> dict[Key, FiledPerson]:
    """The records that these name."""
    asked = [
        {"credit_code": code, "role": role, "id_number_hash": number, "call": call}
        for call, (code, role, number) in enumerate(keys)
    ]
    rows = map(dict, await db.all_for(_SQL["find_person_of_call"], asked))
    return {keys[row.pop("call")]: FiledPerson(**row) for row in rows}


async def with_legal_person(db: Database | Tx, codes: Collection[str]) -> set[str]:
    """Those of these enterprises that have a legal person on file, or had one who left."""
    rows = await db.all_for(_SQL["legal_person"], [{"credit_code": code} for code in codes])
    return {row["credit_code"] for row in rows}


async def usable_of_people(db: Database | Tx, ids: Collection[str], *, now: int) -> dict[str, int]:
    """How many shields each of these records has that can be used at `now` (ms), and stop with its next version."""
    rows = await db.all_for(_SQL["usable_of_person"], [{"about": one, "now": now} for one in ids])
    return {row["about"]: row["shields"] for row in rows}


async def usable_of_enterprises(db: Database | Tx, codes: Collection[str], *, now: int) -> dict[str, int]:
    """The same of these enterprises, by credit code."""
    rows = await db.all_for(_SQL["usable_of_enterprise"], [{"about": code, "now": now} for code in codes])
    return {row["about"]: row["shields"] for row in rows}


async def lock_imports(tx: Tx, *, now: int) -> None:
    """Waits for an import that is running elsewhere; none other begins until this transaction ends."""
    await tx.one(_SQL["lock"], now=now)


async def insert_enterprises(tx: Tx, names: Mapping[str, str], *, now: int) -> None:
    """Version 1 of new enterprises, by credit code. Raises Conflict where there is one."""
    rows = [{"credit_code": code, "name": name, "version": 1, "now": now} for code, name in names.items()]
    await insert_sealed(tx, ENTERPRISES, _SQL["insert_enterprise"], rows, now=now)


async def rename_enterprises(tx: Tx, names: Sequence[tuple[Enterprise, str]], *, now: int) -> int:
    """The next version of enterprises, each once: how many are what is stored still, and so get it."""
    before = await lock_checked(tx, ENTERPRISES, [enterprise.credit_code for enterprise, _ in names])
    changed: list[tuple[Row, Values]] = [
        (before[enterprise.credit_code], {"name": name, "version": enterprise.version + 1, "now": now})
        for enterprise, name in names
        if _is_stored(before.get(enterprise.credit_code), enterprise.version)
    ]
    await write_sealed(tx, ENTERPRISES, _SQL["write_enterprise"], changed, now=now)
    return len(changed)


async def insert_people(tx: Tx, people: Sequence[NewFiledPerson], *, now: int) -> None:
    """Version 1 of new people. Raises Conflict where there is one."""
    rows = [
        {**{name: getattr(person, name) for name in _NEW}, "version": 1, "ended_at": None, "now": now}
        for person in people
    ]
    await insert_sealed(tx, FILED_PERSONS, _SQL["insert_person"], rows, now=now)


async def change_people(tx: Tx, people: Sequence[tuple[FiledPerson, FiledPerson]], *, now: int) -> int:
    """What records become, each once: how many are what is stored still, and so become it."""
    before = await lock_checked(tx, FILED_PERSONS, [person.id for person, _ in people])
    changed: list[tuple[Row, Values]] = [
        (before[person.id], {**{name: getattr(becomes, name) for name in _CHANGING}, "now": now})
        for person, becomes in people
        if _is_stored(before.get(person.id), person.version)
    ]
    await write_sealed(tx, FILED_PERSONS, _SQL["write_person"], changed, now=now)
    return len(changed)


def _is_stored(row: Row | None, version: int) -> bool:
    return row is not None and row["version"] == version


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
