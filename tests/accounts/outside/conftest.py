"""A service with accounts of the Single Window (by password) and of Internet+Customs (at its page)."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from mshield.server.accounts.outside_login import RETURN_PATH
from tests.support.account_sources import both_sources
from tests.support.application import ORIGIN, Application, running
from tests.support.clock import Clock
from tests.support.oidc_provider import Provider, providing
from tests.support.outside_systems import AccountOffice, OutsideServer, serving


@pytest.fixture
def office() -> AccountOffice:
    return AccountOffice()


@pytest.fixture
def server(office: AccountOffice) -> Iterator[OutsideServer]:
    with serving(office) as made:
        yield made


@pytest.fixture
def provider(clock: Clock) -> Iterator[Provider]:
    with providing(ORIGIN + RETURN_PATH, clock=clock) as made:
        yield made


@pytest.fixture
async def application(
    database_url: str, tmp_path: Path, clock: Clock, server: OutsideServer, provider: Provider
) -> AsyncIterator[Application]:
    sources = both_sources(server, provider)
    async with running(database_url, tmp_path, clock, account_sources=sources) as made:
        yield made
