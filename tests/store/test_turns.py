"""Turns at the connections: so many at a time, in order, and none is lost with who waited for it."""

import asyncio

from mshield.store.database.connections import _Turns


async def _wait(turns: _Turns, name: str, got: list[str]) -> None:
    await turns.wait()
    got.append(name)


async def test_so_many_at_a_time_and_in_order() -> None:
    turns, got = _Turns(2), list[str]()
    assert turns.take()
    assert turns.take()
    assert not turns.take()
    waiting = [asyncio.create_task(_wait(turns, name, got)) for name in "abc"]
    await asyncio.sleep(0)
    turns.give_back()
    assert not turns.take()  # it is the first one's already
    await asyncio.sleep(0)
    assert got == ["a"]
    turns.give_back()
    turns.give_back()
    await asyncio.gather(*waiting)
    assert got == ["a", "b", "c"]
    assert not turns.take()
    turns.give_back()
    turns.give_back()
    assert turns.take()
    assert turns.take()
    assert not turns.take()


async def test_a_turn_goes_on_where_its_taker_has_gone() -> None:
    turns, got = _Turns(1), list[str]()
    assert turns.take()
    early, late, last = [asyncio.create_task(_wait(turns, name, got)) for name in "abc"]
    await asyncio.sleep(0)
    early.cancel()  # before its turn
    await asyncio.sleep(0)
    turns.give_back()
    late.cancel()  # in the moment of it
    await asyncio.wait({early, late, last})
    assert got == ["c"]
    turns.give_back()
    assert turns.take()


async def test_who_waits_for_what_is_free_needn_t() -> None:
    turns = _Turns(1)
    async with asyncio.timeout(1):
        await turns.wait()
    assert not turns.take()
