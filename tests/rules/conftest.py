"""What the tests of the manual's rules start from, on each database."""

import pytest

from mshield.keys.keyring import Keyring
from mshield.store.database.interface import Database
from tests.support.clock import Clock
from tests.support.renewal import Renewing, make_renewing
from tests.support.signing import World, make_world


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A logged-in phone of a filed operator, which has no certificate yet."""
    return await make_world(db, keyring, clock, enrolled=False)


@pytest.fixture
async def renewing(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """A phone whose certificate has 100 days left; a renewal makes a new key."""
    return await make_renewing(db, keyring, clock)
