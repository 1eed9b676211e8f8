"""The navigation of a desk application on a phone: one row, and the list that it opens."""

import re
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.phone import VirtualPhone
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs
from tests.browser.desk.desk import desk
from tests.browser.desk.page_look import look

pytestmark = pytest.mark.slow
PHONE: Final = {"width": 390, "height": 844}
ROW: Final = 52


def _navigation(page: Page) -> Locator:
    return page.get_by_role("navigation", name="主导航")


def _opens_and_leads(page: Page, name: str, here: str, there: str) -> None:
    """Checks by keyboard: the row opens the list, Escape and Tab close it, a link leads on and closes it."""
    nav = _navigation(page)
    row, way = nav.get_by_role("button"), nav.get_by_role("link", name=there)
    box = nav.bounding_box()
    assert box is not None
    assert box["height"] <= ROW, "more than one row"
    expect(row).to_have_accessible_name(re.compile(f"^{here} 其他页面"))  # and how many items wait elsewhere
    expect(row).to_have_attribute("aria-expanded", "false")
    expect(nav.get_by_role("link")).to_have_count(0)
    row.focus()
    page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "true")
    expect(nav.get_by_role("link", name=here)).to_have_attribute("aria-current", "page")
    look(page, name)
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    page.keyboard.press("Tab")
    expect(nav.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(way).to_be_hidden()
    expect(row).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    expect(way).to_be_hidden()
    row.click()
    page.locator("main").click(position={"x": 5, "y": 500})
    expect(way).to_be_hidden()
    row.click()
    way.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=there, level=1)).to_be_visible()
    expect(way).to_be_hidden()
    expect(row).to_contain_text(there)


def test_navigation_row_of_the_console_reaches_every_page(log_in_as: LogInAs, clerk: VirtualPhone) -> None:
    assert clerk.certificate().state == "active"
    at = log_in_as(*StaffRole, viewport=PHONE)
    page = at.open("/console/certificates")
    _opens_and_leads(page, "menu-console", "证书", "双人审批")


def test_navigation_row_of_the_portal_reaches_every_page(
    browser: Browser, party: Party, clerk: VirtualPhone
) -> None:
    assert clerk.certificate().state == "active"
    with desk(browser, party, viewport=PHONE) as made:
        page = made.log_in()
        _opens_and_leads(page, "menu-portal", "手机盾", "备案人员")
