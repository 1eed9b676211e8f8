"""Statistics: each process adds its counts to the hour's, a failing database loses none, old ones are purged."""

import asyncio
from typing import Final

import pytest

from mshield.server.database.interface import Database, Unavailable
from mshield.server.retention.sweep import purge
from mshield.server.runtime.metrics import Metrics
from mshield.server.runtime.rows import metrics as store
from mshield.server.runtime.rows.metrics import CountRow
from mshield.server.values.percentiles import UNTIMED
from mshield.wire.times import DAY_MS, HOUR_MS
from tests.support.clock import START

HOUR: Final = START // HOUR_MS * HOUR_MS


async def _all(db: Database) -> set[tuple[str, str, int, int]]:
    rows = await store.between(db, start=0, until=2**62)
    return {(row.operation, row.code, row.bucket, row.count) for row in rows}


async def test_the_counts_of_several_processes_add_up(db: Database) -> None:
    processes = [Metrics() for _ in range(5)]
    for each in processes:
        each.note("sign", "", 0.004)
        each.note("sign", "wrong_pin", 0.004)
        each.count("declined", "not_me", 2)
    await asyncio.gather(*(each.flush(db, now=START) for each in processes))
    processes[0].note("sign", "", 0.0041)
    await processes[0].flush(db, now=START + 1)
    assert await _all(db) == {
        ("sign", "", 3, 6),
        ("sign", "wrong_pin", 3, 5),
        ("declined", "not_me", UNTIMED, 10),
    }
    assert await processes[0].flush(db, now=START + 1) == 0


async def test_counts_refused_by_a_failing_database_are_kept(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics()
    metrics.count("x")

    async def fail(*_: object, **__: object) -> None:
        metrics.count("x")  # meanwhile
        raise Unavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(store, "add", fail)
        with pytest.raises(Unavailable):
            await metrics.flush(db, now=START)
    await metrics.flush(db, now=START)
    assert await _all(db) == {("x", "", UNTIMED, 2)}


async def test_hourly_counts_are_kept_for_thirteen_months(db: Database) -> None:
    metrics = Metrics()
    metrics.count("x")
    await metrics.flush(db, now=START)
    await purge(db, now=HOUR + 400 * DAY_MS)
    assert await store.between(db, start=HOUR, until=HOUR + 1) == [CountRow(HOUR, "x", "", UNTIMED, 1)]
    await purge(db, now=HOUR + 400 * DAY_MS + 1)
    assert await _all(db) == set()


async def test_metrics_are_flushed_regularly_and_at_the_end(db: Database) -> None:
    metrics = Metrics()
    now = START // 60_000 * 60_000 + 59_500
    task = asyncio.create_task(metrics.keep(db, lambda: now))
    metrics.count("x")
    async with asyncio.timeout(20):
        while not await _all(db):  # noqa: ASYNC110  # what is waited for is the database's
            await asyncio.sleep(0.02)
    assert await _all(db) == {("x", "", UNTIMED, 1)}
    metrics.count("y")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {each[0] for each in await _all(db)} == {"x", "y"}
