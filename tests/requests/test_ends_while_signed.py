"""Cancelling or declining a request while it is taken or signed, on PostgreSQL: both calls are answered.

SQLite has one writer, so two calls never wait for each other there.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import asyncpg
import pytest

from mshield.server.database.interface import Database, StoreError, Tx
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.errors import RequestClosed
from mshield.server.requests.rows import requests, scans
from tests.support.clock import Clock
from tests.support.signing import World, fetch, make_world, statement

_REQUEST = "UPDATE requests SET changed_at = changed_at WHERE id = $1"
_DOCUMENTS = "UPDATE tasks SET position = position WHERE request_id = $1"
_FINISH = "UPDATE requests SET state = 'signed' WHERE id = $1"
_STATES = (
    "SELECT r.state, t.state AS task FROM requests r JOIN tasks t ON t.request_id = r.id WHERE r.id = $1"
)

End = Callable[[World, CreatedRequest], Coroutine[None, None, bool]]


@pytest.fixture
async def world(postgresql_url: str, keyring: Keyring, clock: Clock) -> AsyncIterator[World]:
    """A phone with a certificate, on PostgreSQL."""
    db = await open_database(postgresql_url, pool_size=4)
    yield await make_world(db, keyring, clock)
    await db.close()


async def _cancel(world: World, asked: CreatedRequest) -> bool:
    client_id = world.system.client_id
    return await requests.cancel(world.db, id=asked.id, client_id=client_id, now=world.clock())


async def _decline(world: World, asked: CreatedRequest) -> bool:
    login = await world.login()
    return await scans.decline(
        world.db,
        id=asked.id,
        device_id=login.device_id,
        account_id=login.account_id,
        reason="not_me",
        now=world.clock(),
    )


async def _states(db: Database, asked: CreatedRequest) -> tuple[object, object]:
    """Returns the states of a request and of its document."""
    found = await fetch(db, _STATES, asked.id)
    return found["state"], found["task"]


@asynccontextmanager
async def _amid(world: World, asked: CreatedRequest, first: str, then: str) -> AsyncIterator[None]:
    """Runs another transaction that has done its first step; it does the second at the end of the block."""
    begun, go_on, runs = asyncio.Event(), asyncio.Event(), []

    async def work(tx: Tx) -> None:
        runs.append(tx)
        await tx.run(statement(first), p1=asked.id)
        begun.set()
        await go_on.wait()
        await tx.run(statement(then), p1=asked.id)

    other = asyncio.create_task(world.db.write(work))
    await begun.wait()
    yield
    await asyncio.sleep(0.3)
    go_on.set()
    await other
    assert len(runs) == 1


@pytest.mark.parametrize("end", [_cancel, _decline])
async def test_earlier_signature_wins_over_a_cancellation(world: World, end: End) -> None:
    asked = await world.asked([b"x"])
    await world.scan(asked)
    async with _amid(world, asked, _DOCUMENTS.replace("position = position", "state = 'signed'"), _FINISH):
        ending = asyncio.create_task(end(world, asked))
    assert await ending is False
    assert await _states(world.db, asked) == ("signed", "signed")


@pytest.mark.parametrize("end", [_cancel, _decline])
@pytest.mark.parametrize("documents", [1, 2])
async def test_earlier_cancellation_wins_over_a_signature(
    world: World, monkeypatch: pytest.MonkeyPatch, end: End, documents: int
) -> None:
    asked = await world.asked([b"%d" % each for each in range(documents)])
    nonces = await world.commit(await world.scan(asked))
    partials = world.partials(nonces, await world.open(nonces))
    real, amid, runs = requests._close_tasks, asyncio.Event(), []

    async def slow(tx: Tx, *, request_id: str) -> None:
        runs.append(request_id)
        await real(tx, request_id=request_id)
        amid.set()
        await asyncio.sleep(0.3)

    monkeypatch.setattr(requests, "_close_tasks", slow)
    ending = asyncio.create_task(end(world, asked))
    await amid.wait()
    answer = await world.finish(partials)
    assert await ending is True
    assert len(runs) == 1
    assert "'r'" not in str(answer)
    assert await _states(world.db, asked) == (
        "cancelled" if end is _cancel else "declined",
        "closed",
    )


async def test_cancellation_waits_for_a_pending_scan(world: World) -> None:
    asked = await world.asked([b"x"])
    async with _amid(world, asked, _REQUEST, _DOCUMENTS):
        ending = asyncio.create_task(_cancel(world, asked))
    assert await ending is True
    assert await _states(world.db, asked) == ("cancelled", "closed")


async def test_repeated_scan_does_not_wait(world: World) -> None:
    asked = await world.asked([b"x"])
    await world.scan(asked)
    async with _amid(world, asked, _DOCUMENTS, _REQUEST):
        again = asyncio.create_task(world.scan(asked))
        assert len(await asyncio.wait_for(again, 5)) == 1


async def test_foreign_or_expired_request_cannot_be_ended(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock)
    asked = await world.asked([b"x"])
    await world.scan(asked)
    assert not await requests.cancel(db, id=asked.id, client_id="another", now=clock())
    declined = await scans.decline(
        db, id=asked.id, device_id="another", account_id="another", reason="", now=clock()
    )
    assert not declined
    assert await _states(db, asked) == ("scanned", "waiting")
    clock.advance(seconds=3600)
    with pytest.raises(RequestClosed):
        await world.ask.cancel(world.system, asked.id, now=clock())
    assert await _states(db, asked) == ("scanned", "waiting")


async def test_deadlocked_transaction_is_retried(world: World) -> None:
    """The order may vary: the transaction that the server rolls back runs after the other one."""
    asked, other = await world.asked([b"x"]), await world.asked([b"y"])
    both = asyncio.Barrier(2)
    runs = []

    async def work(tx: Tx, first: str, then: str) -> str:
        runs.append(first)
        await tx.run(statement(_REQUEST), p1=first)
        if len(runs) <= 2:
            await both.wait()
        await tx.run(statement(_REQUEST), p1=then)
        return first

    done = await asyncio.gather(
        world.db.write(lambda tx: work(tx, asked.id, other.id)),
        world.db.write(lambda tx: work(tx, other.id, asked.id)),
    )
    assert list(done) == [asked.id, other.id]
    assert len(runs) >= 3


@pytest.mark.parametrize("times", [1, 2, 4])
async def test_repeated_deadlocks_are_retried(world: World, times: int) -> None:
    """The other transaction may be slower than the retry, so that both deadlock again."""
    runs = []

    async def work(tx: Tx) -> str:
        runs.append(await tx.run(statement("UPDATE accounts SET name = name")))
        if len(runs) <= times:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return "done"

    assert await world.db.write(work) == "done"
    assert len(runs) == times + 1


async def test_endless_deadlocks_fail(world: World) -> None:
    runs = []

    async def work(tx: Tx) -> None:
        runs.append(await tx.run(statement("UPDATE accounts SET name = name")))
        raise asyncpg.DeadlockDetectedError("deadlock detected")

    with pytest.raises(StoreError):
        await world.db.write(work)
    assert len(runs) == 5
