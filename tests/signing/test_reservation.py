"""An attempt is counted together with the binding of its session, on both databases, or not at all."""

import pytest

from mshield.server.signing import key as signing_key
from mshield.server.signing.rows import sessions as store
from mshield.server.signing.rows.rows import KeyRow
from tests.support.signing import World, execute


async def _read(world: World) -> KeyRow:
    key, _ = await signing_key.find(world.db, world.phone.caller, world.phone.uid, [], now=world.clock())
    return key


async def test_r10_nothing_is_counted_if_the_session_is_gone(world: World) -> None:
    """The job that deletes expired sessions changes no key, so the key's generation doesn't reveal the deletion."""
    await world.open(await world.commit([await world.task()]))
    key = await _read(world)
    await execute(world.db, "DELETE FROM signing_sessions WHERE uid = $1", world.phone.uid)
    with pytest.raises(store.ConcurrentUpdate):
        await store.reserve_attempt(world.db, key, fb=bytes(32), now=world.clock())
    assert await world.counters() == (0, 0)
    assert (await _read(world)).generation == key.generation


async def test_r10_nothing_is_counted_if_the_session_is_bound_to_another_body(world: World) -> None:
    await world.open(await world.commit([await world.task()]))
    key = await _read(world)
    await execute(world.db, "UPDATE signing_sessions SET fb = $1 WHERE uid = $2", bytes(32), world.phone.uid)
    with pytest.raises(store.ConcurrentUpdate):
        await store.reserve_attempt(world.db, key, fb=b"1" * 32, now=world.clock())
    assert await world.counters() == (0, 0)


async def test_r10_attempt_of_an_open_session_is_counted_once(world: World) -> None:
    await world.open(await world.commit([await world.task()]))
    key = await _read(world)
    await store.reserve_attempt(world.db, key, fb=bytes(32), now=world.clock())
    assert await world.counters() == (1, 1)
    with pytest.raises(store.ConcurrentUpdate):
        await store.reserve_attempt(world.db, key, fb=bytes(32), now=world.clock())
    assert await world.counters() == (1, 1)
