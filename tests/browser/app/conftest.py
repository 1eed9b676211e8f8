"""The engine's bundle, made once for all tests of a worker."""

from pathlib import Path

import pytest

from tests.browser.app.seeded import bundle


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the engine as the app has it."""
    return bundle(tmp_path_factory.mktemp("engine"))
