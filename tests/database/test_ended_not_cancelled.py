"""A commit waits for its standby, and its caller gives up: the commit must stay invisible and unacknowledged.

The server names a synchronous standby that doesn't exist. A failover would lose what is committed meanwhile.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from mshield.server.database.interface import Database, Tx, Unavailable
from mshield.server.database.limits import taking
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement
from tests.support.postgresql import Server, wait_until

_INSERT = Query(
    "insert", Statement("INSERT INTO answered (call) VALUES ($1) RETURNING call", ("call",)), None
)
_COUNT = Query("count", Statement("SELECT count(*) AS seen FROM answered", ()), None)
_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
_SECONDS = 30.0
Write = Callable[[Database], Awaitable[object]]


async def _transaction(db: Database) -> object:
    async def work(tx: Tx) -> None:
        await tx.run(_INSERT, call=1)
        await tx.one(_COUNT)

    return await db.write(work)


_WRITES: dict[str, Write] = {
    "statement": lambda db: db.run(_INSERT, call=1),
    "returning": lambda db: db.run_one(_INSERT, call=1),
    "together": lambda db: db.write_together(_INSERT, by=b"", call=1),
    "transaction": _transaction,
}
each_write = pytest.mark.parametrize("write", _WRITES.values(), ids=_WRITES)


class _Operator:
    """The server's operator, who sees its rows and reconfigures it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def set_standby(self, name: str) -> None:
        self._connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        self._connection.execute("SELECT pg_reload_conf()")
        # Commits wait only once the checkpointer has read the new settings.
        if name:
            wait_until(self._commits_wait)

    def _commits_wait(self) -> bool:
        with (
            psycopg.connect(self._connection.info.dsn, autocommit=True) as probe,
            ThreadPoolExecutor(1) as side,
        ):
            written = side.submit(probe.execute, "SELECT pg_logical_emit_message(true, 'probe', '')")
            while not written.done():
                if (probe.info.backend_pid,) in self._connection.execute(_WAITING).fetchall():
                    self.cancel(probe.info.backend_pid)
                    written.result()
                    return True
                time.sleep(0.01)
        return False

    def seen(self) -> int:
        row = self._connection.execute("SELECT count(*) FROM answered").fetchone()
        assert row is not None
        return int(row[0])

    async def waiting(self, *, least: int = 1) -> list[int]:
        async with asyncio.timeout(_SECONDS):
            while len(pids := [pid for (pid,) in self._connection.execute(_WAITING)]) < least:  # noqa: ASYNC110  # its state is at the server
                await asyncio.sleep(0.02)
        return pids

    def cancel(self, pid: int) -> None:
        self._connection.execute("SELECT pg_cancel_backend(%s)", (pid,))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Locks the table against other writers."""
        with self._connection.transaction():
            self._connection.execute("LOCK TABLE answered IN EXCLUSIVE MODE")
            yield

    async def none_waits(self) -> None:
        async with asyncio.timeout(_SECONDS):
            while await self.waiting(least=0):  # noqa: ASYNC110  # the same
                await asyncio.sleep(0.02)


@pytest.fixture
def operator(own_postgresql: Server) -> Iterator[_Operator]:
    """The server's operator; the standby disappears as the test starts."""
    with psycopg.connect(own_postgresql.url("own"), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = local")
        connection.execute("TRUNCATE answered")
        operator = _Operator(connection)
        operator.set_standby("absent")
        yield operator
        operator.set_standby("")


@pytest.fixture
async def db(
    own_postgresql: Server, operator: _Operator
) -> AsyncIterator[Database]:  # the standby disappears first
    database = await open_database(own_postgresql.url("own"), pool_size=2)
    yield database
    await database.close()


@pytest.mark.usefixtures("statements")
@each_write
async def test_cancelled_task_leaves_no_visible_commit(
    write: Write, db: Database, operator: _Operator
) -> None:
    task = asyncio.ensure_future(write(db))
    await operator.waiting()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.3)
    assert operator.seen() == 0
    assert await db.one(_COUNT) is not None  # the database keeps answering


@each_write
async def test_timeout_leaves_no_visible_commit(
    write: Write, own_postgresql: Server, operator: _Operator
) -> None:
    db = await open_database(own_postgresql.url("own"), pool_size=2, seconds=0.5)
    with pytest.raises(Unavailable):
        await write(db)
    await asyncio.sleep(0.3)
    await db.close()
    assert operator.seen() == 0


@pytest.mark.usefixtures("statements")
async def test_shorter_time_limit_ends_sooner(db: Database, operator: _Operator) -> None:
    with taking(0.5), pytest.raises(Unavailable):
        await _transaction(db)
    assert operator.seen() == 0


@pytest.mark.usefixtures("statements")
async def test_callers_timeout_leaves_no_visible_commit(db: Database, operator: _Operator) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await _transaction(db)
    await asyncio.sleep(0.3)
    assert operator.seen() == 0


@pytest.mark.usefixtures("statements")
@each_write
async def test_commit_released_by_an_operator_is_not_acknowledged(
    write: Write, db: Database, operator: _Operator
) -> None:
    task = asyncio.ensure_future(write(db))
    (pid,) = await operator.waiting()
    operator.cancel(pid)
    with pytest.raises(Unavailable):
        await task
    operator.set_standby("")
    await operator.none_waits()
    await write(db)  # another connection, which doesn't know of it


@pytest.mark.usefixtures("statements")
async def test_waiting_commit_succeeds_once_the_standby_is_back(db: Database, operator: _Operator) -> None:
    task = asyncio.ensure_future(_transaction(db))
    await operator.waiting()
    assert operator.seen() == 0
    operator.set_standby("")
    await task
    assert operator.seen() == 1


async def test_a_cancelled_closing_of_the_loop_cancels_nothing_at_the_server(
    own_postgresql: Server, operator: _Operator
) -> None:
    """At the end of a process, the event loop cancels the task that writes for a group."""
    database = await open_database(own_postgresql.url("own"), pool_size=1)
    task = asyncio.ensure_future(_WRITES["together"](database))
    await operator.waiting()
    for one in asyncio.all_tasks() - {asyncio.current_task()}:
        one.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await database.close()
    await asyncio.sleep(0.3)
    assert operator.seen() == 0


@each_write
async def test_no_other_write_starts_while_one_waits(
    write: Write, own_postgresql: Server, operator: _Operator
) -> None:
    """Each write would leave another session waiting at the server, until none is left."""
    db = await open_database(own_postgresql.url("own"), pool_size=2, seconds=2.5)
    try:
        with pytest.raises(Unavailable):
            await write(db)
        for _ in range(5):
            begun = asyncio.get_running_loop().time()
            with pytest.raises(Unavailable, match="standby"):
                await write(db)
            assert asyncio.get_running_loop().time() - begun < 1
            await asyncio.sleep(0.2)
        assert len(await operator.waiting()) == 1
        assert await db.one(_COUNT) is not None  # reading still works
        operator.set_standby("")
        await operator.none_waits()
        await asyncio.sleep(0.6)
        await write(db)
    finally:
        await db.close()


async def test_write_that_waited_for_a_row_does_not_block_others(
    own_postgresql: Server, operator: _Operator
) -> None:
    operator.set_standby("")
    db = await open_database(own_postgresql.url("own"), pool_size=2, seconds=0.5)
    try:
        with operator.locked(), pytest.raises(Unavailable):
            await _transaction(db)
        await _transaction(db)
    finally:
        await db.close()
