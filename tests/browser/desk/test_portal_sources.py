"""The portal with an account of an outside system: by password, or at its page and back (R2, R14)."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect

from mshield.server.accounts.outside_login import RETURN_PATH as APP_RETURN_PATH
from mshield.server.legal_person.outside_login import RETURN_PATH
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.browser.app.consenting import tick
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.conftest import Party
from tests.browser.desk.desk import desk
from tests.browser.desk.page_look import look
from tests.support.identity import make_code
from tests.support.intruder import Intruder
from tests.support.live_service import LiveService, apply
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing, returned
from tests.support.outside_systems import PASSWORD, SECRET, USER, AccountOffice, serving

pytestmark = pytest.mark.slow

CHIEF: Final = replace(LEGAL_PERSON, phone="13900005012")
"""The legal representative's data at Internet+Customs."""


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveService, Provider]]:
    """A service whose legal representative has accounts at the Single Window and Internet+Customs, and none here."""
    folder = tmp_path_factory.mktemp("sources")
    live = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    person = {"name": LEGAL_PERSON.name, "id_number": LEGAL_PERSON.id_number}
    users = {"gu": {**USER, **person, "external_id": "u-8", "phone": LEGAL_PERSON.phone}}
    back = (live.origin + APP_RETURN_PATH, live.origin + RETURN_PATH)
    with serving(AccountOffice(users)) as office, providing(*back) as made:
        # 127.0.0.1 is another site than the service at localhost, so cookies behave as in production.
        made.person |= {**person, "sub": "u-9", "phone_number": CHIEF.phone, "identity_verified": True}
        live.settings["MSHIELD_ACCOUNT_SOURCES"] = json.dumps(
            [
                {"name": "single-window", "kind": "http", "title_zh": "单一窗口", "title_en": "Single Window",
                 "url": office.url, "secret": SECRET},
                {"name": "customs", "kind": "oidc", "title_zh": "互联网+海关", "title_en": "Internet+Customs",
                 "url": made.issuer, "client_id": CLIENT_ID, "secret": CLIENT_SECRET,
                 "identity_claim": "identity_verified"},
            ]
        )  # fmt: skip
        live.prepare()
        live.start()
        try:
            yield live, made
        finally:
            live.stop()


@pytest.fixture(scope="module")
def party(provider: tuple[LiveService, Provider]) -> Iterator[Party]:
    """That service, and a phone without a login."""
    live, _ = provider
    with live.phone() as phone:
        phone.initialise()
        yield Party(live, phone)


def test_r2_login_by_an_account_of_the_single_window(browser: Browser, party: Party) -> None:
    with desk(browser, party) as made:
        page = made.open_password_login()
        whose = page.get_by_role("group", name="账号来自")
        expect(whose.get_by_role("radio", name="手机盾")).to_be_checked()
        look(page, "portal-login-own")
        whose.get_by_role("radio", name="手机盾").focus()
        page.keyboard.press("ArrowRight")
        chosen = whose.get_by_role("radio", name="单一窗口")
        expect(chosen).to_be_checked()
        expect(chosen).to_be_focused()
        expect(whose.get_by_role("radio")).to_have_count(3)
        expect(page.get_by_text("忘记密码，请到单一窗口找回")).to_be_visible()
        look(page, "portal-login-source")
        made.give(account="gu", password="Wrong-2026", captcha=made.captcha())
        expect(page.get_by_role("alert")).to_contain_text("login_failed")
        made.captcha()
        whose.get_by_text("手机盾").click()
        expect(page.get_by_role("alert")).to_have_count(0)
        whose.get_by_text("单一窗口").click()

        made.open("/portal/login")  # the choice and the way are remembered there
        expect(chosen).to_be_checked()
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("group", name="Account source")).to_contain_text("Single Window")
        look(page, "portal-login-source-en")
        page.get_by_role("button", name="中文").click()
        made.give(account="gu", password=PASSWORD, captcha=made.captcha())
        expect(page.get_by_role("alert")).to_contain_text("consent_needed")
        tick(page)
        made.give(account="gu", password=PASSWORD, captcha=made.captcha())
        code = page.get_by_label("短信验证码")
        expect(code).to_be_focused()
        code.fill(party.service.sms_code("portal", LEGAL_PERSON))
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page).to_have_url(re.compile("/portal/shields"))
        expect(page.get_by_text(LEGAL_PERSON.name).first).to_be_visible()
        check_page(page)


def test_r2_login_at_the_outside_page_to_report_a_lost_phone(
    browser: Browser, party: Party, provider: tuple[LiveService, Provider]
) -> None:
    with closing(Intruder(party.service.database)) as office:
        # A second account needs more than Internet+Customs' claim, so end the first one's proofs.
        office.run("UPDATE identity_proofs SET ended_at = 1")
    begun = party.phone.begin_outside_login("customs")
    code, state = provider[1].log_in_at(begun.address)
    party.phone.finish_outside_login(state, code)
    apply(party.service, party.phone, CHIEF)
    number = party.phone.certificate().shield_number
    with desk(browser, party) as made:
        page = made.open(f"/portal/shields/{number}")
        page.get_by_role("button", name="账号密码").click()
        page.get_by_text("互联网+海关").click()
        expect(page.get_by_label("密码")).to_have_count(0)
        expect(page.get_by_role("heading", name="在互联网+海关的页面登录")).to_be_visible()
        look(page, "portal-login-page")
        page.get_by_role("button", name="前往互联网+海关登录").click()
        field = page.get_by_label("短信验证码")
        expect(field).to_be_focused()
        # Neither code nor state stays in the address; the wanted page does.
        expect(page).to_have_url(f"{made.origin}/portal/login?next=/shields/{number}")
        assert {urlsplit(url).path for url in made.foreign} == {"/authorize"}
        made.foreign.clear()
        look(page, "portal-login-page-code")
        field.fill(party.service.sms_code("portal", CHIEF))
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page).to_have_url(f"{made.origin}/portal/shields/{number}")
        page.get_by_role("button", name="挂失").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("原因").fill("手机遗失")
        dialog.get_by_role("button", name="挂失", exact=True).click()
        expect(page.locator(".chip")).to_have_text("已挂失")
        assert party.phone.certificate().holds == ("lost",)


def test_unproven_person_enters_an_activation_code_after_the_outside_page(
    browser: Browser, party: Party, provider: tuple[LiveService, Provider]
) -> None:
    live, customs = provider
    customs.person |= {"identity_verified": False}
    with closing(Intruder(live.database)) as office:
        office.run("UPDATE identity_proofs SET ended_at = 1")
    try:
        with desk(browser, party) as made:
            page = made.open("/portal/login")
            page.get_by_role("button", name="账号密码").click()
            page.get_by_text("互联网+海关").click()
            page.get_by_role("button", name="前往互联网+海关登录").click()
            field = page.get_by_label("激活码", exact=True)
            expect(field).to_be_focused()
            made.foreign.clear()
            look(page, "portal-login-activation")
            field.fill("AAAA-BBBB-CCCC")
            page.get_by_role("button", name="下一步").click()
            expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
            look(page, "portal-login-activation-wrong")
            field.fill(make_code(live, LEGAL_PERSON).lower())
            page.get_by_role("button", name="下一步").click()
            sms = page.get_by_label("短信验证码")
            expect(sms).to_be_focused()
            sms.fill(live.sms_code("portal", CHIEF))
            page.get_by_role("button", name="登录", exact=True).click()
            expect(page).to_have_url(re.compile("/portal/shields"))
            page.get_by_role("button", name="退出").click()
        with desk(browser, party) as made:
            with closing(Intruder(live.database)) as office:
                office.run("UPDATE identity_proofs SET ended_at = 1")
            page = made.open("/portal/login")
            page.get_by_role("button", name="English").click()
            page.get_by_role("button", name="Password").click()
            page.get_by_text("Internet+Customs").click()
            page.get_by_role("button", name="Go to Internet+Customs").click()
            expect(page.get_by_label("Activation code", exact=True)).to_be_focused()
            made.foreign.clear()
            look(page, "portal-login-activation-en")
            page.get_by_role("button", name="Back to the login").click()
            expect(page.get_by_role("heading", name="Log in", exact=True)).to_be_visible()
    finally:
        customs.person |= {"identity_verified": True}


def test_r2_return_from_another_browsers_login_is_refused(
    browser: Browser, party: Party, provider: tuple[LiveService, Provider]
) -> None:
    url = f"{party.service.origin}/api/portal/outside-logins"
    left = httpx.post(url, json={"source": "customs"}, trust_env=False).json()
    stranger = returned(RETURN_PATH, *provider[1].log_in_at(left["address"]))
    refused_there = f"{RETURN_PATH}?error=access_denied&state={left['state']}"
    with desk(browser, party) as made:
        page = made.page
        made.open(refused_there)
        expect(page.get_by_role("heading", name="没有登录")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("对方页面没有完成登录")
        expect(page).to_have_url(made.origin + RETURN_PATH)
        made.open(stranger)
        expect(page.get_by_role("alert")).to_contain_text("不是在这个浏览器里开始的")
        expect(page).to_have_url(made.origin + stranger)  # for the command that started it
        look(page, "portal-login-page-refused")
        page.get_by_role("link", name="返回登录").click()
        expect(page).to_have_url(f"{made.origin}/portal/login")
        expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()
        page.get_by_role("button", name="English").click()
        made.open(stranger)
        expect(page.get_by_role("heading", name="Nobody was logged in")).to_be_visible()
