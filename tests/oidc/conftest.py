"""The whole application in this process, on each database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.application import Application, running
from tests.conftest import Clock


@pytest.fixture
async def application(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    """A running application, nobody registered."""
    async with running(database_url, tmp_path, clock) as made:
        yield made
