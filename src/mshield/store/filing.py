"""Filing records (备案): enterprises and the people filed for them, each with a version that grows with every change.

A certificate remembers the version that it was made from; a greater one now means that it has to be renewed (R22).
"""

from dataclasses import dataclass
from typing import Final

from mshield.store.database import Database, Tx
from mshield.store.queries import Queries

_SQL: Final = Queries("filing")


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A filed enterprise."""

    credit_code: str
    name: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPerson:
    """A person filed for one enterprise in one role; `ended_at` (ms) is None while he is on file."""

    id: str
    credit_code: str
    name: str
    id_type: str
    role: str
    version: int
    ended_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFiledPerson:
    """What an import adds; the id number is sealed and hashed already."""

    id: str
    credit_code: str
    name: str
    id_type: str
    role: str
    id_number_hash: bytes
    id_number_box: bytes


async def find_enterprise(db: Database | Tx, *, credit_code: str) -> Enterprise | None:
    """The enterprise of this credit code."""
    row = await db.one(_SQL["find_enterprise"], credit_code=credit_code)
    return None if row is None else Enterprise(row["credit_code"], row["name"], row["version"])


async def find_person(
    db: Database | Tx, *, credit_code: str, role: str, id_number_hash: bytes
) -> FiledPerson | None:
    """The record that these three name."""
    row = await db.one(_SQL["find_person"], credit_code=credit_code, role=role, id_number_hash=id_number_hash)
    if row is None:
        return None
    return FiledPerson(
        id=row["id"],
        credit_code=row["credit_code"],
        name=row["name"],
        id_type=row["id_type"],
        role=row["role"],
        version=row["version"],
        ended_at=row["ended_at"],
    )


async def lock_imports(tx: Tx, *, now: int) -> None:
    """Waits for an import that is running elsewhere; none other begins until this transaction ends."""
    await tx.one(_SQL["lock"], now=now)


async def insert_enterprise(tx: Tx, *, credit_code: str, name: str, now: int) -> None:
    """Version 1 of a new enterprise. Raises Conflict where there is one."""
    await tx.run(_SQL["insert_enterprise"], credit_code=credit_code, name=name, now=now)


async def change_enterprise(tx: Tx, enterprise: Enterprise, *, name: str, now: int) -> bool:
    """The next version; False where `enterprise` is no longer the stored version."""
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
    await tx.run(
        _SQL["insert_person"],
        id=person.id,
        credit_code=person.credit_code,
        name=person.name,
        id_type=person.id_type,
        id_number_hash=person.id_number_hash,
        id_number_box=person.id_number_box,
        role=person.role,
        now=now,
    )


async def change_person(tx: Tx, person: FiledPerson, *, name: str, id_type: str, now: int) -> bool:
    """The next version, on file from now on; False where `person` is no longer the stored version."""
    changed = await tx.run(
        _SQL["change_person"], id=person.id, version=person.version, name=name, id_type=id_type, now=now
    )
    return changed == 1


async def count(db: Database | Tx) -> tuple[int, int]:
    """Numbers of enterprises and of filed persons."""
    row = await db.one(_SQL["count"])
    return (0, 0) if row is None else (row["enterprises"], row["persons"])
