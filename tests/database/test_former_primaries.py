"""A former primary that returns, frozen or cut off, doesn't know that it was replaced, and answers reads."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from mshield.server.database.connections import Timelines
from mshield.server.database.interface import Database, Unavailable
from mshield.server.database.limits import taking
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement
from tests.support.postgresql import Server

_WHO = Query("who", Statement("SELECT inet_server_port() AS port, pg_sleep(0.1)", ()), None)
_HELD = Query("held", Statement("SELECT inet_server_port() AS port, pg_advisory_lock(1)", ()), None)
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
_AT_ONCE = 3
_SECONDS = 2.0


class _Server:
    """The answer of a connection to a server of this cluster."""

    def __init__(self, cluster: int, timeline: str | None) -> None:
        self._row: dict[str, object] = {"cluster": cluster, "timeline": timeline}

    async def fetchrow(self, _: str) -> dict[str, object]:
        return self._row


@pytest.fixture
def successor(own_postgresql: Server) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="mshield-successor-"))
    server = own_postgresql.standby(folder / "postgresql")
    server.promote()
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def db(own_postgresql: Server, successor: Server) -> AsyncIterator[Database]:
    """A database with both hosts, connected to the former primary."""
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in (own_postgresql, successor))
    url = f"postgresql://mshield@{hosts}/own?target_session_attrs=read-write"
    async with asyncio.timeout(60):
        database = await open_database(url, pool_size=_AT_ONCE, seconds=_SECONDS)
        while await _ports(database) != {
            own_postgresql.port
        }:  # a busy machine may answer late, so the other one is tried
            await database.close()
            database = await open_database(url, pool_size=_AT_ONCE, seconds=_SECONDS)
    yield database
    await database.close()


async def _ports(db: Database, query: Query = _WHO) -> set[int]:
    """Returns the ports that answer many concurrent queries."""
    answers = await asyncio.gather(*(db.one(query) for _ in range(_AT_ONCE)), return_exceptions=True)
    wrong = [one for one in answers if isinstance(one, BaseException) and not isinstance(one, Unavailable)]
    assert not wrong
    return {int(one["port"]) for one in answers if one is not None and not isinstance(one, BaseException)}


def _waits(connection: psycopg.Connection) -> bool:
    (number,) = connection.execute(_WAITING).fetchone() or (0,)
    return bool(number)


async def _until_successor_answers(db: Database, successor: Server) -> None:
    async with asyncio.timeout(30):
        while successor.port not in await _ports(db):
            pass


async def test_former_primary_gets_no_query_once_the_successor_answered(
    db: Database, own_postgresql: Server, successor: Server
) -> None:
    with own_postgresql.frozen():
        await _until_successor_answers(db, successor)
    answered = [await _ports(db) for _ in range(10)]
    assert set().union(*answered) == {successor.port}
    with successor.frozen():  # the successor's connections break; only the former primary accepts new ones
        assert [await _ports(db) for _ in range(2)] == [set(), set()]


async def test_pending_query_at_the_former_primary_gets_no_answer(
    db: Database, own_postgresql: Server, successor: Server
) -> None:
    with psycopg.connect(own_postgresql.url("own"), autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(1)")
        with taking(600):  # so that its own timeout doesn't end it
            late = asyncio.create_task(db.one(_HELD))
        while not _waits(holder):  # noqa: ASYNC110  # its state is at the server
            await asyncio.sleep(0.01)
        with own_postgresql.frozen():
            await _until_successor_answers(db, successor)
    with pytest.raises(Unavailable):  # although the former primary could answer now
        await late


async def test_timelines_of_another_cluster_start_again() -> None:
    """After an upgrade or a restore into a new cluster, timelines can't be compared with earlier ones."""
    timelines = Timelines()
    assert await timelines.of(_Server(1, "0000000A")) == 10
    with pytest.raises(Unavailable, match="former"):
        await timelines.of(_Server(1, "00000009"))
    assert await timelines.of(_Server(2, "00000001")) == 1
    assert not timelines.is_former(1)


async def test_standby_reports_no_timeline() -> None:
    timelines = Timelines()
    assert await timelines.of(_Server(1, None)) is None
    assert not timelines.is_former(None)
