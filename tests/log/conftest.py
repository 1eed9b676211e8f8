"""A log over a life of each kind of row."""

import pytest

from mshield.keys.keyring import Keyring
from mshield.store.database.interface import Database
from tests.support.filled_log import LoggedService


@pytest.fixture
async def service(db: Database, keyring: Keyring) -> LoggedService:
    logged = await LoggedService.on(db, keyring)
    await logged.live()
    return logged
