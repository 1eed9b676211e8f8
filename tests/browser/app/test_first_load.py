"""The first load stays small: the limit is our own; `make bench` measures its time."""

from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.browser.app.first_load import first_load
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow

BOUND: Final = 200_000
FILES: Final = 12
"""Maximum number of files: more than six need another round trip each."""


@pytest.mark.parametrize("path", ["/", "/login", "/q/nothing"])
def test_first_load_is_within_its_limit(browser: Browser, party: Party, path: str) -> None:
    load = first_load(browser, party.service.origin, path)
    assert 50_000 < load.page <= BOUND
    assets = [address for address in load.files if address.startswith("/app/")]
    assert len(assets) <= FILES, sorted(assets)
    assert not [
        address for address in assets if "reader" in address or "/pdf" in address or address.endswith(".wasm")
    ]
