"""SQLite: WAL, `synchronous=FULL`, one writer thread that groups the commits of waiting transactions.

A unit of work is driven on that thread; since SQLite answers at once, it never suspends. Reads run on a second
connection in the caller's thread: they take microseconds and see the last commit.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, cast

from mshield.store.database import Conflict, Row, StoreError, Tx, Unavailable, Work
from mshield.store.queries import Query

T = TypeVar("T")
GROUP: Final = 64
BUSY_SECONDS: Final = 10


def connect(path: str) -> sqlite3.Connection:
    """A connection with this project's durability settings, in autocommit mode."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    connection.row_factory = sqlite3.Row
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=FAST",
        "trusted_schema=OFF",
        "cache_size=-32768",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@dataclass(slots=True)
class _Transaction:
    connection: sqlite3.Connection

    @property
    def dialect(self) -> Literal["sqlite"]:
        return "sqlite"

    async def one(self, query: Query, **values: object) -> Row | None:
        return _one(self.connection, query, values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        return _all(self.connection, query, values)

    async def run(self, query: Query, **values: object) -> int:
        return _execute(self.connection, query, values).rowcount


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class SqliteDatabase:
    """The embedded database. One process writes; others (the command line) wait their turn."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, path: str) -> None:
        self._reader = connect(path)
        self._writer = connect(path)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._serve, name="sqlite-writer", daemon=True)
        self._thread.start()

    async def one(self, query: Query, **values: object) -> Row | None:
        return _one(self._reader, query, values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        return _all(self._reader, query, values)

    async def run_one(self, query: Query, **values: object) -> Row | None:
        return await self.write(lambda tx: tx.one(query, **values))

    async def run(self, query: Query, **values: object) -> int:
        return await self.write(lambda tx: tx.run(query, **values))

    async def write(self, work: Work[T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, loop, future))
        return await future

    async def close(self) -> None:
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._reader.close()
        self._writer.close()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            group = [job]
            closing = False
            with contextlib.suppress(queue.Empty):
                while len(group) < GROUP:
                    following = self._jobs.get_nowait()
                    if following is None:
                        closing = True
                        break
                    group.append(following)
            self._commit(group)
            if closing:
                return

    def _commit(self, group: list[_Job]) -> None:
        try:
            with _translated():
                self._writer.execute("BEGIN IMMEDIATE")
                for job in group:
                    self._run(job, alone=len(group) == 1)
                self._writer.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001  # the waiting callers get it; the thread must live on
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            for job in group:
                job.error = job.error or error
        _answer(group)

    def _run(self, job: _Job, *, alone: bool) -> None:
        if alone:
            job.result = _drive(job.work, _Transaction(self._writer))
            return
        self._writer.execute("SAVEPOINT work")
        try:
            with _translated():
                job.result = _drive(job.work, _Transaction(self._writer))
        except Exception as error:  # noqa: BLE001  # one caller's error must not undo the others' work
            self._writer.execute("ROLLBACK TO work")
            job.error = error
        self._writer.execute("RELEASE work")


def _drive(work: Work[T], tx: Tx) -> T:
    steps = work(tx).__await__()
    try:
        next(steps)
    except StopIteration as end:
        return cast("T", end.value)
    raise StoreError("a unit of work awaited something other than its transaction")


def _answer(group: list[_Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in group:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop may be closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, jobs)


def _resolve(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)


def _execute(connection: sqlite3.Connection, query: Query, values: dict[str, object]) -> sqlite3.Cursor:
    statement = query.on("sqlite")
    return connection.execute(statement.sql, cast("Any", statement.arguments(values)))


def _one(connection: sqlite3.Connection, query: Query, values: dict[str, object]) -> Row | None:
    with _translated():
        cursor = _execute(connection, query, values)
        row = cursor.fetchone()
        cursor.close()  # a statement left half-read would hold the snapshot open
        return cast("Row | None", row)


def _all(connection: sqlite3.Connection, query: Query, values: dict[str, object]) -> list[Row]:
    with _translated():
        return cast("list[Row]", _execute(connection, query, values).fetchall())


_ERRORS: Final[tuple[tuple[type[sqlite3.Error], Callable[[str], StoreError]], ...]] = (
    (sqlite3.IntegrityError, Conflict),
    (sqlite3.OperationalError, Unavailable),
    (sqlite3.Error, StoreError),
)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        for kind, translated in _ERRORS:
            if isinstance(error, kind):
                raise translated(str(error)) from error
        raise
