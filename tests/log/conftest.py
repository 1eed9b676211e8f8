"""A log with each kind of row."""

import pytest

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from tests.support.filled_log import LoggedService


@pytest.fixture
async def service(db: Database, keyring: Keyring) -> LoggedService:
    logged = await LoggedService.on(db, keyring)
    await logged.live()
    return logged
