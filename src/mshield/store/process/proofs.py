"""Proofs of phones that some process has taken: none counts twice, wherever it comes."""

from typing import Final

from mshield.domain.times import MINUTE_MS
from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

_SQL: Final = Queries("process", "proofs")


async def spend(db: Database, *, proof_hash: bytes, expires_at: int) -> bool:
    """Whether no other process took this proof, which is too old for all of them from `expires_at` (ms) on.

    SQLite serves one process, which knows its own; a commit for each call would cost all of them a wait for the disk.
    """
    if db.dialect == "sqlite":
        return True
    values = {"proof_hash": proof_hash, "expires_at": expires_at}
    return bool(await db.write_together(_SQL["spend"], by=proof_hash, **values))


async def purge(db: Database, *, now: int) -> int:
    """Deletes those that are too old, also for a process whose clock is a minute late, and gives their number."""
    return await db.run(_SQL["purge"], before=now - MINUTE_MS)
