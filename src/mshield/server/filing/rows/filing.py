"""Filing records (备案): enterprises and the people filed for them, each with a version that grows with every change.

A certificate stores the version it was made from; if the current version is greater, the certificate must be
renewed (R22). A person's phone number isn't in certificates, so a change of it creates no new version.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

from mshield.server.database.interface import Database, Row, Tx, Values
from mshield.server.database.queries import Queries
from mshield.server.seals.many import insert_sealed, lock_checked, write_sealed
from mshield.server.seals.sealing import changing
from mshield.server.seals.tables import ENTERPRISES, FILED_PERSONS

_SQL: Final = Queries("filing", "filing")
Key = tuple[str, str, bytes]
"""Identifies a record: credit code, role, and hash of the id number."""


@dataclass(frozen=True, slots=True)
class Enterprise:
    """Enterprise on file."""

    credit_code: str
    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPerson:
    """Person filed for one enterprise in one role; `ended_at` (ms) is None while they are on file.

    `phone` is the filed mobile number, None if there is none; several people may have the same.
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
        """Returns the next version of the record, reopened if its filing had ended."""
        return replace(self, name=name, id_type=id_type, phone=phone, version=self.version + 1, ended_at=None)

    def with_phone(self, phone: str | None) -> "FiledPerson":
        """Returns the record with this phone number. The version stays: a new one would stop all signatures (R22)."""
        return replace(self, phone=phone)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFiledPerson:
    """Person to add by an import; the id number is sealed and hashed, and its end is hashed for searches."""

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
    """Record in a list, with its enterprise's name; the id number is sealed under the record's id."""

    enterprise: str
    id_number_box: bytes


async def find_enterprise(db: Database | Tx, *, credit_code: str) -> Enterprise | None:
    """Returns the enterprise with this credit code."""
    row = await db.one(_SQL["find_enterprise"], credit_code=credit_code)
    return None if row is None else Enterprise(**row)


async def find_person(
    db: Database | Tx, *, credit_code: str, role: str, id_number_hash: bytes
) -> FiledPerson | None:
    """Returns the record with this credit code, role and id-number hash."""
    row = await db.one(_SQL["find_person"], credit_code=credit_code, role=role, id_number_hash=id_number_hash)
    return None if row is None else FiledPerson(**row)


async def enterprises_of(db: Database | Tx, codes: Collection[str]) -> dict[str, Enterprise]:
    """Returns the enterprises on file among these credit codes, by code."""
    rows = await db.all_for(_SQL["find_enterprise"], [{"credit_code": code} for code in codes])
    return {row["credit_code"]: Enterprise(**row) for row in rows}


async def people_of(db: Database | Tx, keys: Sequence[Key]) -> dict[Key, FiledPerson]:
    """Returns the existing records among these keys, by key."""
    queries = [
        {"credit_code": code, "role": role, "id_number_hash": number, "call": call}
        for call, (code, role, number) in enumerate(keys)
    ]
    rows = map(dict, await db.all_for(_SQL["find_person_of_call"], queries))
    return {keys[row.pop("call")]: FiledPerson(**row) for row in rows}


async def with_legal_person(db: Database | Tx, codes: Collection[str]) -> set[str]:
    """Returns which of these enterprises have a legal person on file, or had one."""
    rows = await db.all_for(_SQL["legal_person"], [{"credit_code": code} for code in codes])
    return {row["credit_code"] for row in rows}


async def usable_of_people(db: Database | Tx, ids: Collection[str], *, now: int) -> dict[str, int]:
    """Counts each record's usable shields at `now` (ms), which its next version would stop."""
    rows = await db.all_for(_SQL["usable_of_person"], [{"about": one, "now": now} for one in ids])
    return {row["about"]: row["shields"] for row in rows}


async def usable_of_enterprises(db: Database | Tx, codes: Collection[str], *, now: int) -> dict[str, int]:
    """Counts usable shields of each of these enterprises, by credit code."""
    rows = await db.all_for(_SQL["usable_of_enterprise"], [{"about": code, "now": now} for code in codes])
    return {row["about"]: row["shields"] for row in rows}


async def lock_imports(tx: Tx, *, now: int) -> None:
    """Waits for an import in another transaction, and blocks further ones until this transaction ends."""
    await tx.one(_SQL["lock"], now=now)


async def insert_enterprises(tx: Tx, names: Mapping[str, str], *, now: int) -> None:
    """Inserts new enterprises as version 1, by credit code. Raises: Conflict (one exists)."""
    rows = [{"credit_code": code, "name": name, "version": 1, "now": now} for code, name in names.items()]
    await insert_sealed(tx, ENTERPRISES, _SQL["insert_enterprise"], rows, now=now)


async def rename_enterprises(tx: Tx, names: Sequence[tuple[Enterprise, str]], *, now: int) -> int:
    """Renames the enterprises that still have the given version, each to its next version; returns their number."""
    before = await lock_checked(tx, ENTERPRISES, [enterprise.credit_code for enterprise, _ in names])
    changed: list[tuple[Row, Values]] = [
        (before[enterprise.credit_code], {"name": name, "version": enterprise.version + 1, "now": now})
        for enterprise, name in names
        if _is_stored(before.get(enterprise.credit_code), enterprise.version)
    ]
    await write_sealed(tx, ENTERPRISES, _SQL["write_enterprise"], changed, now=now)
    return len(changed)


async def insert_people(tx: Tx, people: Sequence[NewFiledPerson], *, now: int) -> None:
    """Inserts new people as version 1. Raises: Conflict (one exists)."""
    rows = [
        {**{name: getattr(person, name) for name in _NEW}, "version": 1, "ended_at": None, "now": now}
        for person in people
    ]
    await insert_sealed(tx, FILED_PERSONS, _SQL["insert_person"], rows, now=now)


async def change_people(tx: Tx, people: Sequence[tuple[FiledPerson, FiledPerson]], *, now: int) -> int:
    """Replaces the records that still have the given version by their new state; returns their number."""
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
    """Returns at most `most` records with ids after `after`, optionally of one enterprise or id number."""
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
    """Ends a person's filing, with a new version; None if no such person is on file."""
    async with changing(tx, FILED_PERSONS, person_id, now=now):
        row = await tx.one(_SQL["end_person"], id=person_id, now=now)
    if row is None:
        return None
    await tx.run(_SQL["overtake_reservations"], person_id=person_id)
    return FiledPerson(**row)


async def live_shields(tx: Tx, *, person_id: str) -> list[str]:
    """Returns the numbers of shields issued from this record whose certificates are neither revoked nor superseded."""
    return [row["shield_number"] for row in await tx.all(_SQL["live_shields"], person_id=person_id)]


@dataclass(frozen=True, slots=True)
class PersonToAsk:
    """Record for which an outside system must be queried again."""

    id: str
    credit_code: str
    role: str
    id_number_box: bytes


async def due_to_ask(db: Database, *, before: int, most: int) -> list[PersonToAsk]:
    """Returns shield holders whose record was last queried at or before `before` (ms)."""
    return [PersonToAsk(**row) for row in await db.all(_SQL["due_to_ask"], before=before, most=most)]


async def record_query(db: Database, *, person_id: str, at: int) -> None:
    """Records when an outside system was queried about a record."""
    await db.run(_SQL["asked"], id=person_id, at=at)
