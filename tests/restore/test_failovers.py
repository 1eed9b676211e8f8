"""Repeated failovers to a replica that lags behind: no honest phone is held as a clone, and clones still are.

Three hosts use one real database, whose file is replaced by an earlier copy of itself; a phone signs at any
of them, and its answers may be lost. A seeded generator chooses what happens.
"""

import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mshield.server.database.interface import Database, Sealer
from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.restore.high_water import HighWater, declare_restore, require_newest
from mshield.server.runtime.rows.known_mark import RestoreUndeclared
from mshield.server.signing.errors import Clone
from mshield.server.signing.open import OpenSigning
from tests.support.clock import Clock
from tests.support.seals import SEALER
from tests.support.signing import World, fetch, make_world


class Cluster:
    """A database under one name that moves between copies."""

    def __init__(self, db: Database, path: Path) -> None:
        self.db, self.path, self.copies = db, path, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.db, name)

    @property
    def sealer(self) -> Sealer:
        return self.db.sealer

    @sealer.setter
    def sealer(self, sealer: Sealer) -> None:
        self.db.sealer = sealer

    def replica(self) -> Path:
        """Returns a copy of what is committed now."""
        self.copies += 1
        copy = self.path.with_name(f"copy-{self.copies}.db")
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        return copy

    async def fail_over(self, replica: Path) -> None:
        """Switches to an earlier copy."""
        sealer = self.db.sealer
        await self.db.close()
        self.path, self.db = replica, await open_database(f"sqlite:///{replica}")
        self.db.sealer = sealer


@dataclass
class Host:
    """A host with one process and a folder of its own."""

    folder: Path
    water: HighWater
    opening: OpenSigning


@dataclass
class Site:
    """Hosts, one honest phone, and what was observed."""

    world: World
    cluster: Cluster
    hosts: list[Host]
    clock: Clock
    chance: random.Random
    asks: bool = False
    told: int = 0
    declared: int = 0
    forgotten: int = 0

    async def sign(self, *, lost: bool = False) -> None:
        """Signs one document at any host; with `lost`, the answer is lost."""
        self.clock.advance(seconds=self.chance.uniform(0.1, 3))
        self.world.opening = self.chance.choice(self.hosts).opening
        nonces = await self.world.commit([await self.world.task()])
        answer = await self.world.finish(self.world.partials(nonces, await self.world.open(nonces)))
        if not lost:
            self.world.accept(answer)

    async def work(self, *, most: int) -> None:
        """Signs a few documents; each host writes marks now and then, some never in this time."""
        for _ in range(self.chance.randrange(most + 1)):
            await self.sign(lost=self.chance.random() < 0.2)
            await self.mark(share=0.3)

    async def mark(self, *, share: float) -> None:
        """Writes marks at some hosts, which detect a loss if there was one."""
        try:
            for host in self.hosts:
                if self.chance.random() < share:
                    await host.water.mark()
        except RestoreUndeclared:
            self.told += 1
            await self.declare()

    async def after_failover(self) -> None:
        """Lets each process check its mark on its new connection, or none, as behind a pooler that hides the failover.

        A process that detects the loss ends, and the operator declares the loss once.
        """
        try:
            for host in self.hosts if self.asks else ():
                await host.water.known.require_first(self.cluster.db)  # type: ignore[arg-type]  # single statements
        except RestoreUndeclared:
            self.told += 1
            await self.declare()

    async def declare(self) -> None:
        """Declares the restore at one host; the others restart without a declaration."""
        await declare_restore(self.world.db, self.chance.choice(self.hosts).folder, now=self.clock())
        self.declared += 1
        self.clock.advance(seconds=1)
        self.hosts = [await _host(self.world, host.folder, self.clock) for host in self.hosts]

    async def sign_after_failover(self) -> None:
        """Signs with the phone; if its own one-time value was lost, the response reports it, and no hold follows."""
        try:
            await self.sign()
        except RestoreUndeclared:
            self.forgotten += 1
            await self.declare()
            await self.sign()

    async def holds(self) -> object:
        return (await fetch(self.cluster.db, "SELECT holds FROM certificates"))["holds"]

    async def finds_a_copy(self) -> None:
        """Uses a clone of the phone after its owner has signed; afterwards everything is restored."""
        await self.mark(share=1)
        thief = replace(self.world.phone, rn=self.chance.randbytes(32))
        await self.sign()
        owner, before = self.world.phone, self.cluster.replica()
        self.world.phone = thief
        with pytest.raises(Clone):
            await self.sign()
        assert await self.holds() == "clone"
        self.world.phone = owner
        await self.cluster.fail_over(before)


async def _host(world: World, folder: Path, clock: Clock) -> Host:
    water = HighWater(world.db, await require_newest(world.db, folder), clock)
    await water.mark()
    return Host(folder, water, replace(world.opening, known=water.known))


@pytest.fixture
async def site(sqlite_url: str, keyring: Keyring, clock: Clock) -> AsyncIterator[Site]:
    opened, path = await open_database(sqlite_url), Path(sqlite_url.removeprefix("sqlite:///"))
    opened.sealer = SEALER
    cluster = Cluster(opened, path)
    world = await make_world(cluster, keyring, clock)  # type: ignore[arg-type]  # a Database by its attributes
    hosts = [await _host(world, path.with_name(f"host-{number}"), clock) for number in range(3)]
    yield Site(world, cluster, hosts, clock, random.Random(19))  # noqa: S311  # repeats itself
    await cluster.db.close()


async def test_hundred_failovers_hold_no_honest_phone_and_detect_clones(site: Site) -> None:
    for failover in range(100):
        site.asks = failover % 2 == 0
        await site.work(most=3)
        replica = site.cluster.replica()
        await site.work(most=3)
        await site.cluster.fail_over(replica)
        await site.after_failover()
        await site.sign_after_failover()
        assert await site.holds() == ""
        if failover % 10 == 9:
            await site.finds_a_copy()
    assert site.told >= 20
    assert site.forgotten >= 10
