"""Attack D: a renewal keeps the PIN, so it must keep the count of wrong attempts: 50 in all, not 50 per key."""

import pytest

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.signing.errors import PinLocked, WrongPin
from mshield.wire.pin_tries import MAX_WRONG_TOTAL
from tests.support.clock import Clock
from tests.support.renewal import Renewing, make_renewing
from tests.support.signing import WRONG_SHARE


@pytest.fixture
async def renewing(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    return await make_renewing(db, keyring, clock)


async def _guess(renewing: Renewing, times: int) -> int:
    """Makes wrong attempts, with a fresh copy after each success of the owner."""
    world, wrong = renewing.world, 0
    while wrong < times:
        for _ in range(min(4, times - wrong)):
            with pytest.raises((WrongPin, PinLocked)) as refused:
                await world.sign([await world.task()], d1=WRONG_SHARE)
            wrong += 1
            if isinstance(refused.value, PinLocked):
                return wrong
        await world.sign([await world.task()])
    return wrong


async def test_r10_renewal_keeps_the_count_of_wrong_attempts(renewing: Renewing) -> None:
    assert await _guess(renewing, 44) == 44
    before = (await renewing.world.counters())[1]
    await renewing.renewed()
    assert await renewing.world.counters() == (0, before)
    assert await _guess(renewing, 44) == MAX_WRONG_TOTAL - 44


async def test_r10_wrong_attempts_before_the_confirmation_count(renewing: Renewing) -> None:
    await _guess(renewing, 20)
    new, renewal = await renewing.issued()
    await _guess(renewing, 20)  # at the old key, while the new one is pending
    await renewing.confirm(new, renewal)
    renewing.world.phone = renewing.old = new
    assert (await renewing.world.counters())[1] == 40
