"""Name look-ups: one at a time per name, none that delays another name, and a timeout."""

import asyncio
import gc
import socket
import threading

import pytest

from mshield.server.runtime.external.names import Names
from tests.support.slow_name_servers import hanging


async def test_look_up_returns_each_address_once() -> None:
    assert await Names().addresses("127.0.0.1") == ["127.0.0.1"]
    assert set(await Names().addresses("localhost")) <= {"127.0.0.1", "::1"}


@pytest.mark.parametrize("name", ["nobody.invalid", "", "a" * 70 + ".example", "a\0b", "a..b"])
async def test_a_name_that_does_not_resolve_is_an_error_each_time(name: str) -> None:
    names = Names()
    for _ in range(2):
        with pytest.raises(OSError, match=r"."):
            await names.addresses(name)


async def test_concurrent_callers_share_one_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with hanging(monkeypatch) as asked:
        names = Names(seconds=0.2)
        waiting = [asyncio.create_task(names.addresses("slow.example")) for _ in range(20)]
        found = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(each) for each in found} == {TimeoutError}
    assert asked == ["slow.example"]


async def test_caller_does_not_wait_for_an_overdue_look_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with hanging(monkeypatch) as asked:
        names = Names(seconds=0.1)
        for _ in range(3):
            async with asyncio.timeout(10) as waiting:
                with pytest.raises(TimeoutError):
                    await names.addresses("slow.example")
            assert not waiting.expired()
            names._seconds = 60.0  # longer than this test: a look-up of its own would exceed the limit
        assert asked == ["slow.example"]


async def test_hung_name_is_looked_up_again_once_it_answers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    names = Names(seconds=0.05)
    with hanging(monkeypatch) as asked, pytest.raises(TimeoutError):
        await names.addresses("slow.example")
    await asyncio.to_thread(_let_look_ups_end)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("192.0.2.1", 0))])
    assert await names.addresses("slow.example") == ["192.0.2.1"]
    assert asked == ["slow.example"]
    gc.collect()
    assert caplog.records == []  # a late error that no caller waits for is not logged


def _let_look_ups_end() -> None:
    for thread in threading.enumerate():
        if "_look_up" in thread.name:
            thread.join()


async def test_cancelled_caller_does_not_affect_the_others() -> None:
    names = Names()
    leaving, staying = (asyncio.create_task(names.addresses("127.0.0.1")) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == ["127.0.0.1"]


async def test_number_of_hanging_look_ups_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    with hanging(monkeypatch) as asked:
        names = Names(most=3, seconds=3.0)
        hung = [asyncio.create_task(names.addresses(f"slow-{number}.example")) for number in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await names.addresses("slow-3.example")
        assert not any(each.done() for each in hung)
        await asyncio.gather(*hung, return_exceptions=True)
        assert len(asked) == 3
