"""SQLite: WAL, `synchronous=FULL`, commits grouped and made durable by one thread beside the event loop.

Statements run in the loop's own thread, where they take microseconds; running each in a thread made both
threads compete for the interpreter's lock. Only COMMIT, which waits for the disk, runs in the other thread,
and one COMMIT serves all transactions that arrived meanwhile. Reads use a second connection and see the last
commit, even while a long transaction lets them run.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, cast

from mshield.server.database.causes import known_cause
from mshield.server.database.interface import (
    Conflict,
    Garbled,
    NoSealer,
    NoText,
    ReadOnly,
    Row,
    Sealer,
    StoreError,
    Tx,
    Unavailable,
    Values,
    Work,
)
from mshield.server.database.queries import Query

T = TypeVar("T")
GROUP: Final = 64
BUSY_SECONDS: Final = 10
RETRY_SECONDS: Final = 0.002


def connect(path: str) -> sqlite3.Connection:
    """Opens a connection with this project's durability settings, in autocommit mode."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    connection.row_factory = sqlite3.Row
    # SQLite's own lower() handles only ASCII, but search words are lower-cased by Python.
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=FAST",
        "trusted_schema=OFF",
        "cache_size=-32768",
        "wal_autocheckpoint=8192",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


@dataclass(slots=True)
class _Transaction:
    connection: sqlite3.Connection
    sealer: Sealer

    @property
    def dialect(self) -> Literal["sqlite"]:
        return "sqlite"

    @property
    def atomic(self) -> Literal[True]:
        return True

    async def one(self, query: Query, **values: object) -> Row | None:
        return _one(self.connection, query, values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        return _all(self.connection, query, values)

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        return [row for values in many for row in _all(self.connection, query, values)]

    async def run(self, query: Query, **values: object) -> int:
        statement = query.on("sqlite")
        arguments: Any = statement.arguments(values)
        try:
            return self.connection.execute(statement.sql, arguments).rowcount
        except (sqlite3.Error, UnicodeEncodeError) as error:
            raise _refusal(error) from error

    async def give_way(self) -> None:
        await _WAY


class _Way:
    """Awaitable by which a unit of work lets other units run before it continues."""

    def __await__(self) -> Generator[object, None, None]:
        yield self


_WAY: Final = _Way()
_END: Final = object()
_Steps = Generator[None, None, T]
"""Work that lets other calls run whenever it yields."""


@dataclass(slots=True)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class SqliteDatabase:
    """Embedded database for one event loop. One process writes; others (the command line) wait their turn."""

    dialect: Literal["sqlite"] = "sqlite"

    def __init__(self, path: str) -> None:
        self.sealer: Sealer = NoSealer()
        self.commits = 0
        self.held = False
        self.read_only = False
        try:
            self._reader = connect(path)
            self._writer = connect(path)
        except sqlite3.Error as error:
            raise _translate(error) from error
        self._writer.execute("PRAGMA busy_timeout=0")  # waiting for another process must not block the loop
        self._waiting: deque[_Job] = deque()
        self._names: dict[str, tuple[str, ...]] = {}  # column names by statement
        self._busy = False
        self._busy_since = 0.0
        self._idle: asyncio.Future[None] | None = None
        self._groups: queue.SimpleQueue[tuple[asyncio.AbstractEventLoop, list[_Job]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._commit_groups, name="sqlite-commit", daemon=True)
        self._thread.start()

    async def one(self, query: Query, **values: object) -> Row | None:
        return _one(self._reader, query, values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        return _all(self._reader, query, values)

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        return [row for values in many for row in _all(self._reader, query, values)]

    async def run_one(self, query: Query, **values: object) -> Row | None:
        return await self.write(lambda tx: tx.one(query, **values))

    async def run(self, query: Query, **values: object) -> int:
        return await self.write(lambda tx: tx.run(query, **values))

    async def read_together(self, query: Query, **values: object) -> list[Row]:
        """Runs the statement alone: SQLite has no round trip to share.

        Returns dicts: these rows have a hundred columns, and SQLite's own rows search each name from the
        first column on.
        """
        cursor = _execute(self._reader, query, values | {"call": 0})
        cursor.row_factory = None
        names = self._names.get(query.name)
        if names is None:
            names = self._names[query.name] = tuple([column[0] for column in cursor.description])
        try:
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except sqlite3.Error as error:
            raise _translate(error) from error

    async def write_together(self, query: Query, *, by: str | bytes, **values: object) -> list[Row]:  # noqa: ARG002  # one writer: nothing to divide by
        """Runs the statement in the common group of writes, in order of arrival; each caller gets its own rows."""
        return await self.write(lambda tx: tx.all(query, **values, call=0))

    async def write(self, work: Work[T]) -> T:
        if self.read_only:
            raise ReadOnly
        self.commits += 1
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append(_Job(work, future))
        if not self._busy:
            self._busy = True
            # Writes issued in the same loop iteration join this group.
            loop.call_soon(self._run_group, loop)
        return await future

    async def close(self) -> None:
        if self._busy:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle
        self._groups.put(None)
        await asyncio.to_thread(self._thread.join)
        self._reader.close()
        self._writer.close()

    def _run_group(self, loop: asyncio.AbstractEventLoop) -> None:
        group = [self._waiting.popleft() for _ in range(min(GROUP, len(self._waiting)))]
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._wait_or_fail(loop, group, _translate(error))
            return
        self._busy_since = 0.0
        self._run_on(loop, group, self._run_alone(group[0]) if len(group) == 1 else self._run_all(group))

    def _run_on(self, loop: asyncio.AbstractEventLoop, group: list[_Job], steps: _Steps[None]) -> None:
        """Runs steps until they give way, and schedules the rest behind everything else that waits for the loop."""
        self.held = next(steps, _END) is not _END
        if not self.held:
            self._groups.put((loop, group))
        else:
            loop.call_soon(self._run_on, loop, group, steps)

    def _run_all(self, group: list[_Job]) -> _Steps[None]:
        for job in group:
            yield from self._run_in_company(job)
        if not self._goes_on():
            lost = Unavailable("the group's transaction has ended unexpectedly")
            for job in group:
                job.error = job.error or lost

    def _wait_or_fail(self, loop: asyncio.AbstractEventLoop, group: list[_Job], error: StoreError) -> None:
        """Retries shortly while another process writes, up to the limit."""
        self._busy_since = self._busy_since or loop.time()
        if type(error) is not Unavailable or loop.time() - self._busy_since > BUSY_SECONDS:
            self._busy_since = 0.0
            self._fail(loop, group, error)
            return
        self._waiting.extendleft(reversed(group))
        loop.call_later(RETRY_SECONDS, self._run_group, loop)

    def _fail(self, loop: asyncio.AbstractEventLoop, group: list[_Job], error: StoreError) -> None:
        for job in group:
            job.error = error
        self._answer(loop, group)

    def _run_alone(self, job: _Job) -> _Steps[None]:
        try:
            job.result = yield from _drive(job.work, _Transaction(self._writer, self.sealer))
        except Exception as error:  # noqa: BLE001  # the caller gets it; the transaction ends here
            job.error = error
            if self._goes_on():  # SQLite has already ended it if the disk is full or failing
                self._writer.execute("ROLLBACK")

    def _run_in_company(self, job: _Job) -> _Steps[None]:
        if not self._goes_on():
            return  # already ended: the whole group fails later
        self._writer.execute("SAVEPOINT work")
        try:
            job.result = yield from _drive(job.work, _Transaction(self._writer, self.sealer))
        except Exception as error:  # noqa: BLE001  # one caller's error must not roll back the others' work
            job.error = error
            if not self._goes_on():
                return
            self._writer.execute("ROLLBACK TO work")
        self._writer.execute("RELEASE work")

    def _goes_on(self) -> bool:
        return self._writer.in_transaction

    def _commit_groups(self) -> None:
        while (item := self._groups.get()) is not None:
            loop, group = item
            try:
                if self._writer.in_transaction:
                    self._writer.execute("COMMIT")
            except sqlite3.Error as error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                for job in group:
                    job.error = job.error or _translate(error)
            with contextlib.suppress(RuntimeError):  # the loop may be closed, so nobody waits any more
                loop.call_soon_threadsafe(self._answer, loop, group)

    def _answer(self, loop: asyncio.AbstractEventLoop, group: list[_Job]) -> None:
        for job in group:
            if job.future.done():
                continue  # its caller has gone
            if job.error is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(job.error)
        if self._waiting:
            loop.call_soon(self._run_group, loop)
            return
        self._busy = False
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


def _drive(work: Work[T], tx: Tx) -> _Steps[T]:
    steps = work(tx).__await__()
    while True:
        try:
            way: object = next(steps)
        except StopIteration as end:
            return cast("T", end.value)
        if way is not _WAY:
            raise StoreError("a unit of work awaited something other than its transaction")
        yield


def _execute(connection: sqlite3.Connection, query: Query, values: Values) -> sqlite3.Cursor:
    statement = query.on("sqlite")
    arguments: Any = statement.arguments(values)
    try:
        return connection.execute(statement.sql, arguments)
    except (sqlite3.Error, UnicodeEncodeError) as error:
        raise _refusal(error) from error


def _refusal(error: sqlite3.Error | UnicodeEncodeError) -> StoreError:
    return _translate(error) if isinstance(error, sqlite3.Error) else NoText(str(error))


def _one(connection: sqlite3.Connection, query: Query, values: Values) -> Row | None:
    cursor = _execute(connection, query, values)
    try:
        row: Row | None = cursor.fetchone()
        cursor.close()  # an unfinished statement would keep the snapshot open
    except sqlite3.Error as error:
        if query.as_is and _is_garbled(error):
            return _as_is(_one, connection, query, values)
        raise _translate(error) from error
    return row


def _all(connection: sqlite3.Connection, query: Query, values: Values) -> list[Row]:
    cursor = _execute(connection, query, values)
    try:
        rows: list[Any] = cursor.fetchall()
    except sqlite3.Error as error:
        if query.as_is and _is_garbled(error):
            return _as_is(_all, connection, query, values)
        raise _translate(error) from error
    return rows


def _as_is(
    read: Callable[[sqlite3.Connection, Query, Values], T],
    connection: sqlite3.Connection,
    query: Query,
    values: Values,
) -> T:
    """Repeats a read that failed on invalid UTF-8; undecodable bytes become surrogates.

    Not done for every read, since it costs a Python call per text.
    """
    connection.text_factory = lambda octets: octets.decode("utf-8", "surrogateescape")
    try:
        return read(connection, query, values)
    finally:
        connection.text_factory = str


def _is_garbled(error: sqlite3.Error) -> bool:
    """Reports whether the error is Python's own decoding error: an OperationalError without a code, but no outage."""
    return str(error).startswith("Could not decode to UTF-8")


_ERRORS: Final[tuple[tuple[type[sqlite3.Error], Callable[[str], StoreError]], ...]] = (
    (sqlite3.IntegrityError, Conflict),
    (sqlite3.OperationalError, Unavailable),
    (sqlite3.Error, StoreError),
)


def _translate(error: sqlite3.Error) -> StoreError:
    if _is_garbled(error):
        return Garbled(
            str(error).partition(" with text")[0]
        )  # names the column only, since the text is confidential
    if (cause := known_cause(error)) is not None:
        return cause(str(error))
    return next(translated for kind, translated in _ERRORS if isinstance(error, kind))(str(error))
