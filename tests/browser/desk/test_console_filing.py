"""The filing officer at the console: people on file, imports with a report, a record that ends."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from tests.browser.app.album import DeskAlbum
from tests.browser.app.keyboard import walk
from tests.browser.conftest import Party
from tests.browser.desk.console import SEARCH, LogInAs
from tests.browser.desk.page_look import look

pytestmark = pytest.mark.slow

ALBUM = DeskAlbum.wanted()
HEAD = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型"
FIRM = f"{'青岛云栈国际货运代理有限公司' * 4}青岛分公司,91330206MA0007700J"
"""An enterprise name of the longest real length: 61 characters."""
GOOD = f"{FIRM},马思远,居民身份证,11010519491231002X,操作员"
BAD = f"{FIRM},马思远,居民身份证,110105194912310021,操作员"


def choose(page: Page, folder: Path, *lines: str) -> None:
    """Chooses a list with these lines."""
    file = folder / "list.csv"
    file.write_text("\r\n".join((HEAD, *lines, "")), "utf-8-sig")
    page.locator("input[type=file]").set_input_files(file)


def downloaded(page: Page, name: str, folder: Path, *, role: Literal["link", "button"] = "link") -> str:
    """Returns the text that a link or button downloads."""
    with page.expect_download() as started:
        page.get_by_role(role, name=name).click()
    started.value.save_as(folder / "saved")
    return (folder / "saved").read_text("utf-8-sig")


def by_kind(page: Page) -> None:
    """Checks that a report with a bad and a new line opens at the fault, with person and value."""
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("证件号码有误")
    expect(rows.first.locator("q")).to_contain_text("*")
    page.get_by_role("button", name="新增 1").click()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="错误 1").click()


def test_list_is_imported_after_its_report_and_a_record_ended(
    log_in_as: LogInAs, party: Party, tmp_path: Path
) -> None:
    assert party.phone is not None
    made = log_in_as(StaffRole.FILING_OFFICER)
    page = made.open("/console/filing")
    rows = page.locator("tbody tr")
    expect(rows.filter(has_text=OPERATOR.name).first).to_contain_text("330206********4217")
    look(page, "filing")
    assert not walk(page)
    page.get_by_role("textbox", name=SEARCH).fill(OPERATOR.credit_code)
    expect(rows.filter(has_text="青岛云栈")).to_have_count(0)
    ALBUM.take(page, "console-filing")

    page.get_by_role("link", name="导入名单").click()
    assert downloaded(page, "下载空白名单", tmp_path).strip() == HEAD
    choose(page, tmp_path, GOOD, BAD)
    expect(page.get_by_text("1 行有误，没有导入任何内容")).to_be_visible()
    by_kind(page)
    expect(page.get_by_role("button", name="导入")).to_have_count(0)
    look(page, "import")
    choose(page, tmp_path, GOOD)
    expect(page.get_by_text("检查通过，还没有导入")).to_be_visible()
    expect(rows.first).to_contain_text("新增")
    ALBUM.take(page, "console-import")
    page.get_by_role("button", name="导入 1 行").click()
    expect(page.get_by_text("已导入 1 行：新增 1，更改 0")).to_be_visible()

    page.get_by_role("link", name="备案").first.click()
    search = page.get_by_role("textbox", name=SEARCH)
    for words in ("马思", "002x", "110105 19491231 002x"):
        search.fill(words)
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("马思远")
    expect(rows).to_contain_text("马思远")
    rows.get_by_role("button", name="终止备案").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("不能再用这条备案申请或更新证书")
    look(page, "filing-end")
    dialog.get_by_role("textbox").fill("已离职")
    dialog.get_by_role("button", name="终止备案").click()
    expect(page.get_by_text("已终止马思远的备案")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("status")).to_have_text("The record of 马思远 has ended.")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_text("没有找到备案")).to_be_visible()
    page.get_by_text("也显示已终止的").click()
    expect(rows).to_contain_text("终止")
    search.fill("")
    listed = downloaded(page, "导出 .csv", tmp_path, role="button")
    assert OPERATOR.id_number in listed
    assert "11010519491231002X" not in listed, "who has left is not on the list"
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Filing")).to_be_visible()
    look(page, "filing-english")


def test_other_roles_have_read_access_or_none(log_in_as: LogInAs, party: Party, tmp_path: Path) -> None:
    assert party.phone is not None
    page = log_in_as(StaffRole.AUDITOR).open("/console/filing")
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.get_by_role("link", name="导入名单")).to_have_count(0)
    expect(page.get_by_role("button", name="导出 .csv")).to_have_count(0)
    expect(page.get_by_role("button", name="终止备案")).to_have_count(0)
    page.goto(page.url + "/import")
    choose(page, tmp_path, GOOD)
    expect(page.get_by_role("alert")).to_contain_text("forbidden")
    made = log_in_as(StaffRole.SECURITY_OFFICER)
    made.open("/console/filing")
    expect(made.page.locator("tbody tr").first).to_be_visible()
    expect(made.page.get_by_role("button", name="终止备案")).to_have_count(0)
    made.open("/console/accounts")
    expect(made.page).to_have_url(f"{made.origin}/console/refused")
