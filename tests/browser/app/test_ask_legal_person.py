"""请法人办理: requested in the app, answered at the portal, read in the app, and visible to customer service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL
from tests.browser.app.seeded import Holder, holder
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs, open_account
from tests.browser.desk.desk import desk
from tests.browser.desk.page_look import look
from tests.browser.unproven import seen
from tests.support.identity import prove
from tests.support.live_service import ensure_registered, log_in

pytestmark = pytest.mark.slow
NOTE = "换了手机，旧的不用了"
REASON = "请先把旧手机交回"


@pytest.fixture
def app(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone with a certificate, whose legal representative is proven."""
    service = party.service
    ensure_registered(service, LEGAL_PERSON)
    with service.phone("chief-who-is-asked") as chief:
        log_in(service, chief, LEGAL_PERSON)
        prove(service, chief, LEGAL_PERSON)
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as made:
        yield made


def test_request_from_the_app_is_answered_at_the_portal(
    browser: Browser, party: Party, app: Holder, log_in_as: LogInAs
) -> None:
    page = app.page("/asks")
    expect(page.get_by_role("button", name="请选择办理事项")).to_be_disabled()
    expect(page.get_by_role("radio", name="挂失手机盾")).to_be_visible()
    expect(page.get_by_role("radio", name="解除停用")).to_have_count(0)  # no hold to lift
    page.get_by_role("radio", name="作废手机盾").check()
    page.get_by_label("留言").fill(NOTE)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("status").filter(has_text="已提交，法人会收到短信")).to_be_visible()
    own = page.get_by_role("listitem").filter(has_text=NOTE)
    expect(own).to_contain_text("等法人办理")
    seen(page, "asked")

    with desk(browser, party) as made:
        portal = made.log_in()
        place = portal.get_by_role("navigation").get_by_role("link", name="操作员的请求")
        expect(place.locator(".count")).to_contain_text("1")
        place.click()
        asked = portal.get_by_role("listitem").filter(has_text=NOTE)
        expect(asked).to_contain_text(app.person.name)
        look(portal, "portal-asks")
        asked.get_by_role("button", name="答复“已办理”").click()
        expect(portal.get_by_role("alert")).to_be_visible()  # the shield is unchanged
        asked.get_by_role("button", name="不办理…").click()
        portal.get_by_label("不办理的原因，操作员会看到").fill(REASON)
        look(portal, "portal-asks-refuse")
        portal.get_by_role("button", name="答复“不办理”").click()
        expect(portal.get_by_text("已答复，操作员会收到短信")).to_be_visible()
        expect(place.locator(".count")).to_have_count(0)

    page.reload()
    expect(own).to_contain_text("法人没有办理")
    expect(own).to_contain_text(f"法人说：{REASON}")
    seen(page, "ask-answered")
    page.close()

    service = log_in_as(StaffRole.CUSTOMER_SERVICE).open("/console/accounts")
    open_account(service, app.person.phone)
    panel = service.locator("section", has=service.get_by_role("heading", name="请法人办理的事"))
    expect(panel).to_contain_text(NOTE)
    expect(panel).to_contain_text(REASON)
