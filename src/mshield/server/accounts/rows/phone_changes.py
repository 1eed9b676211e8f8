"""Approved changes of a phone number in their waiting period (R18), sealed; at most one per account is waiting."""

import json
from dataclasses import asdict, fields
from typing import Final, Literal

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, is_newest, keys_of, seal_new
from mshield.server.seals.tables import PHONE_CHANGES
from mshield.server.values.phone_change import NewPhoneChange, PhoneChangeRow

TABLE: Final = PHONE_CHANGES.name
_SQL: Final = Queries("accounts", "phone_changes")


async def insert(tx: Tx, change: NewPhoneChange, *, now: int) -> None:
    """Begins the wait. Raises: Conflict (the account has one waiting, or the approval was used before)."""
    values = asdict(change) | {"details": json.dumps(change.details, ensure_ascii=False, sort_keys=True)}
    await tx.run(_SQL["insert"], **values, now=now)
    await seal_new(tx, PHONE_CHANGES, change.id, now=now)


async def find_waiting(db: Database | Tx, *, account_id: str) -> PhoneChangeRow | None:
    """Returns the account's waiting change. Raises: SealBroken."""
    return _row(db, await db.one(_SQL["waiting"], account_id=account_id))


async def find(db: Database | Tx, *, change_id: str) -> PhoneChangeRow | None:
    """Returns the change with this id. Raises: SealBroken."""
    return _row(db, await db.one(_SQL["find"], id=change_id))


async def due(db: Database, *, after: str, now: int, most: int) -> list[str]:
    """Returns the ids after `after` of changes whose wait is over, oldest first."""
    return [row["id"] for row in await db.all(_SQL["due"], after=after, now=now, most=most)]


async def end(tx: Tx, *, change_id: str, state: Literal["done", "stopped"], now: int) -> bool:
    """Ends a waiting change; False if it had ended before. Raises: SealBroken."""
    async with changing(tx, PHONE_CHANGES, change_id, now=now):
        return await tx.run(_SQL["end"], id=change_id, state=state, now=now) == 1


async def erase_person(tx: Tx, *, account_id: str, now: int) -> None:
    """Stops the account's waiting change, and erases from all of them what staff wrote. Raises: SealBroken."""
    for change_id in await keys_of(tx, _SQL["of_account"], PHONE_CHANGES, account_id=account_id):
        async with changing(tx, PHONE_CHANGES, change_id, now=now):
            await tx.run(_SQL["end"], id=change_id, state="stopped", now=now)
            await tx.run(_SQL["erase_texts"], id=change_id)


async def was_rolled_back(tx: Tx, change: PhoneChangeRow) -> bool:
    """Reports whether a later version is on record, which means that somebody restored an older row with its seal."""
    return not await is_newest(tx, PHONE_CHANGES, change.id, version=change.seal_version)


_FIELDS: Final = tuple(column.name for column in fields(PhoneChangeRow))


def _row(db: Database | Tx, row: Row | None) -> PhoneChangeRow | None:
    if row is None:
        return None
    PHONE_CHANGES.check(db.sealer, row)
    values = {name: row[name] for name in _FIELDS}
    return PhoneChangeRow(**values | {"details": json.loads(row["details"])})
