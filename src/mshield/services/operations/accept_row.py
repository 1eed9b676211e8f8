"""Takes a row whose seal is broken for right, once two people have looked at it: an act of its own in the log."""

from mshield.domain import errors
from mshield.domain.actor import SERVICE
from mshield.domain.lines import checked_reason
from mshield.store.database.interface import Database, Tx
from mshield.store.seals.sealing import accept
from mshield.store.seals.tables import TABLES, SealedTable
from mshield.store.staff import acts


async def accept_row(
    db: Database, table_name: str, key: str, *, second_person: str, reason: str, now: int
) -> None:
    """Seals the row as it stands; `key` in hex where it is of bytes. Raises NotFound, InvalidRequest for the reason."""
    table, why = _table(table_name), checked_reason(reason)
    details = {"second_person": second_person, "reason": why}

    async def work(tx: Tx) -> None:
        if not await accept(tx, table, _key(table, key), now=now):
            raise errors.NotFound
        subject = f"{table.name}/{key}"
        await acts.record(tx, by=SERVICE, act="seals.accept", subject=subject, details=details, now=now)

    await db.write(work)


def _table(name: str) -> SealedTable:
    table = next((table for table in TABLES if table.name == name), None)
    if table is None:
        raise errors.NotFound
    return table


def _key(table: SealedTable, key: str) -> str | bytes:
    if not table.is_binary:
        return key
    try:
        return bytes.fromhex(key)
    except ValueError as error:
        raise errors.NotFound from error
