"""Staff and the two-person rule at the console: two officers at two browsers, and other roles' views."""

import re
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from mshield.server.staff.rules import StaffRole
from tests.browser.app.album import DeskAlbum
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.desk.console import LogInAs, Member, waiting_for
from tests.browser.desk.page_look import look

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
ALBUM: Final = DeskAlbum.wanted()
OFFICER = StaffRole.SECURITY_OFFICER


def row(page: Page, name: str) -> Locator:
    """Returns a member's row."""
    return page.locator("tbody tr").filter(has=page.get_by_text(name, exact=True))


def card(page: Page, name: str) -> Locator:
    """Returns a request about this member."""
    return page.get_by_role("article", name=name).first


def test_two_officers_change_roles(log_in_as: LogInAs) -> None:
    one, other = log_in_as(OFFICER), log_in_as(OFFICER)
    clerk = Member.made(one.party.service, StaffRole.CUSTOMER_SERVICE)
    before = waiting_for(other.open("/console/"))
    page = one.open("/console/staff")
    expect(row(page, clerk.name)).to_contain_text("待设置登录")
    look(page, "staff")
    page.get_by_role("button", name=f"调整角色: {clerk.name}").click()
    dialog = page.get_by_role("dialog")
    send = dialog.get_by_role("button", name="提交审批")
    dialog.get_by_label("原因").fill("岗位调整")
    send.click()
    expect(dialog.get_by_role("alert")).to_have_text("角色没有变化")
    expect(dialog.get_by_role("group", name="角色")).to_be_focused()
    look(page, "staff-roles-unchanged")
    dialog.get_by_role("checkbox", name="审计员").press("Space")
    look(page, "staff-roles")
    send.click()
    expect(page.get_by_role("status").filter(has_text="已提交")).to_be_visible()
    expect(row(page, clerk.name)).not_to_contain_text("审计员")
    page = one.open("/console/approvals")
    expect(card(page, clerk.name)).to_contain_text("您提交的")
    expect(card(page, clerk.name).get_by_role("button", name="批准并执行")).to_have_count(0)

    page = other.open("/console/")
    place = page.get_by_role("link", name="双人审批")
    expect(place).to_contain_text(f"双人审批{before + 1}项待处理")
    place.click()
    asked = card(page, clerk.name)
    expect(asked).to_contain_text("客服 / 审计员")
    expect(asked).to_contain_text("岗位调整")
    look(page, "approvals")
    ALBUM.take(page, "console-approvals")
    asked.get_by_role("button", name="批准并执行").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("客服 / 审计员")
    look(page, "approve")
    dialog.get_by_role("button", name="批准并执行").click()
    expect(page.get_by_role("status").filter(has_text="已批准并执行")).to_be_visible()
    expect(place).to_have_text(re.compile(f"双人审批{before}项待处理" if before else "双人审批$"))
    page.get_by_role("link", name="员工").click()
    expect(row(page, clerk.name)).to_contain_text("客服 / 审计员")


def test_two_officers_add_a_member_and_the_address_is_shown_once(log_in_as: LogInAs) -> None:
    one, other = log_in_as(OFFICER), log_in_as(OFFICER)
    page = other.open("/console/staff")
    page.get_by_role("button", name="添加员工").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("姓名").fill("新来的人")
    dialog.get_by_role("checkbox", name="备案管理员").press("Space")
    dialog.get_by_label("原因").fill("新员工")
    dialog.get_by_role("button", name="提交审批").click()
    expect(dialog).to_be_hidden()
    page = one.open("/console/approvals")
    card(page, "新来的人").get_by_role("button", name="批准并执行").click()
    page.get_by_role("dialog").get_by_role("button", name="批准并执行").click()
    dialog = page.get_by_role("dialog").filter(has_text="请把设置链接交给本人")
    expect(dialog).to_contain_text("前有效")
    address = dialog.locator(".mono").inner_text()
    look(page, "staff-address")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="我已交给本人").click()
    expect(dialog).to_be_hidden()
    page.goto(address)
    expect(page.locator("main")).to_contain_text("新来的人，备案管理员")


def test_a_question_is_refused_or_withdrawn(log_in_as: LogInAs) -> None:
    one, other = log_in_as(OFFICER), log_in_as(OFFICER)
    clerk = Member.made(one.party.service, StaffRole.FILING_OFFICER)
    for end in ("拒绝", "撤回"):
        page = one.open("/console/staff")
        page.get_by_role("button", name=f"停用: {clerk.name}").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("原因").fill("离职")
        dialog.get_by_role("button", name="提交审批").click()
        expect(dialog).to_be_hidden()
        page = (other if end == "拒绝" else one).open("/console/approvals")
        asked = card(page, clerk.name)
        asked.get_by_role("button", name=end).click()
        if end == "拒绝":
            dialog = page.get_by_role("dialog")
            expect(dialog.get_by_role("button", name="拒绝")).to_be_disabled()
            dialog.get_by_role("textbox").fill("仍在职")
            dialog.get_by_role("button", name="拒绝").click()
            expect(asked).to_contain_text("仍在职")
        expect(asked.locator(".chip")).to_have_text(f"已{end}")
    expect(row(one.open("/console/staff"), clerk.name)).not_to_contain_text("已停用")


def test_each_role_sees_its_pages_and_the_service_refuses_the_rest(log_in_as: LogInAs) -> None:
    clerk = log_in_as(StaffRole.CUSTOMER_SERVICE)
    page = clerk.open("/console/staff")
    expect(page.get_by_role("heading", name="您的角色不能打开这一页")).to_be_visible()
    check_page(page)
    navigation = page.get_by_role("navigation", name="主导航")
    expect(navigation.get_by_role("link", name="我的登录")).to_be_visible()
    expect(navigation.get_by_role("link", name="员工")).to_have_count(0)
    answer = page.request.get(f"{clerk.origin}/api/console/staff")
    assert (answer.status, answer.json()["code"]) == (403, "forbidden")
    auditor = log_in_as(StaffRole.AUDITOR)
    page = auditor.open("/console/staff")
    expect(page.get_by_role("heading", name="员工")).to_be_visible()
    expect(page.get_by_role("button", name="添加员工")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    page.get_by_role("link", name="Approvals").click()
    expect(page.get_by_role("heading", name="Approvals")).to_be_visible()
    check_page(page)
