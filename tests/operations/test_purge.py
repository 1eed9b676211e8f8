"""What only counted for a while goes after a day, and nothing that still counts."""

import pytest

from mshield.domain import errors
from mshield.keys.keyring import Keyring
from mshield.services.operations.purge import purge
from mshield.settings import Settings
from mshield.store.database.interface import Database
from tests.support.clock import Clock
from tests.support.registration_office import Office
from tests.support.signing import make_world


async def test_a_day_later_all_of_it_goes(db: Database, keyring: Keyring, clock: Clock) -> None:
    office = Office.on(db, keyring, Settings(session_seconds=60))
    await office.enter(now=clock(), sms_code=await office.code(now=clock()))
    with pytest.raises(errors.LoginFailed):
        await office.come_in(now=clock(), password="Wrong-password-1")
    await office.come_in(now=clock())
    assert await purge(db, now=clock()) == 0
    # Two captchas; counts of the address for SMS, captchas, logins, of its network for SMS and captchas; the number's
    # count and the day's; a code; a login.
    assert await purge(db, now=clock.advance(seconds=86_400 + 120)) == 11
    assert await purge(db, now=clock()) == 0
    await office.come_in(now=clock())


async def test_a_signing_session_goes_when_it_is_over_and_its_phone_goes_on(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    world = await make_world(db, keyring, clock)
    nonces = await world.commit([await world.task()])
    partials = world.partials(nonces, await world.open(nonces))
    assert await purge(db, now=clock()) == 0
    assert await purge(db, now=clock.advance(seconds=601)) == 1
    with pytest.raises(errors.NoSession):
        await world.finish(partials)
    await world.sign([await world.task()])
