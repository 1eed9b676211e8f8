"""Fixtures for the tests of the manual's rules, on each database."""

import pytest

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from tests.support.clock import Clock
from tests.support.renewal import Renewing, make_renewing
from tests.support.signing import World, make_world


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A logged-in phone of a filed operator, without a certificate."""
    return await make_world(db, keyring, clock, enrolled=False)


@pytest.fixture
async def renewing(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """A phone whose certificate is valid for 100 more days; a renewal makes a new key."""
    return await make_renewing(db, keyring, clock)
