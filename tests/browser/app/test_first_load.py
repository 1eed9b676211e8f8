"""The first load stays small: its bound is this project's own, `make bench` tells how long it takes."""

from typing import Final

import pytest
from playwright.sync_api import Browser

from tests.browser.app.first_load import first_load
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow

BOUND: Final = 200_000
FILES: Final = 12
"""A round trip each where there are more than six: what the first screen needs is not scattered."""


@pytest.mark.parametrize("path", ["/", "/login", "/q/nothing"])
def test_the_first_load_is_within_its_bound(browser: Browser, party: Party, path: str) -> None:
    load = first_load(browser, party.service.origin, path)
    assert 50_000 < load.page <= BOUND
    assets = [address for address in load.files if address.startswith("/app/")]
    assert len(assets) <= FILES, sorted(assets)
    assert not [
        address for address in assets if "reader" in address or "/pdf" in address or address.endswith(".wasm")
    ]
