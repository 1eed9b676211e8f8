"""Positions in the log: consecutive, final, each row once, even with two processes and a kill in between."""

import asyncio
from dataclasses import dataclass
from typing import Final, TypeVar

import pytest

from mshield.pki.tlog.merkle import EMPTY_ROOT, check_consistency
from mshield.pki.tlog.note import Checkpoint, open_checkpoint
from mshield.pki.tlog.tiles import Tile
from mshield.server.database.interface import Database, StoreError, Work
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query
from mshield.server.keys.keyring import Keyring
from mshield.server.log import sequence as sequencing
from mshield.server.log.damage import LogDamaged
from mshield.server.log.open_log import Log, open_log
from mshield.server.log.read import prove_inclusion, read_bundle, read_checkpoint, read_tile
from mshield.server.log.rows import log as store
from mshield.server.log.sequence import sequence
from mshield.server.settings.settings import Settings
from tests.support.clock import START
from tests.support.filled_log import LIFE, ORIGIN, LoggedService
from tests.support.killed_database import DatabaseBehind, TxBehind
from tests.support.signing import execute, fetch, statement

T = TypeVar("T")
_PLACES: Final = statement(
    "SELECT log_index FROM signatures UNION ALL SELECT log_index FROM certificate_events"
    " UNION ALL SELECT log_index FROM acts UNION ALL SELECT log_index FROM sealed_changes"
    " UNION ALL SELECT log_index FROM views ORDER BY log_index"
)


@pytest.fixture
async def service(db: Database, keyring: Keyring) -> LoggedService:
    return await LoggedService.on(db, keyring)


async def _checkpoint(service: LoggedService) -> Checkpoint:
    return open_checkpoint(await read_checkpoint(service.log), service.log.key.verifier)


async def _places(db: Database) -> list[int]:
    return [row["log_index"] for row in await db.all(_PLACES)]


async def test_a_new_log_is_empty_signed_and_named(service: LoggedService) -> None:
    assert await _checkpoint(service) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert await service.sequence() == 0


async def test_its_name_stays_when_the_address_changes(service: LoggedService) -> None:
    moved = await open_log(
        service.db, service.keyring, Settings.of(public_origin="https://new.example").site, now=START
    )
    assert moved.key.verifier == service.log.key.verifier


async def test_each_row_gets_one_position(service: LoggedService) -> None:
    await service.live()
    # Two issues, three events, five signatures, two acts, two people and their enterprise.
    assert (await _checkpoint(service)).size == LIFE
    assert await _places(service.db) == list(range(LIFE))
    assert await service.sequence() == 0
    assert await store.count_waiting(service.db) == 0


async def test_position_never_changes(service: LoggedService) -> None:
    serial = await service.certify()
    seen: dict[bytes, int | None] = {}
    checkpoints = []
    for _ in range(4):
        sids = await service.sign(serial, count=150)
        assert await store.log_position(service.db, sid=sids[0]) is None
        await service.sequence()
        checkpoints.append(await _checkpoint(service))
        for sid, place in seen.items():
            assert await store.log_position(service.db, sid=sid) == place
        seen |= {sid: await store.log_position(service.db, sid=sid) for sid in sids}
    assert sorted(seen.values(), key=lambda place: place or 0) == list(range(4, 604))
    last = checkpoints[-1]
    for old in checkpoints:
        proof = await service.prove_consistency(old=old.size, size=last.size)
        check_consistency(old=old.size, size=last.size, old_root=old.root, root=last.root, proof=proof)


async def test_several_batches_keep_the_order(
    service: LoggedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencing, "BATCH", 100)
    serial = await service.certify()
    await service.sign(serial, count=420)
    assert await service.sequence() == 424
    assert await _places(service.db) == list(range(424))
    for index in (0, 255, 256, 423):
        assert (await prove_inclusion(service.log, index=index)).check(
            service.log.key.verifier
        ).index == index


async def test_tiles_and_bundles_as_wide_as_any_checkpoint_had_them(service: LoggedService) -> None:
    serial = await service.certify()
    await service.sign(serial, count=96)
    await service.sequence()
    narrow = await read_tile(service.log, Tile(0, 0, 100))
    bundle = await read_bundle(service.log, number=0, width=100)
    assert narrow is not None
    assert await read_tile(service.log, Tile(0, 0, 101)) is None
    assert await read_bundle(service.log, number=0, width=101) is None
    assert await read_tile(service.log, Tile(1, 0, 1)) is None
    await service.sign(serial, count=200)
    await service.sequence()
    assert await read_tile(service.log, Tile(0, 0, 100)) == narrow
    assert await read_bundle(service.log, number=0, width=100) == bundle
    assert len(await read_tile(service.log, Tile(0, 0, 256)) or b"") == 8192
    assert await read_tile(service.log, Tile(1, 0, 1)) is not None


async def test_concurrent_sequencers_make_one_log(postgresql_url: str, keyring: Keyring) -> None:
    first, second = [await open_database(postgresql_url, pool_size=4) for _ in range(2)]
    try:
        service = await LoggedService.on(first, keyring)
        other = await open_log(second, keyring, Settings().site, now=START)
        serial = await service.certify()
        total = 4
        for _ in range(10):
            total += len(await service.sign(serial, count=60))
            done = await asyncio.gather(
                *(sequence(log, now=START) for log in (service.log, other) for _ in range(3))
            )
            assert sum(done) <= 64
        await sequence(other, now=START)
        assert await _places(first) == list(range(total))
        assert (await _checkpoint(service)).size == total
        proof = await prove_inclusion(service.log, index=total - 1)
        assert proof.check(other.key.verifier).index == total - 1
    finally:
        await first.close()
        await second.close()


class _Killed(Exception):
    """The end of the process."""


@dataclass(slots=True)
class _Dying(DatabaseBehind):
    """A database whose process is killed after some statements of a transaction."""

    steps: int

    async def write(self, work: Work[T]) -> T:
        return await self.db.write(lambda tx: work(_DyingTx(tx, self)))


@dataclass(slots=True)
class _DyingTx(TxBehind):
    process: _Dying

    async def run(self, query: Query, **values: object) -> int:
        if self.process.steps == 0:
            raise _Killed
        self.process.steps -= 1
        return await self.tx.run(query, **values)


async def test_a_kill_at_any_statement_leaves_the_log_as_it_was(service: LoggedService) -> None:
    serial = await service.certify()
    await service.sign(serial, count=10)
    await service.sequence()
    before = await _checkpoint(service)
    await service.sign(serial, count=300)
    await service.act()
    killed, added = 0, 0
    while not added:
        try:
            added = await sequence(Log(_Dying(service.db, killed), service.log.key), now=service.now)
        except _Killed:
            killed += 1
            assert await _checkpoint(service) == before
            assert await store.count_waiting(service.db) == 301
            assert await read_tile(service.log, Tile(0, 0, 15)) is None
    assert added == 301
    assert killed > 5
    assert await _places(service.db) == list(range(315))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE log_tiles SET hashes = $1 WHERE width < 256",
        "DELETE FROM log_tiles",
        "DELETE FROM log_bundles",
        "UPDATE log_state SET size = 5",
        "UPDATE log_state SET checkpoint = replace(checkpoint, 'shield', 'shiald')",
    ],
)
async def test_nothing_is_added_to_a_damaged_log(service: LoggedService, damage: str) -> None:
    serial = await service.certify()
    await service.sign(serial, count=5)
    await service.sequence()
    await execute(service.db, damage, *([bytes(6 * 32)] if "$1" in damage else []))
    await service.sign(serial)
    before = await fetch(service.db, "SELECT checkpoint FROM log_state")
    with pytest.raises(LogDamaged):
        await service.sequence()
    assert await fetch(service.db, "SELECT checkpoint FROM log_state") == before
    assert await store.count_waiting(service.db) == 1


async def test_a_waiting_row_with_no_number_for_a_time_stops_the_log(service: LoggedService) -> None:
    serial = await service.certify()
    await service.sequence()
    await service.sign(serial)
    late = "UPDATE signatures SET signed_at = 'soon' WHERE log_index IS NULL"
    if service.db.dialect == "postgresql":  # which stores only numbers
        with pytest.raises(StoreError):
            await execute(service.db, late)
        return
    await execute(service.db, late)
    with pytest.raises(LogDamaged):
        await service.sequence()
