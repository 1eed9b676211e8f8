"""The legal representative's view of identity proofs, and customer service's of a shield's consents."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.browser.app.keyboard import walk
from tests.browser.conftest import Party, party_in
from tests.browser.desk.console import LogInAs, open_account
from tests.browser.desk.desk import desk
from tests.browser.desk.page_look import look
from tests.support.live_service import ensure_registered, log_in

pytestmark = pytest.mark.slow

SECOND: Final = replace(OPERATOR, phone="13612344321", password="Second-2026-xy")


@pytest.fixture(scope="module")
def party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    """A service for this module only: its operator's account is disabled here."""
    with party_in(tmp_path_factory.mktemp("service")) as made:
        yield made


@pytest.fixture(scope="module")
def second(party: Party, clerk: VirtualPhone) -> Iterator[VirtualPhone]:
    """A new phone with a second account, to which the operator's shield on the old one consented."""
    assert clerk.certificate().state == "active"
    service = party.service
    ensure_registered(service, SECOND)
    with service.phone("second-at-the-desk") as phone:
        log_in(service, phone, SECOND)
        asked = phone.ask_own_shield("operator", OPERATOR.credit_code)
        code = phone.consent_state(asked.request_id, asked.status_token).code
        assert code is not None
        party.phone.scan(code)
        party.phone.approve(pin=OPERATOR.pin)
        yield phone


def test_legal_person_sees_proofs_and_pending_ones(
    browser: Browser, party: Party, second: VirtualPhone
) -> None:
    assert second.identity().proofs[0].way == "own_shield"
    with desk(browser, party) as made:
        made.log_in()
        page = made.open("/portal/people")
        row = page.locator("tbody tr").filter(has_text=OPERATOR.name)
        expect(row).to_contain_text("备案手机号一致")
        expect(row).to_contain_text("账号 138****6027")
        expect(row).to_contain_text("由本人的手机盾 138****6027")
        expect(row).to_contain_text("第二个账号")
        expect(row).to_contain_text("起生效")
        expect(page.locator("tbody tr").filter(has_text="CHAN Tai Man")).to_contain_text("还没有核验")
        assert SECOND.phone not in page.content()
        look(page, "portal-people-proofs")
        page.get_by_role("button", name="English").click()
        expect(row).to_contain_text("Consent with the person's own shield")
        expect(row).to_contain_text("A second account: valid from")
        look(page, "portal-people-proofs-en")
        page.get_by_role("button", name="中文").click()
        page = made.open(f"/portal/shields/{party.phone.certificate().shield_number}")
        panel = page.locator("section", has=page.get_by_role("heading", name="持有人的身份核验"))
        expect(panel).to_contain_text("备案手机号一致")
        look(page, "portal-shield-proofs")
        expect(page.get_by_text(LEGAL_PERSON.name).first).to_be_visible()


def test_staff_disabling_an_account_see_and_end_its_consents(
    log_in_as: LogInAs, party: Party, second: VirtualPhone
) -> None:
    page = log_in_as(StaffRole.CUSTOMER_SERVICE).open("/console/accounts")
    open_account(page, OPERATOR.phone)
    panel = page.locator("section", has=page.get_by_role("heading", name="它同意过的账号"))
    expect(panel).to_contain_text("136****4321")
    expect(panel.get_by_text("可能是冒用的")).to_have_count(0)
    page.get_by_role("button", name="停用账号").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("它用手机盾同意过的账号（1 个）仍然有效")
    look(page, "account-disable-consents")
    dialog.get_by_label("原因").fill("疑似冒用")
    dialog.get_by_role("button", name="停用账号").click()
    expect(panel.get_by_text("可能是冒用的")).to_be_visible()
    look(page, "account-consents")
    assert not walk(page)
    panel.get_by_role("button", name="终止核验").click()
    expect(dialog).to_contain_text("终止 136****4321 的核验")
    look(page, "account-consent-end")
    dialog.get_by_label("原因").fill("本人没有同意过")
    dialog.get_by_role("button", name="终止核验").click()
    expect(panel).to_contain_text("结束")
    expect(panel.get_by_role("button", name="终止核验")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Accounts it consented to")).to_be_visible()
    look(page, "account-consents-en")
    (proof,) = second.identity().proofs
    assert proof.ended_reason == "by_staff"
    page.get_by_role("button", name="中文").click()
    page.get_by_role("button", name="启用账号").click()
    dialog.get_by_label("原因").fill("核对过")
    dialog.get_by_role("button", name="启用账号").click()
    expect(dialog).to_be_hidden()
