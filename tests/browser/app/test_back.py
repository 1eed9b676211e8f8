"""The browser's way back in the app: it closes a sheet, or goes back a step, before it leaves the screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.app.seeded import Holder, holder
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def phone(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone with a certificate."""
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as made:
        yield made


def title(page: Page, words: str) -> None:
    """The screen that stands there."""
    expect(page.get_by_role("heading", level=1, name=words, exact=True)).to_be_visible()


def test_back_closes_the_sheet_then_goes_a_step_then_leaves(phone: Holder) -> None:
    page = phone.page("/me/settings")
    page.get_by_role("link", name="修改 PIN 码").click()
    title(page, "修改 PIN 码")
    sheet = page.get_by_role("dialog")
    page.get_by_role("button", name="输入现在的 PIN 码").click()
    expect(sheet).to_be_visible()
    page.go_back()
    expect(sheet).to_have_count(0)
    title(page, "修改 PIN 码")
    assert page.url.endswith("/app/pin")

    page.get_by_role("button", name="输入现在的 PIN 码").click()
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("heading", name="设置新的 PIN 码")).to_be_visible(timeout=30_000)
    page.go_back()
    expect(page.get_by_role("button", name="输入现在的 PIN 码")).to_be_visible()
    assert page.url.endswith("/app/pin")

    page.go_back()
    title(page, "设置")
    page.go_forward()
    title(page, "修改 PIN 码")
