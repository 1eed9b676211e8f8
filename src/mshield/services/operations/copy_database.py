"""Moves the service's database from SQLite to PostgreSQL: copies it row by row, records that, checks log and seals."""

from dataclasses import dataclass

from mshield.domain.actor import SERVICE
from mshield.keys.keyring import Keyring
from mshield.keys.seals import load_sealer
from mshield.services.log.open_log import open_log
from mshield.services.log.verify import Report, verify_log
from mshield.settings import Settings
from mshield.store.database.copying import CopiedTable, NotCopied, Progress, copy_database
from mshield.store.database.interface import Tx
from mshield.store.database.opening import opened_database
from mshield.store.staff import acts

__all__ = ["CopiedTable", "Moved", "NotCopied", "Progress", "move_database"]


@dataclass(frozen=True, slots=True)
class Moved:
    """The tables as they were compared, and what the check of the copy's log saw."""

    tables: list[CopiedTable]
    report: Report


async def move_database(
    settings: Settings, keyring: Keyring, target: str, *, progress: Progress, now: int
) -> Moved:
    """Copies the settings' database to `target`. Raises NotCopied, StoreError, KeysError."""
    tables = await copy_database(settings.database, target, progress=progress)
    async with opened_database(target, pool_size=2) as db:
        await load_sealer(db, keyring, now=now)
        report = await verify_log(await open_log(db, keyring, settings, now=now, begin=False))

        async def record(tx: Tx) -> None:
            details = {"tables": len(tables), "rows": sum(table.rows for table in tables)}
            await acts.record(
                tx, by=SERVICE, act="database.copy", subject="database", details=details, now=now
            )

        await db.write(record)
    return Moved(tables, report)
