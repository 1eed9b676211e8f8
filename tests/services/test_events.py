"""News between processes: PostgreSQL's notifications, batched, over lost connections; SQLite within its process."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from mshield.services.events import ALONE_LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS, Events
from mshield.services.waiting import wait_for_change
from mshield.store import notifying


@asynccontextmanager
async def _process(url: str | None) -> AsyncIterator[Events]:
    """What one process holds, in touch with the others."""
    events = Events(url)
    keeping = asyncio.create_task(events.keep())
    try:
        if url is not None:
            await _until(lambda: events.look_again_seconds == LOOK_AGAIN_SECONDS)
        yield events
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what is waited for is the database's
            await asyncio.sleep(0.005)


async def _seconds(work: Awaitable[object]) -> float:
    start = time.monotonic()
    async with asyncio.timeout(10):
        await work
    return time.monotonic() - start


_OF_LINKS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mshield events'"


async def _kill_links(url: str) -> set[int]:
    """Ends the connections for news, as an operator or a failover does; the ended processes of PostgreSQL."""
    return await _pids(url, "SELECT pid, pg_terminate_backend(pid) " + _OF_LINKS)


async def _pids(url: str, query: str) -> set[int]:
    connection: Any = await asyncpg.connect(url)
    try:
        return {row["pid"] for row in await connection.fetch(query)}
    finally:
        await connection.close()


async def _until_replaced(url: str, killed: set[int]) -> None:
    """Until there are as many new ones: who hasn't noticed its end yet would pass for connected."""
    async with asyncio.timeout(10):
        while len(await _pids(url, "SELECT pid " + _OF_LINKS) - killed) < len(killed):
            pass


async def test_what_one_process_tells_the_other_hears(postgresql_url: str) -> None:
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        with other.watching("a") as changed, other.watching("b") as unchanged:
            changed.clear()
            unchanged.clear()
            one.notify("a")
            assert await _seconds(changed.wait(10)) < 1
            assert not unchanged.is_set


async def test_many_at_once_are_told_in_few_notifications(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    names = {f"{number:036d}" for number in range(1000)}
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        listener: Any = await asyncpg.connect(postgresql_url)
        await listener.add_listener(notifying.CHANNEL, lambda *heard: sent.append(heard[3]))
        heard = set[str]()
        for name in names:
            other.watch(name, lambda name=name: heard.add(name))  # type: ignore[misc]
        for name in names:
            one.notify(name)
            one.notify(name)
        await _until(lambda: heard == names)
        await listener.close()
    assert sum(len(payload.split()) for payload in sent) == len(names)
    assert len(sent) < 20


async def test_news_of_a_lost_connection_arrive_when_it_is_back(postgresql_url: str) -> None:
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        with other.watching("a") as changed:
            for _ in range(3):
                changed.clear()
                killed = await _kill_links(postgresql_url)
                assert len(killed) == 2
                one.notify("a")
                assert await _seconds(changed.wait(10)) < 2
                await _until_replaced(postgresql_url, killed)
                await _until(
                    lambda: {one.look_again_seconds, other.look_again_seconds} == {LOOK_AGAIN_SECONDS}
                )


async def test_whoever_waits_looks_again_after_a_new_connection(postgresql_url: str) -> None:
    async with _process(postgresql_url) as events:
        with events.watching("a") as changed:
            changed.clear()
            await _kill_links(postgresql_url)  # what was told meanwhile is not heard
            assert await _seconds(changed.wait(10)) < 2


async def test_too_many_untold_names_become_one_word(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "_MOST_UNTOLD", 10)
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        with other.watching("nobody named it") as changed:
            changed.clear()
            for number in range(50):
                one.notify(str(number))
            assert await _seconds(changed.wait(10)) < 1


async def test_without_the_others_a_call_looks_often() -> None:
    events = Events("postgresql://nobody@127.0.0.1:1/none")
    keeping = asyncio.create_task(events.keep())
    await asyncio.sleep(0.1)
    assert events.look_again_seconds == ALONE_LOOK_AGAIN_SECONDS
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait({keeping})
    assert Events().look_again_seconds == LOOK_AGAIN_SECONDS


# ---- a call that waits ----


@dataclass
class _Request:
    state: str = "waiting"
    expires_at: int = 10_000
    looks: int = 0

    async def look(self, now: int) -> "_Request":
        self.looks += 1
        state = "expired" if now >= self.expires_at and self.state == "waiting" else self.state
        return _Request(state, self.expires_at)


async def _wait(events: Events, request: _Request, *, seconds: int = 5, now: int = 0) -> str:
    found = await wait_for_change(events, "a", request.look, known="waiting", seconds=seconds, now=now)
    return found.state


async def test_a_change_wakes_the_call() -> None:
    events, request = Events(), _Request()
    call = asyncio.create_task(_wait(events, request))
    await asyncio.sleep(0)
    events.notify("another")
    request.state = "scanned"
    events.notify("a")
    assert await _seconds(call) < 1
    assert call.result() == "scanned"
    assert request.looks == 2
    assert not events._waiting


async def test_the_end_of_its_time_is_told_when_it_comes() -> None:
    request = _Request(expires_at=10_000)
    took = await _seconds(_wait(Events(), request, now=9_800))
    assert 0.19 < took < 0.5
    assert await _wait(Events(), request, now=9_900) == "expired"


async def test_nothing_new_is_told_after_its_seconds() -> None:
    request = _Request()
    assert 0.9 < await _seconds(_wait(Events(), request, seconds=1)) < 1.5
    assert request.looks == 2


async def test_a_process_that_ends_lets_nobody_wait() -> None:
    events, request = Events(), _Request()
    call = asyncio.create_task(_wait(events, request, seconds=60))
    await asyncio.sleep(0)
    events.stop()
    assert await _seconds(call) < 1
    assert await _seconds(_wait(events, request, seconds=60)) < 1


async def test_it_ends_when_told_to_in_the_moment_of_news(postgresql_url: str) -> None:
    events = Events(postgresql_url)
    keeping = asyncio.create_task(events.keep())
    await _until(lambda: events.look_again_seconds == LOOK_AGAIN_SECONDS)
    await asyncio.sleep(0.05)  # it waits for news now
    events.notify("a")
    keeping.cancel()
    await asyncio.wait({keeping}, timeout=5)
    assert keeping.cancelled()
