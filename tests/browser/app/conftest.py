"""The engine's bundle, made once per run; staff at the console, who see the app's effects."""

from pathlib import Path

import pytest

from tests.browser.app.seeded import bundle
from tests.browser.desk.console import log_in_as
from tests.support.once import once

__all__ = ["engine", "log_in_as"]


@pytest.fixture(scope="session")
def engine() -> Path:
    """The folder with the engine as in the app."""
    return once("engine", bundle)
