"""Every desk page without a mouse: reachable, visible focus, fits every width; dialogs keep the focus.

Other tests check a page by itself; this one walks through all pages in one session.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.phone import VirtualPhone
from tests.browser.app.keyboard import press, walk
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs
from tests.browser.desk.desk import Desk, desk
from tests.browser.desk.page_look import laid_out

pytestmark = pytest.mark.slow
_INSIDE: Final = "() => !!document.activeElement?.closest('[role=dialog]')"
_QUESTION: Final = "**/api/console/session/factor-requests"
_HEAD: Final = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型"
_FIRM: Final = "青岛云栈国际货运代理有限公司,91370203MA3YK2D9RF"
_CONSOLE: Final = {
    "filing": ("申请激活码（两人）", "终止备案"),
    "audit": ("查看证明",),
    "ca": ("申请吊销",),
    "staff": ("添加员工",),
    "me": ("添加",),
}
"""One dialog opener of each kind, by page."""


@pytest.fixture
def legal(browser: Browser, party: Party, clerk: VirtualPhone) -> Iterator[Desk]:
    """The legal representative, logged in."""
    assert clerk.certificate().state == "active"
    with desk(browser, party, reduced_motion="reduce") as made:
        made.log_in()
        yield made


def _go(page: Page, link: Locator) -> str:
    """Opens a link from the skip link's neighbour by Enter; returns the page's name."""
    name = link.get_attribute("href") or ""
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{name}")
    page.wait_for_load_state("networkidle")
    expect(page.locator("h1").first).to_be_visible()
    return name.rstrip("/").rpartition("/")[2]


def _pass(page: Page, name: str) -> None:
    """Tabs through the page's own content."""
    assert not (faults := walk(page, "main")), (name, faults)
    laid_out(page, name)


def _dialog(page: Page, opener: Locator, *, by_mouse: bool = False) -> None:
    """Checks that a dialog takes the focus, keeps it at both ends, closes on Escape and returns it."""
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
    expect(links.first).to_be_visible()
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


def _choose(page: Page, file: Path, *lines: str) -> None:
    """Writes a list with these lines, and chooses it at the control that Tab reaches."""
    file.write_text("\r\n".join((_HEAD, *lines, "")), "utf-8-sig")
    with page.expect_file_chooser() as chooser:
        press(page, page.locator("main input[type=file]"))
    chooser.value.set_files(file)


def _read_the_report(page: Page) -> None:
    """Reads the faults, the new lines over two pages, and goes back, by keyboard only."""
    rows = page.locator("main tbody tr")
    expect(page.get_by_role("status").first).to_contain_text("1 行有误，没有导入任何内容")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("证件号码有误")
    press(page, page.get_by_role("button", name="新增 60"))
    expect(rows).to_have_count(50)
    press(page, page.get_by_role("button", name="下一页"))
    expect(rows).to_have_count(10)
    expect(rows.last).to_contain_text("马思远")
    press(page, page.get_by_role("button", name="不变 0"), "Space")
    expect(rows).to_have_count(0)
    press(page, page.get_by_role("button", name="错误 1"), "Space")
    expect(rows).to_have_count(1)


def test_list_is_imported_without_a_mouse(log_in_as: LogInAs, party: Party, tmp_path: Path) -> None:
    at = log_in_as(StaffRole.FILING_OFFICER, reduced_motion="reduce")
    page = at.open("/console/filing")
    expect(page.locator("h1").first).to_be_visible()
    press(page, page.get_by_role("link", name="导入名单"))
    expect(page.get_by_role("heading", name="导入名单")).to_be_visible()
    lines = [f"{_FIRM},马思远,护照,E3000{number:04d},操作员" for number in range(60)]
    _choose(page, tmp_path / "bad.csv", *lines, f"{_FIRM},马思远,居民身份证,110105194912310021,操作员")
    _read_the_report(page)
    expect(page.get_by_role("button", name="导入 60 行")).to_have_count(0)

    _choose(page, tmp_path / "good.csv", *lines)
    expect(page.get_by_role("status").first).to_contain_text("检查通过，还没有导入")
    _age_sessions(party)
    take = page.get_by_role("button", name="导入 60 行")
    under_way: list[Route] = []
    page.route(_QUESTION, lambda route: under_way.append(route))  # noqa: PLW0108  # Playwright marks its handlers, and no built-in can be
    press(page, take)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("再次")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Escape")  # the service hasn't answered yet
    expect(dialog).to_be_hidden()
    expect(take).to_be_focused()
    expect(take).to_have_attribute("aria-busy", "false")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type(at.code())
    page.keyboard.press("Enter")  # fast typing before the answer isn't skipped either
    page.unroute(_QUESTION)
    left, question = under_way
    left.abort()
    question.continue_()
    said = page.get_by_role("status").first
    expect(said).to_contain_text("已导入 60 行：新增 60，更改 0")
    expect(said).to_be_focused()
    laid_out(page, "import")
    with page.expect_download() as report:
        press(page, page.get_by_role("button", name="下载报告"))
    assert report.value.path().read_text("utf-8-sig").count("马思远") == 60
    press(page, page.locator("nav.side a", has_text="备案").first)
    expect(page.locator("main tbody tr").first).to_be_visible()


def _age_sessions(party: Party) -> None:
    """Makes all second factors of staff too old for sensitive acts."""
    party.service.seal("UPDATE staff_sessions SET created_at = created_at - 600000, confirmed_at = 0")


def test_every_page_and_act_of_the_portal_without_a_mouse(legal: Desk, clerk: VirtualPhone) -> None:
    page = legal.page
    assert walk(page) == []
    links = page.locator("nav.side a")
    expect(links.first).to_be_visible()
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
