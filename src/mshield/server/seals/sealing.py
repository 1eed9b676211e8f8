"""Writes rows with authority: each is checked before a change, then sealed and recorded.

A change without the check would put a valid seal on data written by somebody else. The record of a change is
a row of `sealed_changes`, which is logged in the transparency log, so that a row set back to an older state
with its valid seal is detected.
"""

# ruff: noqa: S608  the names in the statements are those of the tables in `tables`, values are parameters

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final

from mshield.server.database.interface import Database, Row, SealBroken, Tx
from mshield.server.database.queries import Queries, Query, Statement
from mshield.server.seals.tables import SealedTable
from mshield.wire.ids import new_id

_SQL: Final = Queries("seals", "changes")
_NO_SEAL: Final = bytes(32)
_log: Final = logging.getLogger(__name__)


def row_name(key: str | bytes) -> str:
    """Returns a row's key in the form of its change records."""
    return key.hex() if isinstance(key, bytes) else key


@dataclass(slots=True)
class Change:
    """Result of `changing`: the row's version afterwards."""

    version: int = 0


@asynccontextmanager
async def changing(
    tx: Tx, table: SealedTable, key: str | bytes, *, now: int | None = None
) -> AsyncIterator[Change]:
    """Context manager around the statement that changes this row: locks and checks it before, seals the result.

    `now` (ms) is required for a table whose changes are logged. Nothing is sealed if the row doesn't exist or
    didn't change. Raises: SealBroken.
    """
    before, change = await _read(tx, table, key, locked=True), Change()
    yield change
    if before is None:
        return
    change.version = before["seal_version"]
    after = await _read(tx, table, key)
    if after is not None and any(after[name] != before[name] for name in table.columns):
        change.version += 1
        await _seal_and_record(tx, table, after, now=now)


async def seal_new(tx: Tx, table: SealedTable, key: str | bytes, *, now: int | None = None) -> None:
    """Seals a row that this transaction has just inserted. Raises: SealBroken (it already has a seal)."""
    row = await tx.one(select_of(table), key=key)
    if row is None or row["seal"] is not None:
        raise SealBroken(table.name, key)
    await _seal_and_record(tx, table, row, now=now)


async def read_checked(db: Database | Tx, table: SealedTable, key: str | bytes) -> Row | None:
    """Returns the sealed columns of a row, if it exists. Raises: SealBroken."""
    row = await db.one(select_of(table), key=key)
    if row is not None:
        table.check(db.sealer, row)
    return row


async def accept(tx: Tx, table: SealedTable, key: str | bytes, *, now: int) -> bool:
    """Seals and records a row in its current state, whoever wrote it; False if it doesn't exist."""
    row = await _read(tx, table, key, locked=True, checked=False)
    if row is None:
        return False
    last = await tx.one(_SQL["last_version"], place=table.name, row_key=row_name(key))
    version = max(row["seal_version"], 0 if last is None else last["version"]) + 1
    seal = table.seal(tx.sealer, row, version=version)
    await tx.run(_update(table), key=key, version=version, seal=seal)
    await _record(tx, table, row, version=version, seal=seal, now=now)
    return True


async def is_newest(db: Database | Tx, table: SealedTable, key: str | bytes, *, version: int) -> bool:
    """Reports whether no later version of the row is on record; otherwise the row was rolled back."""
    last = await db.one(_SQL["last_version"], place=table.name, row_key=row_name(key))
    return last is not None and bool(last["version"] <= version)


async def keys_of(tx: Tx, query: Query, table: SealedTable, **values: object) -> list[str | bytes]:
    """Returns the keys from a query, sorted so that changes of several rows don't deadlock."""
    return sorted(row[table.key] for row in await tx.all(query, **values))


async def end_each(
    tx: Tx,
    table: SealedTable,
    keys: Iterable[str | bytes],
    end: Callable[[str | bytes], Awaitable[int]],
    *,
    now: int,
) -> int:
    """Ends rows one by one by `end`, which uses `changing`, and returns their number.

    A row that was changed outside of the service stays, with an alarm: it has no effect, and must not keep the
    others in force. Its end is recorded, so the log's check finds the row if its old state comes back.
    """
    ended = 0
    for key in keys:
        try:
            ended += await end(key)
        except SealBroken as error:
            _log.critical("%s", error)
            if table.logged:
                last = await tx.one(_SQL["last_version"], place=table.name, row_key=row_name(key))
                version = 1 if last is None else last["version"] + 1
                await _record(tx, table, {table.key: key}, version=version, seal=_NO_SEAL, now=now)
    return ended


async def _read(
    tx: Tx, table: SealedTable, key: str | bytes, *, locked: bool = False, checked: bool = True
) -> Row | None:
    row = await tx.one(select_of(table, locked=locked), key=key)
    if row is not None and locked and checked:
        table.check(tx.sealer, row)
    return row


async def _seal_and_record(tx: Tx, table: SealedTable, row: Row, *, now: int | None) -> None:
    version = row["seal_version"] + 1
    seal = table.seal(tx.sealer, row, version=version)
    await tx.run(_update(table), key=row[table.key], version=version, seal=seal)
    if table.logged:
        await _record(tx, table, row, version=version, seal=seal, now=now)


async def record_standing(tx: Tx, table: SealedTable, key: str | bytes, *, now: int) -> None:
    """Records the current state of a row in a table whose changes aren't all logged. Raises: SealBroken."""
    row = await read_checked(tx, table, key)
    if row is not None:
        await _record(tx, table, row, version=row["seal_version"], seal=row["seal"], now=now)


async def _record(
    tx: Tx, table: SealedTable, row: Row, *, version: int, seal: bytes, now: int | None
) -> None:
    await tx.run(_SQL["insert"], **_change_record(table, row, version=version, seal=seal, now=now))


async def record_many(tx: Tx, table: SealedTable, rows: Sequence[Row], *, now: int | None) -> None:
    """Records rows with their seals, if the table's changes are logged."""
    if table.logged:
        changes = [
            _change_record(table, row, version=row["seal_version"], seal=row["seal"], now=now) for row in rows
        ]
        await tx.all_for(_SQL["insert"], changes)


def _change_record(
    table: SealedTable, row: Row, *, version: int, seal: bytes, now: int | None
) -> dict[str, object]:
    assert now is not None  # noqa: S101  # for the type checker
    return {
        "id": new_id(now),
        "place": table.name,
        "row_key": row_name(row[table.key]),
        "version": version,
        "seal": seal,
        "now": now,
    }


@cache
def select_of(table: SealedTable, *, locked: bool = False) -> Query:
    """Returns the statement that reads a row's sealed columns, version and seal by `key`."""
    columns = ", ".join((*table.columns, "seal_version", "seal"))
    sql = f"SELECT {columns} FROM {table.name} WHERE {table.key} = $1"
    lock = " FOR UPDATE" if locked else ""
    return Query(
        f"seals.{table.name}.select",
        Statement(sql + lock, ("key",)),
        Statement(sql.replace("$", "?"), ("key",)),
    )


@cache
def _update(table: SealedTable) -> Query:
    sql = f"UPDATE {table.name} SET seal_version = $1, seal = $2 WHERE {table.key} = $3"
    names = ("version", "seal", "key")
    return Query(f"seals.{table.name}.update", Statement(sql, names), Statement(sql.replace("$", "?"), names))
