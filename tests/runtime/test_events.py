"""Notifications between processes: by PostgreSQL, batched, over lost connections; SQLite within its process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import pytest

from mshield.server.database import notifying
from mshield.server.runtime.events import ALONE_LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS, Events


@asynccontextmanager
async def _process(url: str | None) -> AsyncIterator[Events]:
    """Yields one process' events, connected with the others."""
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
    """Yields an event that is set at each change of the request."""
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
    """Waits until it has heard of another process, so that it names its changes."""
    assert events._link is not None
    link = events._link
    await _until(lambda: not link._alone)


async def _on_notification(changed: asyncio.Event) -> None:
    """Waits for a change, in less time than the next unprompted check."""
    async with asyncio.timeout(LOOK_AGAIN_SECONDS - 5):
        await changed.wait()


_OF_LINKS = "FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'mshield events'"


async def _kill_links(url: str) -> set[int]:
    """Terminates the notification connections, like an operator or a failover; returns PostgreSQL's process ids."""
    return await _pids(url, "SELECT pid, pg_terminate_backend(pid) " + _OF_LINKS)


async def _pids(url: str, query: str) -> set[int]:
    connection: Any = await asyncpg.connect(url)
    try:
        return {row["pid"] for row in await connection.fetch(query)}
    finally:
        await connection.close()


async def _until_replaced(url: str, killed: set[int]) -> None:
    """Waits for as many new connections: one that hasn't noticed its end would seem connected."""
    async with asyncio.timeout(10):
        while len(await _pids(url, "SELECT pid " + _OF_LINKS) - killed) < len(killed):
            pass


async def test_notification_reaches_the_other_process(postgresql_url: str) -> None:
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        with _watching(other, "a") as changed, _watching(other, "b") as unchanged:
            await _knows_of_another(one)
            changed.clear()
            unchanged.clear()
            one.notify("a")
            await _on_notification(changed)
            assert not unchanged.is_set()


async def test_single_process_sends_no_notifications_until_another_arrives(postgresql_url: str) -> None:
    sent: list[str] = []
    listener: Any = await asyncpg.connect(postgresql_url)  # not a process of the service
    await listener.add_listener(notifying.CHANNEL, lambda *heard: sent.append(heard[3]))
    async with _process(postgresql_url) as one:
        with _watching(one, "a") as changed:
            one.notify("a")
            assert changed.is_set()  # in its own process as always
        async with _process(postgresql_url) as other:
            # A change suppressed at the moment the other process arrived counts as announced.
            await _until(lambda: "*" in sent)
            with _watching(other, "b") as heard:
                heard.clear()
                one.notify("b")
                await _on_notification(heard)
        await _until(lambda: "b" in sent)
        assert sent == ["*", "b"]
    await listener.close()


async def test_silently_arriving_process_is_noticed_soon(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Like a process of an earlier release."""
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


async def test_many_changes_are_batched_in_few_notifications(postgresql_url: str) -> None:
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
    # PostgreSQL keeps the order of commits for each listener, so everything came before the last one.
    await listener.execute("SELECT pg_notify($1, 'the last')", notifying.CHANNEL)
    await _until(lambda: "the last" in sent)
    await listener.close()
    told = [payload for payload in sent if payload != "the last"]
    assert sum(len(payload.split()) for payload in told) == len(names)
    assert len(told) < 20


async def test_notifications_arrive_after_a_lost_connection(postgresql_url: str) -> None:
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        with _watching(other, "a") as changed:
            for _ in range(3):
                changed.clear()
                killed = await _kill_links(postgresql_url)
                assert len(killed) == 2
                one.notify("a")
                await _on_notification(changed)
                await _until_replaced(postgresql_url, killed)
                await _until(
                    lambda: {one.look_again_seconds, other.look_again_seconds} == {LOOK_AGAIN_SECONDS}
                )


async def test_waiting_calls_check_again_after_a_reconnect(postgresql_url: str) -> None:
    async with _process(postgresql_url) as events:
        with _watching(events, "a") as changed:
            changed.clear()
            await _kill_links(postgresql_url)  # what is announced meanwhile is lost
            await _on_notification(changed)


async def test_change_during_a_notification_is_sent_again() -> None:
    told: list[str] = []
    link = notifying.Link("postgresql://", hear=lambda _: None, hear_all=lambda: None)

    class Telling:
        async def fetch(self, *given: object, **_: object) -> None:
            told.append(str(given[1]))
            if len(told) == 1:
                link.send("a")  # a later change of the same request
                link.send("b")
            if len(told) == 2:
                raise OSError("the connection is lost")

    link.send("a")
    await link._send(Telling())
    with pytest.raises(OSError, match="lost"):
        await link._send(Telling())
    await link._send(Telling())
    assert told == ["a", "a b", "a b"]
    assert not link._unsent


async def test_change_as_the_connection_ends_is_sent_by_the_next_at_once() -> None:
    told = asyncio.Event()

    class _Connection:
        def __init__(self, *, closed: bool) -> None:
            self.is_closed = lambda: closed

        async def prepare(self, _statement: str, **_options: object) -> "_Connection":
            return self

        async def fetch(self, *_given: object, **_options: object) -> None:
            told.set()

    link = notifying.Link("postgresql://", hear=lambda _: None, hear_all=lambda: None)
    link.send("a")
    with pytest.raises(notifying._Closed):
        await link._serve(_Connection(closed=True))
    serving = asyncio.create_task(link._serve(_Connection(closed=False)))
    async with asyncio.timeout(2):
        await told.wait()
    serving.cancel()
    await asyncio.wait({serving})


async def test_process_arriving_during_the_check_is_not_missed() -> None:
    """The arrival came after the query's answer and before its receipt, so the process must not think it is alone."""

    class _Looking:
        async def fetchval(self, _query: str, **_options: object) -> int:
            link._on_announcement(self, 2, "", "")
            return 0

        def get_server_pid(self) -> int:
            return 1

    link = notifying.Link("postgresql://nobody@127.0.0.1:1/none", hear=lambda _: None, hear_all=lambda: None)
    link._hears = True
    await link._detect_others(_Looking())
    link.send("changed")
    assert link._unsent == {"changed": None}


async def test_too_many_pending_names_become_one_notification(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "_MAX_UNSENT", 10)
    async with _process(postgresql_url) as one, _process(postgresql_url) as other:
        with _watching(other, "nobody named it") as changed:
            changed.clear()
            for number in range(50):
                one.notify(str(number))
            await _on_notification(changed)


async def test_calls_poll_often_without_notifications() -> None:
    events = Events("postgresql://nobody@127.0.0.1:1/none")
    keeping = asyncio.create_task(events.keep())
    await asyncio.sleep(0.1)
    assert events.look_again_seconds == ALONE_LOOK_AGAIN_SECONDS
    assert not keeping.done()
    keeping.cancel()
    await asyncio.wait({keeping})
    assert Events().look_again_seconds == LOOK_AGAIN_SECONDS


async def test_events_stop_at_the_moment_of_a_notification(postgresql_url: str) -> None:
    events = Events(postgresql_url)
    keeping = asyncio.create_task(events.keep())
    await _until(lambda: events.look_again_seconds == LOOK_AGAIN_SECONDS)
    await asyncio.sleep(0.05)  # it is waiting for notifications now
    events.notify("a")
    keeping.cancel()
    await asyncio.wait({keeping}, timeout=5)
    assert keeping.cancelled()
