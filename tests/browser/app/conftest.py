"""The engine's bundle, made once for all tests of a run."""

from pathlib import Path

import pytest

from tests.browser.app.seeded import bundle
from tests.support.once import once


@pytest.fixture(scope="session")
def engine() -> Path:
    """The folder with the engine as the app has it."""
    return once("engine", bundle)
