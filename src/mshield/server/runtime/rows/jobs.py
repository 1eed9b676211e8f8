"""Claims of jobs by processes: one row per job, claimed for a lease by one guarded statement, on both databases.

If a process dies, its lease expires and the next process that checks takes the job over.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("runtime", "jobs")


@dataclass(frozen=True, slots=True)
class JobRow:
    """State of a job; times in ms.

    `last_done` is the count returned by its last run, `last_error` the type of its error, `last_ms` its
    duration.
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
    """Inserts a new job, due at once; no-op if it exists."""
    await db.run(_SQL["register"], name=name, now=now)


async def list_jobs(db: Database) -> list[JobRow]:
    """Returns all jobs by name, including those unknown to this version."""
    return [JobRow(**row) for row in await db.all(_SQL["list"])]


async def last_run(db: Database, name: str) -> int | None:
    """Returns when a job's last run ended (ms); None if it never ran."""
    return next((row.last_at for row in await list_jobs(db) if row.name == name), None)


async def claim(db: Database, *, name: str, holder: str, due: int, lease_until: int, now: int) -> int | None:
    """Claims a free job that is due by `due` (ms) and returns its failures in a row; None if it can't be claimed."""
    row = await db.run_one(_SQL["claim"], name=name, holder=holder, due=due, lease_until=lease_until, now=now)
    return None if row is None else int(row["failures"])


async def renew(db: Database, *, name: str, holder: str, lease_until: int) -> bool:
    """Renews the lease; False if another process has taken the job over."""
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
    """Records a run claimed at `started` and releases the job; False if another process has taken it over.

    It is next due at `next_at`, or earlier after a `make_due` meanwhile.
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
    """Releases the job without a run: it remains due for the next process."""
    await db.run(_SQL["release"], name=name, holder=holder)


async def set_back(db: Database, *, name: str, next_at: int, lease_until: int) -> None:
    """Lowers later times to these (ms): when a job is due, and until when it is claimed."""
    await db.run(_SQL["set_back"], name=name, next_at=next_at, lease_until=lease_until)


async def make_due(tx: Tx, *, name: str, now: int) -> bool:
    """Makes a job due now; False while a process runs it, in which case it runs once more afterwards."""
    row = await tx.one(_SQL["make_due"], name=name, now=now)
    return row is not None and bool(row["free"])
