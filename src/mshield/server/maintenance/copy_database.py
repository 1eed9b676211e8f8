"""Moves the database from SQLite to PostgreSQL: copies all rows, records that as an act, checks log and seals."""

from dataclasses import dataclass

from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.database.copying import CopiedTable, NotCopied, Progress, copy_database
from mshield.server.database.interface import Tx
from mshield.server.database.opening import opened_database
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.seals import load_sealer
from mshield.server.log.open_log import open_log
from mshield.server.log.verify import Report, verify_log
from mshield.server.settings.settings import Settings

__all__ = ["CopiedTable", "Moved", "NotCopied", "Progress", "move_database"]


@dataclass(frozen=True, slots=True)
class Moved:
    """The tables that were compared, and the report of the check of the copied log."""

    tables: list[CopiedTable]
    report: Report


async def move_database(
    settings: Settings, keyring: Keyring, target: str, *, progress: Progress, now: int
) -> Moved:
    """Copies the configured database to `target`. Raises: NotCopied, StoreError, KeysError."""
    tables = await copy_database(settings.database.url, target, progress=progress)
    async with opened_database(target, pool_size=2) as db:
        await load_sealer(db, keyring, now=now)
        report = await verify_log(await open_log(db, keyring, settings.site, now=now, begin=False))

        async def record(tx: Tx) -> None:
            details = {"tables": len(tables), "rows": sum(table.rows for table in tables)}
            await acts.record(
                tx, by=SERVICE, act="database.copy", subject="database", details=details, now=now
            )

        await db.write(record)
    return Moved(tables, report)
