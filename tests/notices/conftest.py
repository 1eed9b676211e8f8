"""Fixtures shared by the tests of notices."""

import pytest

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.notices.notify import Notify
from mshield.server.settings.settings import Settings
from tests.support.clock import START
from tests.support.issuing import Ca, make_ca
from tests.support.notices import Gateway


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    return await make_ca(db, keyring, now=START)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def notify(db: Database, gateway: Gateway) -> Notify:
    return Notify(db, Settings(), gateway)
