"""The browser's Back in the app: it closes a sheet, or goes back a step, before it leaves the screen."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.app.seeded import Holder, holder
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow
_PIN: Final = re.compile("/app/pin$")


@pytest.fixture(scope="module")
def phone(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone with a certificate."""
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as made:
        yield made


def title(page: Page, words: str) -> None:
    """Asserts the current screen's title."""
    expect(page.get_by_role("heading", level=1, name=words, exact=True)).to_be_visible()


def test_back_closes_the_sheet_then_a_step_then_the_screen(phone: Holder) -> None:
    page = phone.page("/me/settings")
    page.get_by_role("link", name="修改 PIN 码").click()
    title(page, "修改 PIN 码")
    sheet = page.get_by_role("dialog")
    page.get_by_role("button", name="输入现在的 PIN 码").click()
    expect(sheet).to_be_visible()
    page.go_back()
    expect(sheet).to_have_count(0)
    title(page, "修改 PIN 码")
    expect(page).to_have_url(_PIN)  # restored a moment after the browser has left it

    page.get_by_role("button", name="输入现在的 PIN 码").click()
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("heading", name="设置新的 PIN 码")).to_be_visible(timeout=30_000)
    page.go_back()
    expect(page.get_by_role("button", name="输入现在的 PIN 码")).to_be_visible()
    expect(page).to_have_url(_PIN)  # restored a moment after the browser has left it

    page.go_back()
    title(page, "设置")
    page.go_forward()
    title(page, "修改 PIN 码")
    page.close()


def test_sheet_stays_open_until_its_act_ends(phone: Holder) -> None:
    page = phone.page("/me")
    page.get_by_role("link", name="我的设备").click()
    page.get_by_role("button", name="改名称").click()
    page.get_by_label("名称", exact=True).fill("办公室的手机")
    held: list[Route] = []
    page.route("**/name", lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks what it is given
    with page.expect_request("**/name"):  # a busy phone sends it after the sheet shows that it is working
        page.get_by_role("button", name="保存").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="返回")).to_be_disabled()
    for _ in range(3):  # the browser doesn't ask about the second one
        page.keyboard.press("Escape")
    page.mouse.click(10, 10)
    page.go_back()
    expect(sheet).to_be_visible()
    title(page, "我的设备")
    for route in held:
        route.continue_()
    expect(sheet).to_have_count(0)
    expect(page.get_by_role("listitem").filter(has_text="本机")).to_contain_text("办公室的手机")
    page.close()
