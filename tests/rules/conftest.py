"""What the tests of the manual's rules start from, on each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mshield.keys.keyring import Keyring
from mshield.store.database.interface import Database
from tests.application import Application, running
from tests.conftest import Clock
from tests.renewing import Renewing, make_renewing
from tests.signing import World, make_world


@pytest.fixture
async def application(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    """A running application, nobody registered."""
    async with running(database_url, tmp_path, clock) as made:
        yield made


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A logged-in phone of a filed operator, which has no certificate yet."""
    return await make_world(db, keyring, clock, enrolled=False)


@pytest.fixture
async def renewing(db: Database, keyring: Keyring, clock: Clock) -> Renewing:
    """A phone whose certificate has 100 days left; a renewal makes a new key."""
    return await make_renewing(db, keyring, clock)
