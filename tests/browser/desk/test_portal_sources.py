"""At the portal with an account of an outside system, or by shield where its password is not for here (R2, R14)."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from mshield.demo.people import LEGAL_PERSON
from mshield.services.outside_login import RETURN_PATH
from tests.browser.app.hand_and_eye import judged
from tests.browser.conftest import Party
from tests.browser.desk.desk import desk, scanned
from tests.browser.desk.look import look
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.outside import PASSWORD, SECRET, USER, AccountOffice, serving
from tests.service import LiveService, apply

pytestmark = pytest.mark.slow

OTHER_NUMBER: Final = "13900005012"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveService, Provider]]:
    """A service whose legal person has an account at the Single Window and one at Internet+Customs, and none here."""
    folder = tmp_path_factory.mktemp("sources")
    live = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    he = {"name": LEGAL_PERSON.name, "id_number": LEGAL_PERSON.id_number}
    users = {"gu": {**USER, **he, "external_id": "u-8", "phone": LEGAL_PERSON.phone}}
    with serving(AccountOffice(users)) as office, providing(live.origin + RETURN_PATH) as made:
        made.person |= {**he, "sub": "u-9", "phone_number": OTHER_NUMBER}
        live.settings["MSHIELD_ACCOUNT_SOURCES"] = json.dumps(
            [
                {"name": "single-window", "kind": "http", "title_zh": "单一窗口", "title_en": "Single Window",
                 "url": office.url, "secret": SECRET},
                {"name": "customs", "kind": "oidc", "title_zh": "互联网+海关", "title_en": "Internet+Customs",
                 "url": made.issuer, "client_id": CLIENT_ID, "secret": CLIENT_SECRET},
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
    """That service, and a phone on which nobody has logged in yet."""
    live, _ = provider
    with live.phone() as phone:
        phone.initialise()
        yield Party(live, phone)


def test_r2_with_his_account_of_the_single_window(browser: Browser, party: Party) -> None:
    with desk(browser, party) as made:
        page = made.open_password_login()
        whose = page.get_by_role("group", name="账号来自")
        expect(whose.get_by_role("radio", name="手机盾")).to_be_checked()
        expect(page.get_by_text("互联网+海关的用户")).to_contain_text("请用手机盾扫码登录")
        look(page, "portal-login-own")
        whose.get_by_role("radio", name="手机盾").focus()
        page.keyboard.press("ArrowRight")
        chosen = whose.get_by_role("radio", name="单一窗口")
        expect(chosen).to_be_checked()
        expect(chosen).to_be_focused()
        expect(whose.get_by_role("radio")).to_have_count(2)
        expect(page.get_by_text("忘记密码，请到单一窗口找回")).to_be_visible()
        look(page, "portal-login-source")
        made.give(account="gu", password="Wrong-2026", captcha=made.captcha())
        expect(page.get_by_role("alert")).to_contain_text("login_failed")
        made.captcha()
        whose.get_by_text("手机盾").click()
        expect(page.get_by_role("alert")).to_have_count(0)
        whose.get_by_text("单一窗口").click()

        made.open("/portal/login")  # where the choice and the way are remembered
        expect(chosen).to_be_checked()
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("group", name="Account of")).to_contain_text("Single Window")
        expect(page.get_by_text("Users of Internet+Customs")).to_be_visible()
        look(page, "portal-login-source-en")
        page.get_by_role("button", name="中文").click()
        made.give(account="gu", password=PASSWORD, captcha=made.captcha())
        code = page.get_by_label("短信验证码")
        expect(code).to_be_focused()
        code.fill(party.service.sms_code("portal", LEGAL_PERSON))
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page).to_have_url(re.compile("/portal/shields"))
        expect(page.get_by_text(LEGAL_PERSON.name).first).to_be_visible()
        judged(page)


def test_r2_by_shield_with_an_account_that_has_a_page_of_its_own(
    browser: Browser, party: Party, provider: tuple[LiveService, Provider]
) -> None:
    begun = party.phone.begin_outside_login("customs")
    code, state = provider[1].log_in_at(begun.address)
    party.phone.finish_outside_login(state, code)
    apply(party.service, party.phone, replace(LEGAL_PERSON, phone=OTHER_NUMBER))
    with desk(browser, party) as made:
        page = made.open("/portal/login")
        scanned(page.locator("mshield-login"), party.phone)
        expect(page).to_have_url(re.compile("/portal/shields"))
        expect(page.get_by_text(LEGAL_PERSON.name).first).to_be_visible()
