"""A shield stopped at the console by customer service and a security officer, and the enterprise's view of it."""

import pytest
from playwright.sync_api import Page, expect

from mshield.server.staff.rules import StaffRole
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs
from tests.browser.desk.page_look import look

pytestmark = pytest.mark.slow
EVIDENCE = "死亡医学证明 2026-0417，存客服档案 3 柜"
REASON = "法人去世，尚未变更登记"


def open_shield(page: Page, party: Party) -> None:
    """Opens the page of the party's shield."""
    number = party.phone.certificate().shield_number
    row = page.locator("tbody tr").filter(has=page.get_by_label(number, exact=True))
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="证书内容")).to_be_visible()


def ask(page: Page, act: str) -> None:
    """Requests an act, with evidence and reason."""
    page.get_by_role("button", name=act, exact=True).click()
    dialog = page.get_by_role("dialog")
    send = dialog.get_by_role("button", name="提交，等另一人批准")
    expect(send).to_be_disabled()
    dialog.get_by_label("凭据").fill(EVIDENCE)
    dialog.get_by_label("原因", exact=True).fill(REASON)
    look(page, f"stop-{act}")
    send.click()
    expect(page.get_by_text("已提交，等另一角色的同事")).to_be_visible()


def approve(page: Page, act: str) -> None:
    """Approves the pending request."""
    asked = page.get_by_role("article", name=act).first
    expect(asked).to_contain_text(EVIDENCE)
    expect(asked).to_contain_text(REASON)
    asked.get_by_role("button", name="批准并执行").click()
    look(page, f"stop-approve-{act}")
    page.get_by_role("dialog").get_by_role("button", name="批准并执行").click()
    expect(page.get_by_role("status").filter(has_text="已批准并执行")).to_be_visible()


def test_a_shield_is_suspended_and_resumed_by_two(log_in_as: LogInAs, party: Party) -> None:
    clerk, officer = log_in_as(StaffRole.CUSTOMER_SERVICE), log_in_as(StaffRole.SECURITY_OFFICER)
    page = clerk.open("/console/certificates")
    open_shield(page, party)
    address = page.url
    ask(page, "暂停使用")
    approve(officer.open("/console/approvals"), "暂停手机盾")
    page = clerk.open(address.removeprefix(clerk.origin))
    expect(page.locator(".chip").first).to_contain_text("已暂停")
    expect(page.get_by_text(REASON)).to_be_visible()
    look(page, "stop-suspended")

    page = officer.open(address.removeprefix(officer.origin))
    ask(page, "恢复使用")
    approve(clerk.open("/console/approvals"), "恢复手机盾")
    page = officer.open(address.removeprefix(officer.origin))
    expect(page.locator(".chip").first).not_to_contain_text("已暂停")
    page.get_by_role("button", name="作废", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("作废不能撤销")
    look(page, "stop-revoke")
    dialog.get_by_role("button", name="不提交").click()


def test_an_auditor_stops_nothing(log_in_as: LogInAs, party: Party) -> None:
    page = log_in_as(StaffRole.AUDITOR).open("/console/certificates")
    open_shield(page, party)
    expect(page.get_by_role("button", name="暂停使用")).to_have_count(0)
    expect(page.get_by_role("button", name="作废")).to_have_count(0)
