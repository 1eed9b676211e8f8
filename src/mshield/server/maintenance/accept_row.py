"""Accepts a row with a broken seal after two people examined it, and records that as an act in the log."""

from mshield.server.acts.actor import SERVICE, SecondPerson
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import NotFound
from mshield.server.seals.sealing import accept
from mshield.server.seals.tables import TABLES, SealedTable
from mshield.server.values.lines import checked_reason


async def accept_row(
    db: Database, table_name: str, key: str, *, second_person: SecondPerson, reason: str, now: int
) -> None:
    """Seals the row in its current state; `key` is hex for binary keys.

    Raises: NotFound, InvalidRequest (invalid reason).
    """
    table, why = _table(table_name), checked_reason(reason)
    details = {**second_person.details, "reason": why}

    async def work(tx: Tx) -> None:
        if not await accept(tx, table, _key(table, key), now=now):
            raise NotFound
        subject = f"{table.name}/{key}"
        await acts.record(tx, by=SERVICE, act="seals.accept", subject=subject, details=details, now=now)

    await db.write(work)


def _table(name: str) -> SealedTable:
    table = next((table for table in TABLES if table.name == name), None)
    if table is None:
        raise NotFound
    return table


def _key(table: SealedTable, key: str) -> str | bytes:
    if not table.is_binary:
        return key
    try:
        return bytes.fromhex(key)
    except ValueError as error:
        raise NotFound from error
