"""Somebody with a shield, and a second account under their name: what the attacks on consents begin with."""

import pytest

from tests.support.application import Application
from tests.support.consent import Both, both


@pytest.fixture
async def case(application: Application) -> Both:
    """Somebody with a shield, and a second account under their name."""
    return await both(application)
