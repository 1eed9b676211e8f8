"""Calls are ended when their time is over: each by its own, by one timer for all, and none that somebody else ended."""

import asyncio

import pytest

from mshield.web.edge.deadlines import Deadlines
from mshield.web.problems import TookTooLong


async def _hang(deadlines: Deadlines, seconds: float) -> None:
    with deadlines.within(seconds):
        await asyncio.sleep(30)


async def test_each_call_has_its_own_time() -> None:
    deadlines, loop = Deadlines(), asyncio.get_running_loop()
    began = loop.time()
    short, long = (asyncio.create_task(_hang(deadlines, seconds)) for seconds in (0.1, 0.6))
    with pytest.raises(TookTooLong):
        await short
    first = loop.time() - began
    assert not long.done()
    with pytest.raises(TookTooLong):
        await long
    assert 0.1 <= first < 0.6 <= loop.time() - began
    with deadlines.within(0.1):
        await asyncio.sleep(0)
    await asyncio.sleep(0.3)  # what ended in time is not ended later
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]  # there is one


async def test_what_somebody_else_ends_ends_for_them() -> None:
    deadlines = Deadlines()
    early, late = (asyncio.create_task(_hang(deadlines, seconds)) for seconds in (30.0, 0.1))
    await asyncio.sleep(0.05)
    early.cancel()
    with pytest.raises(asyncio.CancelledError):
        await early

    deadlines_look = deadlines._look

    def both(loop: asyncio.AbstractEventLoop) -> None:
        deadlines_look(loop)
        late.cancel()  # in the same moment as its time is over

    await asyncio.sleep(0)
    assert deadlines._timer is not None
    deadlines._timer.cancel()
    asyncio.get_running_loop().call_later(0.2, both, asyncio.get_running_loop())
    with pytest.raises(asyncio.CancelledError):
        await late


async def test_an_error_in_time_is_the_calls_own() -> None:
    deadlines = Deadlines()
    with pytest.raises(TimeoutError), deadlines.within(10):
        raise TimeoutError
