"""The whole application in this process, on each database, with its business system as an OpenID Connect client."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.application import Application, running
from tests.conftest import Clock
from tests.http.test_requests import Shield
from tests.oidc.client import Client


@pytest.fixture
async def application(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    """A running application, nobody registered."""
    async with running(database_url, tmp_path, clock) as made:
        yield made


@pytest.fixture
async def client(application: Application) -> Client:
    """The registered client."""
    made = Client(application)
    await made.register()
    return made


@pytest.fixture
async def browser(client: Client) -> AsyncIterator[httpx.AsyncClient]:
    """A person's browser."""
    async with client.browser() as made:
        yield made


@pytest.fixture
async def shield(application: Application) -> Shield:
    """The phone of the example's operator, with a certificate."""
    await application.registered()
    made = Shield(application, await application.logged_in())
    await made.enrol()
    return made
