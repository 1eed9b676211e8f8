"""A service whose users' accounts are the Single Window's (by password) and Internet+Customs' (at its page)."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from mshield.services.accounts.outside_login import RETURN_PATH
from mshield.setting_forms import AccountSource
from tests.support.application import ORIGIN, Application, running
from tests.support.clock import Clock
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.support.outside_systems import SECRET, AccountOffice, OutsideServer, serving


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
    sources = (
        AccountSource(
            name="single-window", kind="http", title_zh="单一窗口", title_en="Single Window", url=server.url,
            secret=SecretStr(SECRET), seconds=5,
        ),
        AccountSource(
            name="customs", kind="oidc", title_zh="互联网+海关", title_en="Internet+Customs", url=provider.issuer,
            client_id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET), seconds=5,
        ),
    )  # fmt: skip
    async with running(database_url, tmp_path, clock, account_sources=sources) as made:
        yield made
