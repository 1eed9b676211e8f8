"""Calls end at their deadline: one timer serves all, and calls ended by others are left alone."""

import asyncio

import pytest

from mshield.server.http.edge.bodies import Deadlines
from mshield.server.http.problems import TookTooLong


async def _hang(deadlines: Deadlines, seconds: float) -> None:
    with deadlines.within(seconds):
        await asyncio.sleep(30)


async def test_each_call_has_its_own_deadline() -> None:
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
    await asyncio.sleep(0.3)  # a call that ended in time is not ended later
    assert not asyncio.current_task().cancelling()  # type: ignore[union-attr]  # there is one


async def test_call_cancelled_by_its_caller_is_no_timeout() -> None:
    deadlines = Deadlines()
    early, late = (asyncio.create_task(_hang(deadlines, seconds)) for seconds in (30.0, 0.1))
    await asyncio.sleep(0.05)
    early.cancel()
    with pytest.raises(asyncio.CancelledError):
        await early

    deadlines_look = deadlines._check

    def both(loop: asyncio.AbstractEventLoop) -> None:
        deadlines_look(loop)
        late.cancel()  # at the same moment as its deadline

    await asyncio.sleep(0)
    assert deadlines._timer is not None
    deadlines._timer.cancel()
    asyncio.get_running_loop().call_later(0.2, both, asyncio.get_running_loop())
    with pytest.raises(asyncio.CancelledError):
        await late


async def test_error_before_the_deadline_is_raised() -> None:
    deadlines = Deadlines()
    with pytest.raises(TimeoutError), deadlines.within(10):
        raise TimeoutError
