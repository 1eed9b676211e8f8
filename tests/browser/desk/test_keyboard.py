"""Every page at a desk without a mouse: each is reached, shows where one is, fits every width; dialogs keep the focus.

Who opens a page for its own sake looks at it there; here all are walked through in one session.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mshield.client.phone import VirtualPhone
from mshield.domain.staff import StaffRole
from tests.browser.app.keyboard import press, walk
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs
from tests.browser.desk.desk import Desk, desk
from tests.browser.desk.page_look import laid_out

pytestmark = pytest.mark.slow
_INSIDE: Final = "() => !!document.activeElement?.closest('[role=dialog]')"
_CONSOLE: Final = {
    "filing": ("申请激活码（两人）", "撤销备案"),
    "audit": ("查看证明",),
    "ca": ("申请吊销",),
    "staff": ("添加员工",),
    "me": ("添加",),
}
"""Of pages with dialogs, one of each kind."""


@pytest.fixture
def legal(browser: Browser, party: Party, clerk: VirtualPhone) -> Iterator[Desk]:
    """The legal person, logged in."""
    assert clerk.certificate().state == "active"
    with desk(browser, party, reduced_motion="reduce") as made:
        made.log_in()
        yield made


def _go(page: Page, link: Locator) -> str:
    """By the skip link's neighbour, Enter: the name of the page that opens."""
    name = link.get_attribute("href") or ""
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{name}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1").first).to_be_visible()
    return name.rstrip("/").rpartition("/")[2]


def _pass(page: Page, name: str) -> None:
    """Through what the page itself has."""
    assert not (faults := walk(page, "main")), (name, faults)
    laid_out(page, name)


def _dialog(page: Page, opener: Locator, *, by_mouse: bool = False) -> None:
    """It takes the focus, keeps it at both ends, is closed by Escape and gives the focus back."""
    if by_mouse:
        opener.click()
    else:
        opener.focus()
        page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.locator(":focus")).to_have_count(1)
    stops = dialog.locator("a[href], button, input, select, textarea").count()
    for key in ["Tab"] * (stops + 1) + ["Shift+Tab"] * (stops + 1):
        page.keyboard.press(key)
        assert page.evaluate(_INSIDE), (opener, key)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_every_page_of_the_console_without_a_mouse(log_in_as: LogInAs, clerk: VirtualPhone) -> None:
    assert clerk.certificate().state == "active"
    at = log_in_as(*StaffRole, reduced_motion="reduce")
    page = at.open("/console/overview")
    expect(page.locator("h1").first).to_be_visible()
    assert walk(page) == []
    page.evaluate("document.activeElement.blur()")
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    links = page.locator("nav.side a")
    for number in range(links.count()):
        name = _go(page, links.nth(number))
        _pass(page, name)
        for opener in _CONSOLE.get(name, ()):
            _dialog(page, page.locator("main").get_by_role("button", name=opener).first)
    _go(page, links.filter(has_text="备案").first)
    _go(page, page.get_by_role("link", name="导入名单"))
    _pass(page, "import")
    _go(page, links.filter(has_text="证书").first)
    press(page, page.locator("tbody a").first)
    expect(page.get_by_role("heading", name="证书内容")).to_be_visible()
    _pass(page, "certificate")
    _dialog(page, page.get_by_role("button", name="暂停使用", exact=True), by_mouse=True)
    _go(page, links.filter(has_text="业务系统").first)
    press(page, page.locator("tbody a").first)
    expect(page.get_by_role("heading", name="展示规则")).to_be_visible()
    _pass(page, "system")
    _dialog(page, page.get_by_role("button", name="更换密钥"))


def test_every_page_and_act_of_the_portal_without_a_mouse(legal: Desk, clerk: VirtualPhone) -> None:
    page = legal.page
    assert walk(page) == []
    links = page.locator("nav.side a")
    for number in range(links.count()):
        _pass(page, _go(page, links.nth(number)))
    _go(page, links.filter(has_text="备案人员").first)
    _dialog(page, page.get_by_role("button", name="激活码").first)
    _go(page, links.first)
    own = page.get_by_label(clerk.certificate().shield_number, exact=True)
    row = page.locator("tbody tr").filter(has=own)
    for act in ("挂失", "冻结", "作废"):
        _dialog(page, row.get_by_role("button", name=act))
    press(page, row.get_by_role("checkbox"), "Space")
    press(page, page.locator(".batch").get_by_role("button", name="冻结"))
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(":focus")).to_have_count(1)
    press(page, dialog.get_by_label("原因"), "End")
    page.keyboard.type("内部核查")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("已冻结")
    press(page, row.get_by_role("button", name="解冻结"))
    expect(dialog.locator(":focus")).to_have_count(1)
    press(page, dialog.get_by_label("原因"), "End")
    page.keyboard.type("核查结束")
    press(page, dialog.get_by_role("button", name="解冻结", exact=True))
    expect(row).to_contain_text("正常")
    press(page, row.get_by_role("link"))
    expect(page.get_by_role("heading", name="经过")).to_be_visible()
    _pass(page, "shield")
    _dialog(page, page.get_by_role("button", name="挂失"), by_mouse=True)
