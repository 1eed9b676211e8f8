"""Cancelling and declining a request at the moment in which it is taken or signed, on PostgreSQL: both are answered.

SQLite has one writer, and nothing to wait for crosswise.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import asyncpg
import pytest

from mshield.domain import errors
from mshield.keys.keyring import Keyring
from mshield.services.requests.ask import Asked
from mshield.store.database.interface import Database, StoreError, Tx
from mshield.store.database.opening import open_database
from mshield.store.requests import requests, scans
from tests.support.clock import Clock
from tests.support.signing import World, fetch, make_world, statement

_REQUEST = "UPDATE requests SET changed_at = changed_at WHERE id = $1"
_DOCUMENTS = "UPDATE tasks SET position = position WHERE request_id = $1"
_FINISH = "UPDATE requests SET state = 'signed' WHERE id = $1"
_STATES = (
    "SELECT r.state, t.state AS task FROM requests r JOIN tasks t ON t.request_id = r.id WHERE r.id = $1"
)

End = Callable[[World, Asked], Coroutine[None, None, bool]]


@pytest.fixture
async def world(postgresql_url: str, keyring: Keyring, clock: Clock) -> AsyncIterator[World]:
    """A phone with a certificate, on PostgreSQL."""
    db = await open_database(postgresql_url, pool_size=4)
    yield await make_world(db, keyring, clock)
    await db.close()


async def _cancel(world: World, asked: Asked) -> bool:
    client_id = world.system.client_id
    return await requests.cancel(world.db, id=asked.id, client_id=client_id, now=world.clock())


async def _decline(world: World, asked: Asked) -> bool:
    login = await world.login()
    return await scans.decline(
        world.db,
        id=asked.id,
        device_id=login.device_id,
        account_id=login.account_id,
        reason="not_me",
        now=world.clock(),
    )


async def _states(db: Database, asked: Asked) -> tuple[object, object]:
    """Of the request and of its document."""
    found = await fetch(db, _STATES, asked.id)
    return found["state"], found["task"]


@asynccontextmanager
async def _amid(world: World, asked: Asked, first: str, then: str) -> AsyncIterator[None]:
    """Another's transaction has done its first step; it takes the second at the end."""
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
async def test_a_signature_that_was_faster_counts(world: World, end: End) -> None:
    asked = await world.asked([b"x"])
    await world.scan(asked)
    async with _amid(world, asked, _DOCUMENTS.replace("position = position", "state = 'signed'"), _FINISH):
        ending = asyncio.create_task(end(world, asked))
    assert await ending is False
    assert await _states(world.db, asked) == ("signed", "signed")


@pytest.mark.parametrize("end", [_cancel, _decline])
@pytest.mark.parametrize("documents", [1, 2])
async def test_an_end_that_was_faster_counts(
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


async def test_taking_one_that_waits_is_waited_for(world: World) -> None:
    asked = await world.asked([b"x"])
    async with _amid(world, asked, _REQUEST, _DOCUMENTS):
        ending = asyncio.create_task(_cancel(world, asked))
    assert await ending is True
    assert await _states(world.db, asked) == ("cancelled", "closed")


async def test_taking_it_once_more_waits_for_nobody(world: World) -> None:
    asked = await world.asked([b"x"])
    await world.scan(asked)
    async with _amid(world, asked, _DOCUMENTS, _REQUEST):
        again = asyncio.create_task(world.scan(asked))
        assert len(await asyncio.wait_for(again, 5)) == 1


async def test_what_is_not_open_to_it_stays(db: Database, keyring: Keyring, clock: Clock) -> None:
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
    with pytest.raises(errors.RequestClosed):
        await world.ask.cancel(world.system, asked.id, now=clock())
    assert await _states(db, asked) == ("scanned", "waiting")


async def test_one_of_two_that_wait_crosswise_is_run_again(world: World) -> None:
    """Whichever order it may be: the one that the server undoes comes after the other."""
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
async def test_undone_so_often_it_is_run_again(world: World, times: int) -> None:
    """The other one may be slower than who comes back: both wait crosswise anew."""
    runs = []

    async def work(tx: Tx) -> str:
        runs.append(await tx.run(statement("UPDATE accounts SET name = name")))
        if len(runs) <= times:
            raise asyncpg.DeadlockDetectedError("deadlock detected")
        return "done"

    assert await world.db.write(work) == "done"
    assert len(runs) == times + 1


async def test_undone_for_ever_it_fails(world: World) -> None:
    runs = []

    async def work(tx: Tx) -> None:
        runs.append(await tx.run(statement("UPDATE accounts SET name = name")))
        raise asyncpg.DeadlockDetectedError("deadlock detected")

    with pytest.raises(StoreError):
        await world.db.write(work)
    assert len(runs) == 5
