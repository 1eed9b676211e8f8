"""One search field above the console's lists of accounts, SMS and acts, like those of certificates and filing."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.browser.app.keyboard import walk
from tests.browser.conftest import Party
from tests.browser.desk.console import ACCOUNTS, LogInAs, open_account
from tests.browser.desk.page_look import look

pytestmark = pytest.mark.slow

ENTERPRISE = "宁波北潮进出口有限公司"
SMS = "手机号或末 4 位，姓名、企业，或盾号、证件的末 4 位"
_NARROWED = re.compile(r"/api/console/(?:accounts/search|sms)\?")
ACTS = "姓名、企业，盾号、手机、证件的末 4 位，或对象编号"
ACTORS = "谁做的：员工姓名，或姓名、企业，盾号、手机、证件的末 4 位"


def _shield_number(party: Party) -> str:
    assert party.phone is not None
    return str(party.phone.certificate().shield_number)


def _shield_end(party: Party) -> str:
    return _shield_number(party)[-4:]


def _rows(page: Page, label: str, words: str) -> list[str]:
    """Returns the list's rows once the search for these words is shown."""
    with page.expect_response(_NARROWED) as answer:
        page.get_by_label(label).fill(words)
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(len(answer.value.json()["items"]))
    return rows.all_inner_texts()


def test_account_is_found_by_what_a_caller_says(log_in_as: LogInAs, party: Party) -> None:
    page = log_in_as(StaffRole.CUSTOMER_SERVICE).open("/console/accounts")
    expect(page.get_by_role("heading", name="输入要找的人")).to_be_visible()
    number = _shield_number(party)
    for words in (
        number,
        number.removeprefix("MS"),
        OPERATOR.id_number.lower(),
        OPERATOR.name[1:],
        f"+86 {OPERATOR.phone}",
    ):
        page.get_by_label(ACCOUNTS).fill("")
        expect(page.get_by_role("heading", name="输入要找的人")).to_be_visible()
        found = _rows(page, ACCOUNTS, words)
        assert any(OPERATOR.name in row and ENTERPRISE in row for row in found), words
        assert words not in page.url
    page.get_by_label(ACCOUNTS).fill("")
    expect(page.get_by_role("heading", name="输入要找的人")).to_be_visible()
    found = _rows(page, ACCOUNTS, ENTERPRISE[2:6])
    assert any(OPERATOR.name in row for row in found)
    look(page, "accounts-searched")
    assert not walk(page)
    _rows(page, ACCOUNTS, "查无此人")
    expect(page.get_by_role("heading", name="没有找到账号")).to_be_visible()
    look(page, "accounts-none")
    open_account(page, OPERATOR.phone)
    expect(page.get_by_role("heading", name=OPERATOR.name)).to_be_visible()


def test_sms_are_found_by_a_number_end(log_in_as: LogInAs, party: Party) -> None:
    page = log_in_as(StaffRole.AUDITOR).open("/console/sms")
    expect(page.locator("tbody tr").first).to_be_visible()
    for words in (_shield_end(party), OPERATOR.phone[-4:], OPERATOR.name):
        found = _rows(page, SMS, words)
        assert found, words
        expect(page.locator("tbody tr", has_text=LEGAL_PERSON.phone[-4:])).to_have_count(0)
        expect(page.locator("tbody tr").first).to_contain_text("138****6027")
        assert words not in page.url
    look(page, "sms-searched")


def _with_more_people(route: Route) -> None:
    """Answers as if the words matched more than 300 people, too many to create here."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"more_people": True})


def test_acts_are_found_by_their_subject(log_in_as: LogInAs, party: Party) -> None:
    page = log_in_as(StaffRole.AUDITOR).open("/console/audit")
    everything = page.locator("tbody tr")
    expect(everything.filter(has_text="staff.add").first).to_be_visible()
    for words in (_shield_end(party), OPERATOR.name, ENTERPRISE[2:6]):
        page.get_by_label(ACTS).fill("")
        expect(everything.filter(has_text="staff.add").first).to_be_visible()
        page.get_by_label(ACTS).fill(words)
        expect(everything.filter(has_text="staff.add")).to_have_count(0)
        expect(everything.filter(has_text="identity.prove").first).to_be_visible()
        assert "subject" not in page.url
    look(page, "audit-searched")
    page.get_by_label(ACTS).fill("")
    page.get_by_label(ACTORS).fill("审计员")
    expect(everything.filter(has_text="staff.add")).to_have_count(0)
    expect(everything.filter(has_text="staff.set_up").first).to_be_visible()
    said = ""
    for kind in ("xlsx", "csv"):
        with page.expect_download() as file:
            page.get_by_role("button", name=f"导出 .{kind}").click()
        assert re.fullmatch(rf"acts-\d{{4}}-\d\d-\d\d\.{kind}", file.value.suggested_filename)
        said = file.value.path().read_text("utf-8-sig") if kind == "csv" else said
    assert said.startswith("时间（中国标准时间 UTC+08:00）")
    assert "audit.export" in said
    page.get_by_label(ACTORS).fill("")
    page.route("**/api/console/acts*", _with_more_people)
    page.get_by_label(ACTS).fill(OPERATOR.name[0])
    expect(page.get_by_role("status").filter(has_text="符合的人太多")).to_be_visible()
    look(page, "audit-more-people")
    page.unroute("**/api/console/acts*")
    page.get_by_role("button", name="English").click()
    english = "Name, enterprise, last 4 of shield, phone or ID, or a subject's ID"
    expect(page.get_by_label(english)).to_be_visible()
    look(page, "audit-searched-english")
