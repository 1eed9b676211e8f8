"""The browser's way back in the app: it closes a sheet, or goes back a step, before it leaves the screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

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
    page.close()


def test_a_sheet_stays_while_its_act_runs_and_says_what_came_of_it(phone: Holder) -> None:
    page = phone.page("/me")
    page.get_by_role("link", name="我的设备").click()
    page.get_by_role("button", name="改名称").click()
    page.get_by_label("名称", exact=True).fill("办公室的手机")
    held: list[Route] = []
    page.route("**/name", lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks what it is given
    page.get_by_role("button", name="保存").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="返回")).to_be_disabled()
    for _ in range(3):  # the second one a browser doesn't ask about
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
