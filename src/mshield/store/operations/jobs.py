"""Which process runs a job: one row a job, claimed for a lease by one guarded statement, on both databases.

A process that dies lets its lease run out; then the next one to look takes the job over.
"""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("operations", "jobs")


@dataclass(frozen=True, slots=True)
class JobRow:
    """How a job stands; times in ms.

    `last_done` is the count that its last run returned, `last_error` the type of error, `last_ms` how long it took.
    """

    name: str
    next_at: int
    holder: str | None
    lease_until: int
    failures: int
    last_at: int | None
    last_done: int | None
    last_error: str | None
    last_ms: int | None = None


async def register(db: Database | Tx, *, name: str, now: int) -> None:
    """Makes the row of a new job, due at once; without effect where it exists."""
    await db.run(_SQL["register"], name=name, now=now)


async def list_jobs(db: Database) -> list[JobRow]:
    """All jobs by name, also those that this version doesn't know any more."""
    return [JobRow(**row) for row in await db.all(_SQL["list"])]


async def last_run(db: Database, name: str) -> int | None:
    """When a job's last run ended (ms); None where it never did."""
    return next((row.last_at for row in await list_jobs(db) if row.name == name), None)


async def claim(db: Database, *, name: str, holder: str, due: int, lease_until: int, now: int) -> int | None:
    """Takes a job that is due by `due` (ms) and free; gives its failures in a row, or None where it can't be had."""
    row = await db.run_one(_SQL["claim"], name=name, holder=holder, due=due, lease_until=lease_until, now=now)
    return None if row is None else int(row["failures"])


async def renew(db: Database, *, name: str, holder: str, lease_until: int) -> bool:
    """Prolongs the lease; False where another has taken the job over."""
    return await db.run(_SQL["renew"], name=name, holder=holder, lease_until=lease_until) == 1


async def finish(
    db: Database,
    *,
    name: str,
    holder: str,
    started: int,
    next_at: int,
    failures: int,
    done: int | None,
    error: str | None,
    took_ms: int = 0,
    now: int,
) -> bool:
    """Records a run that was claimed at `started` and gives the job back; False where another has taken it over.

    It is due at `next_at`, or earlier after a `make_due` meanwhile.
    """
    finished = await db.run(
        _SQL["finish"],
        name=name,
        holder=holder,
        started=started,
        next_at=next_at,
        failures=failures,
        done=done,
        error=error,
        took_ms=took_ms,
        now=now,
    )
    return finished == 1


async def release(db: Database, *, name: str, holder: str) -> None:
    """Gives the job back as it was: still due, for whoever looks next."""
    await db.run(_SQL["release"], name=name, holder=holder)


async def set_back(db: Database, *, name: str, next_at: int, lease_until: int) -> None:
    """Takes back what lies beyond these times (ms): when a job is due, until when it is held."""
    await db.run(_SQL["set_back"], name=name, next_at=next_at, lease_until=lease_until)


async def make_due(tx: Tx, *, name: str, now: int) -> bool:
    """Has a job of this name run now; False while a process is at it: then it runs once more after that."""
    row = await tx.one(_SQL["make_due"], name=name, now=now)
    return row is not None and bool(row["free"])
