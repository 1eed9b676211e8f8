"""News between processes: PostgreSQL's notifications, batched, over lost connections; SQLite within its process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import pytest

from mshield.services.process.events import ALONE_LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS, Events
from mshield.store.database import notifying


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


@contextmanager
def _watching(events: Events, name: str) -> Iterator[asyncio.Event]:
    """Set at each change of the request."""
    changed = asyncio.Event()
    events.watch(name, changed.set)
    try:
        yield changed
    finally:
        events.unwatch(name, changed.set)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # what is waited for is the database's
            await asyncio.sleep(0.005)


async def _knows_of_another(events: Events) -> None:
    """Until it has heard that another process came, so that it names what changes."""
    assert events._link is not None
    link = events._link
    await _until(lambda: not link._alone)


async def _heard(changed: asyncio.Event) -> None:
    """In less time than anyone takes to look again unasked."""
    async with asyncio.timeout(LOOK_AGAIN_SECONDS - 5):
        await changed.wait()


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
        with _watching(other, "a") as changed, _watching(other, "b") as unchanged:
            await _knows_of_another(one)
            changed.clear()
            unchanged.clear()
            one.notify("a")
            await _heard(changed)
            assert not unchanged.is_set()


async def test_who_is_alone_tells_nobody_until_another_comes(postgresql_url: str) -> None:
    sent: list[str] = []
    listener: Any = await asyncpg.connect(postgresql_url)  # no process of the service
    await listener.add_listener(notifying.CHANNEL, lambda *heard: sent.append(heard[3]))
    async with _process(postgresql_url) as one:
        with _watching(one, "a") as changed:
            one.notify("a")
            assert changed.is_set()  # in its own process as ever
        async with _process(postgresql_url) as other:
            # What was kept quiet in the moment in which the other came counts as told.
            await _until(lambda: "*" in sent)
            with _watching(other, "b") as heard:
                heard.clear()
                one.notify("b")
                await _heard(heard)
        await _until(lambda: "b" in sent)
        assert sent == ["*", "b"]
    await listener.close()


async def test_one_that_says_nothing_when_it_comes_is_seen_soon(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process of an earlier release does."""
    sent: list[str] = []
    monkeypatch.setattr(notifying, "_CHECK_SECONDS", 0.05)
    async with _process(postgresql_url) as one:
        one.notify("a")
        other: Any = await asyncpg.connect(
            postgresql_url, server_settings={"application_name": "mshield events"}
        )
        await other.add_listener(notifying.CHANNEL, lambda *heard: sent.append(heard[3]))
        async with asyncio.timeout(notifying._QUIET_SECONDS):
            while "*" not in sent:  # noqa: ASYNC110  # what is waited for is the database's
                await asyncio.sleep(0.01)
        one.notify("b")
        await _until(lambda: "b" in sent)
        await other.close()


async def test_many_at_once_are_told_in_few_notifications(postgresql_url: str) -> None:
    sent: list[str] = []
    names = {f"{number:036d}" for number in range(1000)}
    listener: Any = await asyncpg.connect(postgresql_url)
    await listener.add_listener(notifying.CHANNEL, lambda *heard: sent.append(heard[3]))
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        heard = set[str]()
        await _knows_of_another(one)
        for name in names:
            other.watch(name, lambda name=name: heard.add(name))  # type: ignore[misc]  # mypy infers no lambda with a default
        for name in names:
            one.notify(name)
            one.notify(name)
        await _until(lambda: heard == names)
    # PostgreSQL keeps the order of commits for each listener, so what comes before the last is all there was.
    await listener.execute("SELECT pg_notify($1, 'the last')", notifying.CHANNEL)
    await _until(lambda: "the last" in sent)
    await listener.close()
    told = [payload for payload in sent if payload != "the last"]
    assert sum(len(payload.split()) for payload in told) == len(names)
    assert len(told) < 20


async def test_news_of_a_lost_connection_arrive_when_it_is_back(postgresql_url: str) -> None:
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        with _watching(other, "a") as changed:
            for _ in range(3):
                changed.clear()
                killed = await _kill_links(postgresql_url)
                assert len(killed) == 2
                one.notify("a")
                await _heard(changed)
                await _until_replaced(postgresql_url, killed)
                await _until(
                    lambda: {one.look_again_seconds, other.look_again_seconds} == {LOOK_AGAIN_SECONDS}
                )


async def test_whoever_waits_looks_again_after_a_new_connection(postgresql_url: str) -> None:
    async with _process(postgresql_url) as events:
        with _watching(events, "a") as changed:
            changed.clear()
            await _kill_links(postgresql_url)  # what was told meanwhile is not heard
            await _heard(changed)


async def test_what_is_told_while_the_others_are_being_told_is_told_again() -> None:
    told: list[str] = []
    link = notifying.Link("postgresql://", hear=lambda _: None, hear_all=lambda: None)

    class Telling:
        async def fetch(self, *given: object, **_: object) -> None:
            told.append(str(given[1]))
            if len(told) == 1:
                link.tell("a")  # a later change of the same request
                link.tell("b")
            if len(told) == 2:
                raise OSError("the connection is lost")

    link.tell("a")
    await link._tell(Telling())
    with pytest.raises(OSError, match="lost"):
        await link._tell(Telling())
    await link._tell(Telling())
    assert told == ["a", "a b", "a b"]
    assert not link._untold


async def test_who_comes_while_the_others_are_looked_for_is_not_overlooked() -> None:
    """Their word came after the answer was made and before it was here: nobody is told alone after that."""

    class _Looking:
        async def fetchval(self, _query: str, **_options: object) -> int:
            link._heard_of_another(self, 2, "", "")
            return 0

        def get_server_pid(self) -> int:
            return 1

    link = notifying.Link("postgresql://nobody@127.0.0.1:1/none", hear=lambda _: None, hear_all=lambda: None)
    link._hears = True
    await link._look_around(_Looking())
    link.tell("changed")
    assert link._untold == {"changed": None}


async def test_too_many_untold_names_become_one_word(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "_MOST_UNTOLD", 10)
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        with _watching(other, "nobody named it") as changed:
            changed.clear()
            for number in range(50):
                one.notify(str(number))
            await _heard(changed)


async def test_without_the_others_a_call_looks_often() -> None:
    events = Events("postgresql://nobody@127.0.0.1:1/none")
    keeping = asyncio.create_task(events.keep())
    await asyncio.sleep(0.1)
    assert events.look_again_seconds == ALONE_LOOK_AGAIN_SECONDS
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait({keeping})
    assert Events().look_again_seconds == LOOK_AGAIN_SECONDS


async def test_it_ends_when_told_to_in_the_moment_of_news(postgresql_url: str) -> None:
    events = Events(postgresql_url)
    keeping = asyncio.create_task(events.keep())
    await _until(lambda: events.look_again_seconds == LOOK_AGAIN_SECONDS)
    await asyncio.sleep(0.05)  # it waits for news now
    events.notify("a")
    keeping.cancel()
    await asyncio.wait({keeping}, timeout=5)
    assert keeping.cancelled()
