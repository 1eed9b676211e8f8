"""Activation codes at the console, and proofs of accounts."""

import re

import pytest
from playwright.sync_api import Page, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs, open_account
from tests.browser.desk.page_look import look

pytestmark = pytest.mark.slow

FORM = re.compile(r"^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}$")


def shown_once(page: Page, name: str) -> str:
    """Returns the code in the dialog, which also names its person."""
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("code").first).to_have_text(FORM)
    expect(dialog).to_contain_text(name)
    expect(dialog.get_by_role("button", name="打印")).to_be_visible()
    return dialog.locator("code").first.inner_text()


def test_a_filing_officer_makes_an_operators_code_which_is_shown_once(
    log_in_as: LogInAs, party: Party
) -> None:
    assert party.phone is not None
    page = log_in_as(StaffRole.FILING_OFFICER).open("/console/filing")
    row = page.locator("tbody tr").filter(has_text=OPERATOR.name).first
    legal = page.locator("tbody tr").filter(has_text=LEGAL_PERSON.name).first
    expect(legal.get_by_role("button", name="申请激活码")).to_have_count(0)
    expect(legal.get_by_role("button", name=f"激活码: {LEGAL_PERSON.name}")).to_have_count(0)
    row.get_by_role("button", name="激活码").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("请先见到本人和证件")
    look(page, "activation-code-ask")
    asked.get_by_role("button", name="制作激活码", exact=True).click()
    code = shown_once(page, OPERATOR.name)
    look(page, "activation-code")
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_hidden()
    expect(page.get_by_text(code)).to_be_visible()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="我已交给本人").click()
    expect(page.get_by_text(code)).to_have_count(0)


def test_two_security_officers_make_a_legal_persons_code(log_in_as: LogInAs, party: Party) -> None:
    assert party.phone is not None
    asker, approver = log_in_as(StaffRole.SECURITY_OFFICER), log_in_as(StaffRole.SECURITY_OFFICER)
    page = asker.open("/console/filing")
    row = page.locator("tbody tr").filter(has_text=LEGAL_PERSON.name).first
    expect(page.get_by_role("button", name="终止备案")).to_have_count(0)
    row.get_by_role("button", name="申请激活码（两人）").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("法人当面领取")
    look(page, "activation-code-of-two")
    dialog.get_by_role("button", name="申请激活码（两人）").click()
    expect(page.get_by_text("等另一位安全管理员")).to_be_visible()

    other = approver.open("/console/approvals")
    card = other.get_by_role("article", name=f"制作激活码: {LEGAL_PERSON.name}")
    expect(card).to_contain_text("用户类型法人")
    expect(card).to_contain_text(LEGAL_PERSON.credit_code)
    card.get_by_role("button", name="批准并执行").click()
    expect(other.get_by_role("dialog")).to_contain_text("请确认您也见到了本人和证件")
    other.get_by_role("dialog").get_by_role("button", name="批准并执行").click()
    shown_once(other, LEGAL_PERSON.name)
    look(other, "activation-code-approved")
    other.get_by_role("button", name="我已交给本人").click()


def test_account_page_shows_its_proofs(log_in_as: LogInAs, party: Party) -> None:
    assert party.phone is not None
    page = log_in_as(StaffRole.CUSTOMER_SERVICE).open("/console/accounts")
    open_account(page, OPERATOR.phone)
    proofs = page.get_by_role("region", name="身份核验").or_(page.locator("section", has_text="身份核验"))
    expect(proofs.last).to_contain_text("备案手机号一致")
    expect(proofs.last).to_contain_text(OPERATOR.credit_code)
    look(page, "account-proofs")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("The filed phone number")).to_be_visible()
