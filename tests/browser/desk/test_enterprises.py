"""我的企业 at the portal: a legal representative filed elsewhere too adds that enterprise by an activation code."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.browser.app.keyboard import walk
from tests.browser.conftest import Party
from tests.browser.desk.desk import Desk, desk
from tests.browser.desk.page_look import look
from tests.browser.unproven import unproven_party
from tests.support.identity import make_code, prove
from tests.support.live_service import log_in, register

pytestmark = pytest.mark.slow

SECOND: Final = replace(LEGAL_PERSON, credit_code="91370203MA3YK2D9RF")
THIRD: Final = replace(LEGAL_PERSON, credit_code="91330902MA2D4KEX7U")
FIRMS: Final = {SECOND: "青岛云栈国际货运代理有限公司", THIRD: "舟山东极船舶供应有限公司"}
HEAD: Final = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型,手机号"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    """A service whose legal representative is filed at two more enterprises, without a phone number there."""
    with unproven_party(tmp_path_factory.mktemp("enterprises")) as party:
        listed = party.service.folder / "elsewhere.csv"
        lines = [
            f"{name},{person.credit_code},{person.name},居民身份证,{person.id_number},法人,"
            for person, name in FIRMS.items()
        ]
        listed.write_text("\n".join((HEAD, *lines)), "utf-8")
        party.service.by_two("filing", "import", str(listed))
        yield party


@pytest.fixture(scope="module")
def legal(browser: Browser, office: Party) -> Iterator[Desk]:
    """The legal representative, logged in."""
    with desk(browser, office) as at_desk:
        at_desk.log_in()
        yield at_desk


def open_enterprises(legal: Desk) -> Page:
    """Opens the enterprises by the navigation."""
    page = legal.open("/portal/")
    page.get_by_role("navigation").get_by_role("link", name="我的企业").click()
    expect(page.get_by_role("heading", name="我的企业")).to_be_visible()
    return page


def give(page: Page, code: str) -> None:
    """Types a code and sends it."""
    page.get_by_label("激活码", exact=True).fill(code)
    page.get_by_role("button", name="添加", exact=True).click()


def test_second_account_at_the_enterprise_waits_and_can_be_stopped(legal: Desk, office: Party) -> None:
    service = office.service
    first = replace(THIRD, phone="13800009944", password="Other-phone-2026")  # an invented test account
    with service.phone("first-account") as phone:
        register(service, phone, first)
        log_in(service, phone, first)
        prove(service, phone, first)
        page = open_enterprises(legal)
        give(page, make_code(service, THIRD))
        expect(page.get_by_role("status")).to_contain_text("起可以管理那家企业")
        look(page, "enterprises-later")
        from_before = make_code(service, THIRD)
        phone.object_to_second_account(phone.identity().second_accounts[0].id)
    give(page, from_before)
    expect(page.get_by_role("alert")).to_contain_text("请向客服当面领取新的激活码")
    look(page, "enterprises-stopped")
    give(page, make_code(service, THIRD))
    expect(page.get_by_role("status")).to_contain_text("起可以管理那家企业")
    expect(page.locator("main").get_by_role("listitem")).to_have_count(1)


def test_enterprise_is_added_by_its_code_and_other_codes_refused(legal: Desk, office: Party) -> None:
    service = office.service
    code = make_code(service, SECOND)
    page = open_enterprises(legal)
    listed = page.locator("main").get_by_role("listitem")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("正在查看")
    alert = page.get_by_role("alert")
    give(page, "K7RD-4WX9-2222")
    expect(alert).to_contain_text("激活码不正确，或已过期、已用过。还可以试 4 次")
    give(page, make_code(service, OPERATOR))
    expect(alert).to_contain_text("还可以试 3 次")  # another person's code, which isn't revealed
    look(page, "enterprises-wrong")
    assert not walk(page)

    give(page, f" {code.lower()} ")
    expect(page.get_by_role("status")).to_contain_text(f"已添加{FIRMS[SECOND]}")
    expect(alert).to_have_count(0)
    expect(page.get_by_label("激活码", exact=True)).to_have_value("")
    expect(listed).to_have_count(2)
    look(page, "enterprises-added")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("status")).to_contain_text(f"{FIRMS[SECOND]} was added")
    look(page, "enterprises-added-en")
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="查看它的手机盾").click()
    expect(page.locator("main")).to_contain_text(FIRMS[SECOND])

    page = open_enterprises(legal)
    expect(listed.filter(has_text=FIRMS[SECOND])).to_contain_text("正在查看")
    give(page, make_code(service, LEGAL_PERSON))
    expect(page.get_by_role("status")).to_contain_text("您管理的企业没有变化")
    give(page, code)
    expect(alert).to_contain_text("还可以试 4 次")  # a used code
    for left in (3, 2, 1, 0):
        give(page, "K7RD-4WX9-2222")
        expect(alert).to_contain_text(f"还可以试 {left} 次")
    give(page, make_code(service, THIRD))
    expect(alert).to_contain_text("激活码输错次数太多，24 小时后再试")
    look(page, "enterprises-locked")
