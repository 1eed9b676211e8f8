"""Counts taps and typed characters, as documented in docs/phone-app.md."""

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Playwright

from benches.phone_walk import counted_page, walk
from tests.browser.app.camera import Camera
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow
_PAGE: Final = Path(__file__).parents[3] / "docs" / "phone-app.md"
_ROW: Final = re.compile(r"^\| (\S.* → [^|]*?) \| (\d+) \| (\d+) \| [\d.]+ s \|", re.MULTILINE)


def test_steps_match_the_documented_table(playwright: Playwright, party: Party, tmp_path: Path) -> None:
    told = {name: (int(taps), int(typed)) for name, taps, typed in _ROW.findall(_PAGE.read_text("utf-8"))}
    camera = Camera(tmp_path / "scene.y4m")
    camera.film([None])
    with counted_page(playwright, party, camera) as page:
        assert {step.name: (step.taps, step.typed) for step in walk(party, page, camera)} == told
