"""Acts that take two at the console: legal representatives of a list, a look-alike system; and tokens for programs."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from mshield.server.staff.rules import StaffRole
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs
from tests.browser.desk.page_look import look

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
HEAD = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型,手机号"
FIRM = "青岛云栈国际货运代理有限公司,91370203MA3YK2D9RF"


def test_legal_persons_of_a_list_are_seen_and_chosen_by_a_second_officer(
    log_in_as: LogInAs, tmp_path: Path
) -> None:
    one, other = log_in_as(StaffRole.FILING_OFFICER), log_in_as(StaffRole.SECURITY_OFFICER)
    file = tmp_path / "list.csv"
    lines = [f"{FIRM},许安{name},护照,E1234567{n},法人,1380000778{n}" for n, name in enumerate("甲乙")]
    file.write_text("\r\n".join((HEAD, *lines, f"{FIRM},张三,护照,E87654321,操作员,")), "utf-8-sig")
    page = one.open("/console/filing/import")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator("main")).to_contain_text("其中 2 行涉及法人")
    look(page, "import-legal")
    page.get_by_role("button", name="导入 1 行").click()
    expect(page.locator("main")).to_contain_text("2 行涉及法人，已提交双人审批")
    page.get_by_role("link", name="查看审批").click()
    expect(page.get_by_role("article")).to_contain_text("等待批准")

    page = other.open("/console/approvals")
    asked = (
        page.get_by_role("article").filter(has_text="法人和企业名称备案").first
    )  # the newest one; other tests leave some
    asked.get_by_role("button", name="批准并执行").click()
    dialog = page.get_by_role("dialog")
    rows = dialog.get_by_role("list", name="待批准的法人、企业名称和已核验人员").locator("li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("许安甲")
    expect(rows.first).to_contain_text("13800007780")
    rows.nth(1).locator(".el-checkbox").click()
    expect(dialog).to_contain_text("批准 1 行，拒绝 1 行")
    look(page, "approve-legal")
    dialog.get_by_role("button", name="批准并执行").click()
    expect(page.get_by_role("status").first).to_contain_text("已批准 1 行，拒绝 1 行")


def test_look_alike_system_is_shown_beside_the_other(log_in_as: LogInAs) -> None:
    one, other = log_in_as(StaffRole.SECURITY_OFFICER), log_in_as(StaffRole.SECURITY_OFFICER)
    page = one.open("/console/systems")
    page.get_by_role("button", name="登记").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("单一窗口")
    dialog.get_by_label("域名").fill("singlewindow.example")
    dialog.get_by_role("button", name="登记").click()
    expect(dialog).to_contain_text("域名相同")
    expect(dialog.get_by_role("button", name="提交双人审批")).to_be_disabled()
    dialog.get_by_label("给批准人的说明").fill("同一单位的第二套系统")
    look(page, "system-alike")
    dialog.get_by_role("button", name="提交双人审批").click()
    expect(page.locator("main")).to_contain_text("已提交，等另一位安全管理员")

    page = other.open("/console/approvals")
    page.get_by_role("button", name="批准并执行").first.click()
    pair = page.get_by_role("dialog").get_by_role("group", name="两个业务系统并排对照")
    expect(pair).to_contain_text("要登记的")
    expect(pair).to_contain_text("已登记的")
    look(page, "approve-alike")
    page.get_by_role("dialog").get_by_role("button", name="批准并执行").click()
    expect(page.get_by_role("dialog")).to_contain_text("client_secret")


def test_a_token_is_made_changed_and_ended(log_in_as: LogInAs, party: Party) -> None:
    made = log_in_as(StaffRole.FILING_OFFICER, StaffRole.SECURITY_OFFICER)
    page = made.open("/console/me")
    panel = page.get_by_role("region", name="程序令牌")
    expect(panel).to_contain_text("没有令牌")
    panel.get_by_role("button", name="创建令牌").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("名称").fill("夜间导入")
    dialog.get_by_text("备案管理员").click()
    dialog.get_by_text("导入备案名单").click()
    look(page, "token-make")
    dialog.get_by_role("button", name="创建令牌").click()
    expect(page.get_by_role("dialog")).to_contain_text("只显示这一次")
    page.get_by_role("button", name="我已保存").click()
    expect(panel).to_contain_text("夜间导入")
    look(page, "tokens")
    panel.get_by_role("button", name="更换: 夜间导入").click()
    page.get_by_role("dialog").get_by_role("button", name="更换").click()
    page.get_by_role("button", name="我已保存").click()
    expect(panel).to_contain_text("已更换")

    page = made.open("/console/staff")
    panel = page.get_by_role("region", name="程序令牌")
    panel.get_by_role("button", name="停用: 夜间导入").first.click()
    page.get_by_role("dialog").get_by_role("button", name="停用", exact=True).click()
    expect(panel.get_by_role("button", name="停用: 夜间导入")).to_have_count(1)
    look(page, "staff-tokens")
    page.get_by_role("button", name="English").click()
    expect(panel.or_(page.get_by_role("region", name="Tokens for programs"))).to_contain_text("Tokens")
