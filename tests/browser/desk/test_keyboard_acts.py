"""Sensitive acts at a desk by keyboard, to their last step: confirming an applicant, decisions that take two officers.

The second factor is asked for again on the way, and is entered without a mouse too.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mshield.server.staff.rules import CONFIRM_MS, StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.browser.app.keyboard import press
from tests.browser.desk.console import LogInAs, Member
from tests.browser.desk.desk import Desk, desk
from tests.browser.desk.page_look import look
from tests.browser.desk.test_applications import asks
from tests.browser.unproven import unproven_party
from tests.support.live_service import LiveService

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
OFFICER = StaffRole.SECURITY_OFFICER


@pytest.fixture
def legal(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The legal representative, logged in at a service of this test's own, without other requests."""
    with unproven_party(tmp_path_factory.mktemp("keys")) as office, desk(browser, office) as made:
        made.log_in()
        yield made


def _keeps_the_keys(page: Page) -> None:
    """Asserts that the focus is in the page's content, although the element used is gone."""
    expect(page.locator("main:focus-within")).to_have_count(1)


def _age_second_factor(service: LiveService) -> None:
    """Makes every second factor at the console five minutes old.

    Only while no page calls the service: until the rows are sealed again, a session counts as forged and
    ends.
    """
    with (
        closing(sqlite3.connect(service.database.removeprefix("sqlite:///"), timeout=10)) as connection,
        connection,
    ):
        connection.execute(
            "UPDATE staff_sessions SET created_at = created_at - ?, confirmed_at = confirmed_at - ?",
            (CONFIRM_MS, CONFIRM_MS),
        )
    service.seal()


def test_an_application_is_confirmed(legal: Desk) -> None:
    service = legal.party.service
    first, second = asks(service), asks(service)
    page = legal.open("/portal/")
    press(page, page.get_by_role("navigation").get_by_role("link", name="待确认的申请"))
    listed = page.get_by_role("list", name="申请").get_by_role("button")
    press(page, listed.filter(has_text=first.name))
    expect(page.get_by_role("heading", name=f"是{first.name}本人吗")).to_be_visible()
    press(page, page.get_by_role("button", name="确认是本人"))
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="先不确认")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    opener = page.get_by_role("button", name="确认是本人")
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    press(page, dialog.get_by_role("button", name="获取验证码"))
    field = dialog.get_by_role("textbox", name="短信验证码")
    expect(dialog.get_by_text("已发送到您账号的手机")).to_be_visible()
    press(page, field, "End")
    page.keyboard.type(service.sms_code("vouch", LEGAL_PERSON))
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"已确认：{first.name}")).to_be_visible()
    _keeps_the_keys(page)

    press(page, listed.filter(has_text=second.name), "Space")
    expect(page.get_by_role("heading", name=f"是{second.name}本人吗")).to_be_visible()
    press(page, page.get_by_role("button", name="不是本人"))
    press(page, page.get_by_role("button", name="不是本人，拒绝"))
    expect(page.get_by_text(f"已拒绝：{second.name}")).to_be_visible()
    _keeps_the_keys(page)


def _end_of(page: Page, clerk: Member, reason: str) -> None:
    """Requests that this member be disabled."""
    page.get_by_role("button", name=f"停用: {clerk.name}").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("原因").fill(reason)
    dialog.get_by_role("button", name="提交审批").click()
    expect(dialog).to_be_hidden()


def _asked(page: Page, clerk: Member) -> Locator:
    return page.get_by_role("article", name=clerk.name).first


def test_an_approval_is_refused_then_given_with_the_second_factor_again(log_in_as: LogInAs) -> None:
    one, other = log_in_as(OFFICER), log_in_as(OFFICER)
    clerk = Member.made(one.party.service, StaffRole.CUSTOMER_SERVICE)
    _end_of(one.open("/console/staff"), clerk, "离职")
    page = other.open("/console/")
    press(page, page.get_by_role("link", name="双人审批"))
    asked, dialog = _asked(page, clerk), page.get_by_role("dialog")
    press(page, asked.get_by_role("button", name="拒绝"))
    reason = dialog.get_by_role("textbox")
    expect(reason).to_be_focused()
    page.keyboard.type("仍在职")
    press(page, dialog.get_by_role("button", name="拒绝"))
    expect(asked).to_contain_text("仍在职")
    _keeps_the_keys(page)

    _end_of(one.open("/console/staff"), clerk, "确已离职")
    page.reload()
    expect(asked.get_by_role("button", name="批准并执行")).to_be_visible()
    _age_second_factor(one.party.service)
    press(page, asked.get_by_role("button", name="批准并执行"))
    expect(dialog).to_contain_text(clerk.name)
    press(page, dialog.get_by_role("button", name="批准并执行"))
    again = page.get_by_role("dialog", name="请再次验证身份")
    code = again.get_by_label("动态码")
    expect(code).to_be_focused()
    look(page, "second-factor-again")
    press(page, code, "End")
    page.keyboard.type("000000")
    page.keyboard.press("Enter")
    expect(again.get_by_role("alert")).to_contain_text("动态码不正确或已经用过")
    press(page, code, "End")
    page.keyboard.type(other.code())
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="已批准并执行")).to_be_visible()
    expect(dialog).to_have_count(0)
    _keeps_the_keys(page)
    expect(asked.locator(".chip")).to_have_text("已批准")


def test_act_without_a_fresh_second_factor_is_not_done(log_in_as: LogInAs) -> None:
    one, other = log_in_as(OFFICER), log_in_as(OFFICER)
    clerk = Member.made(one.party.service, StaffRole.CUSTOMER_SERVICE)
    _end_of(one.open("/console/staff"), clerk, "离职")
    page = other.open("/console/approvals")
    asked, dialog = _asked(page, clerk), page.get_by_role("dialog")
    expect(asked.get_by_role("button", name="批准并执行")).to_be_visible()
    _age_second_factor(one.party.service)
    press(page, asked.get_by_role("button", name="批准并执行"))
    press(page, dialog.get_by_role("button", name="批准并执行"))
    again = page.get_by_role("dialog", name="请再次验证身份")
    expect(again.get_by_label("动态码")).to_be_focused()
    page.keyboard.press("Escape")
    expect(again).to_be_hidden()
    expect(dialog.get_by_role("alert")).to_contain_text("还没有执行")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(asked.get_by_role("button", name="批准并执行")).to_be_focused()
