"""A primary that was replaced and is back: frozen, or cut off, it knows nothing of the other one, and answers reads."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from mshield.store.database.interface import Database, Unavailable
from mshield.store.database.limits import taking
from mshield.store.database.opening import open_database
from mshield.store.database.queries import Query, Statement
from mshield.store.database.timelines import Timelines
from tests.support.postgresql import Server

_WHO = Query("who", Statement("SELECT inet_server_port() AS port, pg_sleep(0.1)", ()), None)
_HELD = Query("held", Statement("SELECT inet_server_port() AS port, pg_advisory_lock(1)", ()), None)
_WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
_AT_ONCE = 3
_SECONDS = 2.0


class _Server:
    """What a connection to a server of this cluster is answered."""

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
    """Of both, and it is at the former one."""
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in (own_postgresql, successor))
    url = f"postgresql://mshield@{hosts}/own?target_session_attrs=read-write"
    async with asyncio.timeout(60):
        database = await open_database(url, pool_size=_AT_ONCE, seconds=_SECONDS)
        while await _ports(database) != {
            own_postgresql.port
        }:  # a busy machine answers late, and the next is asked
            await database.close()
            database = await open_database(url, pool_size=_AT_ONCE, seconds=_SECONDS)
    yield database
    await database.close()


async def _ports(db: Database, query: Query = _WHO) -> set[int]:
    """Who answers so many questions at once."""
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


async def test_who_was_replaced_is_asked_nothing_once_the_other_one_answered(
    db: Database, own_postgresql: Server, successor: Server
) -> None:
    with own_postgresql.frozen():
        await _until_successor_answers(db, successor)
    answered = [await _ports(db) for _ in range(10)]
    assert set().union(*answered) == {successor.port}
    with successor.frozen():  # first its connections end, then only the former one could be connected to
        assert [await _ports(db) for _ in range(2)] == [set(), set()]


async def test_what_the_former_one_is_asked_meanwhile_is_not_answered(
    db: Database, own_postgresql: Server, successor: Server
) -> None:
    with psycopg.connect(own_postgresql.url("own"), autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(1)")
        with taking(600):  # so that it isn't its time that ends it
            late = asyncio.create_task(db.one(_HELD))
        while not _waits(holder):  # noqa: ASYNC110  # its state is at the server
            await asyncio.sleep(0.01)
        with own_postgresql.frozen():
            await _until_successor_answers(db, successor)
    with pytest.raises(Unavailable):  # now that the former one could answer
        await late


async def test_another_cluster_counts_anew() -> None:
    """As after an upgrade of PostgreSQL or a restore into a new one: its timelines say nothing of those before."""
    timelines = Timelines()
    assert await timelines.of(_Server(1, "0000000A")) == 10
    with pytest.raises(Unavailable, match="former"):
        await timelines.of(_Server(1, "00000009"))
    assert await timelines.of(_Server(2, "00000001")) == 1
    assert not timelines.is_former(1)


async def test_a_standby_says_nothing_of_timelines() -> None:
    timelines = Timelines()
    assert await timelines.of(_Server(1, None)) is None
    assert not timelines.is_former(None)
