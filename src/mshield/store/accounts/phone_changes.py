"""Changes of a phone number that two people approved and that wait (R18), sealed: one for an account at a time."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, is_newest, seal_new
from mshield.store.seals.tables import PHONE_CHANGES

TABLE: Final = PHONE_CHANGES.name
_SQL: Final = Queries("accounts", "phone_changes")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPhoneChange:
    """What was approved; `details` are JSON values for the act, `effective_at` is ms.

    `approval_id` is None where two people at the server did.
    """

    id: str
    account_id: str
    approval_id: str | None
    old_phone: str = field(repr=False)
    new_phone: str = field(repr=False)
    details: Mapping[str, Any]
    effective_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChangeRow(NewPhoneChange):
    """One as it stands, in the `seal_version` that its seal is of; the numbers are empty once it has ended."""

    approved_at: int
    state: str
    seal_version: int


async def insert(tx: Tx, change: NewPhoneChange, *, now: int) -> None:
    """Begins the wait. Raises Conflict where one of the account's waits already, or the approval has had its own."""
    values = asdict(change) | {"details": json.dumps(change.details, ensure_ascii=False, sort_keys=True)}
    await tx.run(_SQL["insert"], **values, now=now)
    await seal_new(tx, PHONE_CHANGES, change.id, now=now)


async def find_waiting(db: Database | Tx, *, account_id: str) -> PhoneChangeRow | None:
    """The account's that waits. Raises SealBroken."""
    return _row(db, await db.one(_SQL["waiting"], account_id=account_id))


async def find(db: Database | Tx, *, change_id: str) -> PhoneChangeRow | None:
    """The one of this id. Raises SealBroken."""
    return _row(db, await db.one(_SQL["find"], id=change_id))


async def due(db: Database, *, after: str, now: int, most: int) -> list[str]:
    """Ids of those whose wait is over, the oldest first, from behind `after` on."""
    return [row["id"] for row in await db.all(_SQL["due"], after=after, now=now, most=most)]


async def end(tx: Tx, *, change_id: str, state: Literal["done", "stopped"], now: int) -> bool:
    """Whether this ended it; False where it had ended before. Raises SealBroken."""
    async with changing(tx, PHONE_CHANGES, change_id, now=now):
        return await tx.run(_SQL["end"], id=change_id, state=state, now=now) == 1


async def was_set_back(tx: Tx, change: PhoneChangeRow) -> bool:
    """Whether a later state of it is on record: somebody wrote this one over it, with its good seal of before."""
    return not await is_newest(tx, PHONE_CHANGES, change.id, version=change.seal_version)


_FIELDS: Final = tuple(column.name for column in fields(PhoneChangeRow))


def _row(db: Database | Tx, row: Row | None) -> PhoneChangeRow | None:
    if row is None:
        return None
    PHONE_CHANGES.check(db.sealer, row)
    values = {name: row[name] for name in _FIELDS}
    return PhoneChangeRow(**values | {"details": json.loads(row["details"])})
