"""The engine's bundle, made once for all tests of a run; staff at the console, who see what happens in the app."""

from pathlib import Path

import pytest

from tests.browser.app.seeded import bundle
from tests.browser.desk.console import log_in_as
from tests.support.once import once

__all__ = ["engine", "log_in_as"]


@pytest.fixture(scope="session")
def engine() -> Path:
    """The folder with the engine as the app has it."""
    return once("engine", bundle)
