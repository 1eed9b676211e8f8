"""The start of attacks on consents: a person with a shield, and a second account in the same name."""

import pytest

from tests.support.application import Application
from tests.support.consent import Both, both


@pytest.fixture
async def case(application: Application) -> Both:
    """A person with a shield, and a second account in the same name."""
    return await both(application)
