"""Other filed numbers of proven people in their waiting period, sealed; at most one per record is waiting."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Final, Literal

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.filing.rows.filing import FiledPerson
from mshield.server.seals.sealing import changing, is_newest, seal_new
from mshield.server.seals.tables import FILED_PHONE_CHANGES
from mshield.server.values.phone_change import NewPhoneChange, PhoneChangeRow

TABLE: Final = FILED_PHONE_CHANGES.name
_SQL: Final = Queries("filing", "phone_changes")
_AT_A_TIME: Final = 50
"""Numbers of the statement that reads accounts."""


@dataclass(frozen=True, slots=True)
class ProvenAccount:
    """Account that is proven to be somebody's, or has a shield."""

    id: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFiledPhone(NewPhoneChange):
    """Approved change of a filing record's number; `account_id` is the account proven to be the person's."""

    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPhoneRow(PhoneChangeRow):
    """Stored change of a filing record's number."""

    person_id: str


async def accounts_of(db: Database | Tx, numbers: Sequence[bytes]) -> dict[bytes, list[ProvenAccount]]:
    """Returns the proven accounts, and those with a shield, of people by the hashes of their id numbers."""
    found: dict[bytes, list[ProvenAccount]] = {}
    for start in range(0, len(numbers), _AT_A_TIME):
        part = numbers[start : start + _AT_A_TIME]
        values = {f"n{place}": part[min(place, len(part) - 1)] for place in range(_AT_A_TIME)}
        for row in await db.all(_SQL["accounts_of_numbers"], **values):
            account = ProvenAccount(row["id"], row["name"], row["phone"])
            found.setdefault(bytes(row["id_number_hash"]), []).append(account)
    return found


async def insert(tx: Tx, change: NewFiledPhone, *, now: int) -> None:
    """Begins the wait. Raises: Conflict (the record has one waiting)."""
    values = asdict(change) | {"details": json.dumps(change.details, ensure_ascii=False, sort_keys=True)}
    await tx.run(_SQL["insert"], **values, now=now)
    await seal_new(tx, FILED_PHONE_CHANGES, change.id, now=now)


async def find(db: Database | Tx, *, change_id: str) -> FiledPhoneRow | None:
    """Returns the change with this id. Raises: SealBroken."""
    row = await db.one(_SQL["find"], id=change_id)
    return None if row is None else _row(db, row)


async def find_waiting(db: Database | Tx, *, person_id: str) -> FiledPhoneRow | None:
    """Returns the record's waiting change. Raises: SealBroken."""
    row = await db.one(_SQL["waiting"], person_id=person_id)
    return None if row is None else _row(db, row)


async def waiting_people(db: Database | Tx) -> set[str]:
    """Returns the ids of all records with a waiting change."""
    return {row["person_id"] for row in await db.all(_SQL["waiting_people"])}


async def of_account(db: Database | Tx, *, account_id: str, now: int) -> list[FiledPhoneRow]:
    """Returns the waiting changes of whoever the account is proven to be, the next first. Raises: SealBroken."""
    return [_row(db, row) for row in await db.all(_SQL["of_account"], account_id=account_id, now=now)]


async def due(db: Database, *, after: str, now: int, most: int) -> list[str]:
    """Returns the ids after `after` of changes whose wait is over, oldest first."""
    return [row["id"] for row in await db.all(_SQL["due"], after=after, now=now, most=most)]


async def end(tx: Tx, *, change_id: str, state: Literal["done", "stopped"], now: int) -> bool:
    """Ends a waiting change; False if it had ended before. Raises: SealBroken."""
    async with changing(tx, FILED_PHONE_CHANGES, change_id, now=now):
        return await tx.run(_SQL["end"], id=change_id, state=state, now=now) == 1


async def was_rolled_back(tx: Tx, change: FiledPhoneRow) -> bool:
    """Reports whether a later version is on record, which means that somebody restored an older row with its seal."""
    return not await is_newest(tx, FILED_PHONE_CHANGES, change.id, version=change.seal_version)


async def person_of(tx: Tx, *, person_id: str) -> FiledPerson | None:
    """Returns the record with this id."""
    row = await tx.one(_SQL["person"], id=person_id)
    return None if row is None else FiledPerson(**row)


_FIELDS: Final = tuple(column.name for column in fields(FiledPhoneRow))


def _row(db: Database | Tx, row: Row) -> FiledPhoneRow:
    FILED_PHONE_CHANGES.check(db.sealer, row)
    values = {name: row[name] for name in _FIELDS}
    return FiledPhoneRow(**values | {"details": json.loads(row["details"])})
