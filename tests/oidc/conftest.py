"""The whole application in this process, on each database, with its business system as an OpenID Connect client."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.oidc.client import Client
from tests.support.application import Application
from tests.support.shield_over_http import Shield


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
