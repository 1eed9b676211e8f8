"""Turns at the connections: limited in number, in order, and not lost with a waiter that leaves."""

import asyncio

from mshield.server.database.connections import _Turns


async def _wait(turns: _Turns, name: str, got: list[str]) -> None:
    await turns.wait()
    got.append(name)


async def test_turns_are_limited_and_in_order() -> None:
    turns, got = _Turns(2), list[str]()
    assert turns.take()
    assert turns.take()
    assert not turns.take()
    waiting = [asyncio.create_task(_wait(turns, name, got)) for name in "abc"]
    await asyncio.sleep(0)
    turns.give_back()
    assert not turns.take()  # it belongs to the first one already
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


async def test_turn_of_a_cancelled_waiter_is_passed_on() -> None:
    turns, got = _Turns(1), list[str]()
    assert turns.take()
    early, late, last = [asyncio.create_task(_wait(turns, name, got)) for name in "abc"]
    await asyncio.sleep(0)
    early.cancel()  # before its turn
    await asyncio.sleep(0)
    turns.give_back()
    late.cancel()  # at its turn
    await asyncio.wait({early, late, last})
    assert got == ["c"]
    turns.give_back()
    assert turns.take()


async def test_free_turn_needs_no_wait() -> None:
    turns = _Turns(1)
    async with asyncio.timeout(1):
        await turns.wait()
    assert not turns.take()
