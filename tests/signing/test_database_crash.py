"""PostgreSQL loses power between counting an attempt and recording its outcome: a resend completes it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from mshield.gm import cosign
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.retention.sweep import purge
from mshield.server.signing.errors import NoSession, WrongPin
from mshield.server.signing.rows import sessions
from tests.support.clock import Clock
from tests.support.killed_database import RESERVED, Died, MortalDatabase
from tests.support.postgresql import Server
from tests.support.signing import WRONG_SHARE, World, fetch, make_world


class Site:
    """A world whose database can crash and come back; the services hold it under one name."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.mortal: MortalDatabase
        self.world: World

    async def begin(self, keyring: Keyring, clock: Clock) -> None:
        self.mortal = MortalDatabase(await self._open())
        self.world = await make_world(self.mortal, keyring, clock)

    async def _open(self) -> Database:
        return await open_database(self.server.url("mshield"), pool_size=2)

    @contextmanager
    def dying_at(self, deadly: frozenset[str]) -> Iterator[None]:
        self.mortal.deadly = deadly
        with pytest.raises(Died):
            yield
        self.mortal.deadly, self.mortal.dead = frozenset(), False

    async def crash(self) -> None:
        """Kills all PostgreSQL processes with SIGKILL and waits for recovery."""
        sealer = self.mortal.sealer
        self.server.kill()
        await self.mortal.db.close()
        self.server.start()
        self.mortal.db = await self._open()
        self.mortal.sealer = sealer

    async def prepared(self, *, d1: int | None = None) -> list[cosign.Partial]:
        """Returns a `finish` of one document, ready to be sent."""
        nonces = await self.world.commit([await self.world.task()])
        return self.world.partials(nonces, await self.world.open(nonces), d1=d1)

    async def kept(self) -> object:
        return (await fetch(self.mortal.db, "SELECT COUNT(*) AS n FROM attempts_under_way"))["n"]


@pytest.fixture
async def site(durable_postgresql: Server, keyring: Keyring, clock: Clock) -> AsyncIterator[Site]:
    site = Site(durable_postgresql)
    await site.begin(keyring, clock)
    yield site
    await site.mortal.db.close()


async def test_r10_database_crash_during_an_attempt_counts_it_at_most_once(site: Site, clock: Clock) -> None:
    """Checks the rows of the protocol's table in turn on one server, since starting PostgreSQL is slow."""
    world = site.world
    # Crash before the counting: the open session is gone, nothing was counted.
    finish = await site.prepared()
    await site.crash()
    with pytest.raises(NoSession):
        await world.finish(finish)
    assert await world.counters() == (0, 0)
    await world.sign([await world.task()])
    # Crash between counting and outcome, app alive: the resend completes, uncounted, also for the third time.
    for _ in range(3):
        finish = await site.prepared()
        with site.dying_at(RESERVED):
            await world.finish(finish)
        assert await world.counters() == (1, 1)
        await site.crash()
        assert (await fetch(site.mortal.db, "SELECT COUNT(*) AS n FROM signing_sessions"))["n"] == 0
        world.accept(await world.finish(finish))
        assert (await world.counters(), await site.kept()) == ((0, 0), 0)
    # A wrong PIN gets one verdict and is counted once, however often it is sent.
    wrong = await site.prepared(d1=WRONG_SHARE)
    with site.dying_at(RESERVED):
        await world.finish(wrong)
    await site.crash()
    for _ in range(3):
        with pytest.raises(WrongPin) as refused:
            await world.finish(wrong)
        assert refused.value.extra["left"] == 4
    assert (await world.counters(), await site.kept()) == ((1, 1), 0)
    await world.sign([await world.task()])
    # Another body under the counted attempt is no second try.
    finish = await site.prepared()
    with site.dying_at(RESERVED):
        await world.finish(finish)
    await site.crash()
    other = [replace(each, s_prime=each.s_prime ^ 1) for each in finish]
    with pytest.raises(NoSession):
        await world.finish(other)
    assert await world.counters() == (1, 2)
    world.accept(await world.finish(finish))
    assert await world.counters() == (0, 1)  # the earlier wrong PIN
    # App killed too: one attempt stays counted, and the next success takes back only its own.
    finish = await site.prepared()
    with site.dying_at(RESERVED):
        await world.finish(finish)
    await site.crash()
    await world.sign([await world.task()])
    assert await world.counters() == (0, 2)
    with pytest.raises(NoSession):
        await world.finish(finish)


async def test_stored_attempt_is_purged_when_its_session_expires(site: Site, clock: Clock) -> None:
    finish = await site.prepared()
    with site.dying_at(RESERVED):
        await site.world.finish(finish)
    assert await site.kept() == 1
    clock.advance(seconds=599)
    await purge(site.mortal.db, now=clock())
    assert await site.kept() == 1
    clock.advance(seconds=2)
    await purge(site.mortal.db, now=clock())
    assert await site.kept() == 0
    find = partial(sessions.find_attempt, site.mortal.db, uid=site.world.phone.uid)
    assert await find() is None
