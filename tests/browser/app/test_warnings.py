"""The app's warnings about unusual documents: far higher amounts, an unproven view.

Also, in English: one PIN that unlocks the app and logs in at a PC.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.app.camera import Screen
from tests.browser.app.exports import export, with_view
from tests.browser.app.logged_out import END_LOGIN
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.app.seeded import Holder, holder
from tests.browser.app.test_request import state
from tests.browser.conftest import Party
from tests.browser.unproven import seen

pytestmark = pytest.mark.slow
USUAL = 10
"""Number of signatures before amounts are compared with the usual ones."""


@pytest.fixture
def app(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone with a certificate that has signed nothing; its business system has a view."""
    with_view(party)
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as made:
        yield made


def _opened(app: Holder, made: dict[str, Any]) -> Page:
    """Opens the app on this request, like the phone's own camera does."""
    return app.page(Screen.of(made).newest.removeprefix(app.service.origin))


def test_r16_unusually_high_amount_is_flagged_until_the_pin(party: Party, app: Holder) -> None:
    documents = [export(f"E202611280000{n}", f"{9_000 + n}.00") for n in range(10, 10 + USUAL)]
    page = _opened(app, party.ask("signature", documents=documents))
    expect(page.get_by_role("heading", name="批量签名")).to_be_visible()
    expect(page.get_by_text("比平时高很多")).to_have_count(0)
    page.get_by_role("button", name=f"输入一次 PIN 码，签 {USUAL} 份").click()
    enter_pin(page, app.person.pin)
    expect(page.get_by_role("heading", name=f"签了 {USUAL} 份")).to_be_visible()
    page.close()

    twice = party.ask("signature", documents=[export("E20261128000031", "18000.00")])
    page = _opened(app, twice)
    expect(page.get_by_role("region", name="本机从原文读出")).to_contain_text("18,000.00")
    expect(page.get_by_text("比平时高很多")).to_have_count(0)
    page.close()

    far = party.ask("signature", documents=[export("E20261128000032", "86000.00")])
    page = _opened(app, far)
    drawn = page.get_by_role("region", name="本机从原文读出")
    expect(drawn).to_contain_text("86,000.00")
    expect(drawn).to_contain_text("比平时高很多")
    expect(drawn).to_contain_text("和这部手机上您以往给对方签的相比")
    seen(page, "far-above")
    page.get_by_role("button", name="输入 PIN 码签名").click()
    pin = page.get_by_role("dialog")
    expect(pin).to_contain_text("比平时高很多")
    seen(page, "far-above-pin")
    enter_pin(page, app.person.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    assert state(party, far)[0] == "signed"
    page.close()

    several = [export("E20261128000041", "9500.00"), export("E20261128000042", "960000.00")]
    page = _opened(app, party.ask("signature", documents=several))
    row = page.get_by_role("listitem").filter(has_text="E20261128000042")
    expect(row).to_contain_text("比平时高很多")
    expect(page.get_by_role("listitem").filter(has_text="E20261128000041")).not_to_contain_text("比平时")
    seen(page, "far-above-batch")
    page.close()


def test_r16_record_shows_the_amount_of_the_document_not_the_one_said(party: Party, app: Holder) -> None:
    said = [{"label": "申报总价", "value": "美元 1,870.00"}]
    page = _opened(
        app, party.ask("signature", documents=[export("E20261128000061", "18700.00", display=said)])
    )
    page.get_by_role("button", name="按原文签名…").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("checkbox", name="我看过原文，按原文签").check()
    sheet.get_by_role("button", name="输入 PIN 码签名").click()
    enter_pin(page, app.person.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    page.close()

    page = app.page("/me/signatures")
    page.get_by_role("listitem").first.get_by_role("link").click()
    record = page.get_by_role("region", name="签署时从原文读出")
    expect(record.locator(".amt")).to_contain_text("18,700.00")
    expect(record).not_to_contain_text("1,870.00")
    expect(page.locator(".amt")).to_have_count(1)
    differing = page.locator(".differing")
    expect(differing).to_contain_text("对方说明与原文不一致")
    expect(differing.get_by_role("row", name="申报总价")).to_contain_text("1,870.00")
    expect(page.get_by_text("您确认按原文签署")).to_be_visible()
    expect(page.get_by_text(app.person.name)).to_be_visible()
    seen(page, "record")
    page.close()


def _doesnt_know(route: Route) -> None:
    """Answers like a service that doesn't know the view or the call for its proof."""
    document = {"type": "about:blank", "title": "x", "status": 404, "code": "not_found", "detail": "x"}
    route.fulfill(status=404, content_type="application/problem+json", json=document)


def test_r16_unproven_view_is_not_used(party: Party, app: Holder) -> None:
    app.context.route("**/views/*/registration", _doesnt_know)
    said = [{"label": "申报总价", "value": "美元 18,600.00"}]
    made = party.ask("signature", documents=[export("E20261128000051", "18700.00", display=said)])
    page = _opened(app, made)
    alarm = page.get_by_role("alert").filter(has_text="展示规则没有登记的证明")
    expect(alarm).to_contain_text("没有按它显示")
    expect(alarm.get_by_role("row", name="申报总价")).to_contain_text("18,600.00")
    expect(page.get_by_role("region", name="本机从原文读出")).to_have_count(0)
    expect(page.get_by_role("button", name="输入 PIN 码签名")).to_have_count(0)
    seen(page, "unproven")
    page.get_by_role("button", name="按原文签名…").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="先勾选上面一项")).to_be_disabled()
    seen(page, "unproven-sure")
    sheet.get_by_role("checkbox", name="我看过原文，按原文签").check()
    sheet.get_by_role("button", name="输入 PIN 码签名").click()
    enter_pin(page, app.person.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    assert state(party, made)[0] == "signed"
    page.close()


def test_r3_r15_one_pin_unlocks_the_app_and_logs_in_in_english(party: Party, app: Holder) -> None:
    page = app.page("/me/settings")
    page.get_by_role("radio", name="English").check()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.evaluate(END_LOGIN)
    page.goto(f"{app.service.origin}/app/")
    expect(page.get_by_role("button", name="Open with PIN")).to_be_visible()
    seen(page, "one-pin-en-open")
    made = party.ask()
    page.goto(Screen.of(made).newest.replace("/q/", "/app/q/"))
    expect(page.get_by_role("heading", name="Confirm the login")).to_be_visible()
    seen(page, "one-pin-en-confirm")
    page.get_by_role("button", name="Enter PIN to log in").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_be_visible()
    seen(page, "one-pin-en-pin")
    pad = sheet.get_by_role("group")
    for digit in app.person.pin:
        pad.get_by_role("button", name=digit, exact=True).click()
    expect(page.get_by_role("heading", name="Logged in")).to_be_visible()
    assert state(party, made)[0] == "signed"
    seen(page, "one-pin-en-done")
    page.close()
