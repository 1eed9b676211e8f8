"""The portal's login without the phone: a forgotten password reset, a missing code sent again."""

import time
from typing import Final

import pytest
from playwright.sync_api import Browser, Route, expect

from mshield.testkit.demo.people import LEGAL_PERSON, Person
from mshield.testkit.phone import VirtualPhone
from tests.browser.app.seeded import CLERK
from tests.browser.conftest import Party
from tests.browser.desk.desk import desk
from tests.browser.desk.page_look import laid_out, look
from tests.support.live_service import ensure_registered

pytestmark = pytest.mark.slow

FORGETFUL: Final = Person(
    name="陆知微",
    id_number="330203199108124214",
    role="operator",
    credit_code=CLERK.credit_code,
    phone="13800006039",
    password="Forgotten-none-2026",  # an invented test account
    pin="586471",
)
"""A person with an account who isn't on file."""


def test_forgotten_password_is_reset_at_the_portal_and_a_code_sent_again(
    browser: Browser, party: Party, clerk: VirtualPhone
) -> None:
    """The `clerk` fixture also creates the legal representative's account."""
    assert clerk.certificate().state == "active"
    service = party.service
    ensure_registered(service, FORGETFUL)
    with desk(browser, party) as made:
        page = made.open_password_login()
        password = page.get_by_label("密码", exact=True)
        password.fill("Forgotten-2026")
        page.get_by_role("button", name="显示密码").click()
        expect(password).to_have_attribute("type", "text")
        page.get_by_role("textbox", name="账号").fill(FORGETFUL.phone)
        page.get_by_role("button", name="忘记密码").click()
        expect(page.get_by_role("textbox", name="账号手机号")).to_have_value(FORGETFUL.phone)
        page.get_by_role("button", name="重设密码").click()
        expect(page.get_by_text("请先获取验证码")).to_be_visible()
        look(page, "portal-forgot")
        expect(page.get_by_label("图形验证码")).to_have_count(0)  # its work is enough for the first codes
        page.get_by_role("button", name="获取验证码").click()
        code = page.get_by_role("textbox", name="短信验证码")
        expect(code).to_be_focused()
        code.fill(service.sms_code("reset", FORGETFUL))
        page.get_by_role("textbox", name="证件号码").fill(FORGETFUL.id_number)
        page.get_by_label("新密码", exact=True).fill("Remembered-2026")
        page.get_by_role("button", name="重设密码").click()
        expect(page.get_by_text("密码已重设，所有登录已退出")).to_be_visible()
        made.give(account=FORGETFUL.phone, password=FORGETFUL.password, captcha=made.captcha())
        expect(page.get_by_role("alert")).to_contain_text("login_failed")
        made.give(account=FORGETFUL.phone, password="Remembered-2026", captcha=made.captcha())
        expect(page.get_by_role("alert")).to_contain_text("not_legal_person")
    with desk(browser, party) as made:
        page = made.open_password_login()
        made.give(account=LEGAL_PERSON.phone, password=LEGAL_PERSON.password, captcha=made.captcha())
        expect(page.get_by_label("短信验证码")).to_be_focused()
        page.get_by_label("短信验证码").fill("12")
        page.get_by_role("button", name="没收到？再发一次").click()
        expect(page.get_by_text("已再次发送到")).to_be_visible()
        expect(page.get_by_label("短信验证码")).to_have_value("")
        page.get_by_label("短信验证码").fill(service.sms_code("portal", LEGAL_PERSON))
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page.get_by_role("heading", name="企业的手机盾")).to_be_visible()


def test_waiting_period_after_a_reset_is_shown_in_advance(
    browser: Browser, party: Party, clerk: VirtualPhone
) -> None:
    """The test inserts the service's answer instead of a real reset, which would affect other tests."""
    number = clerk.certificate().shield_number
    with desk(browser, party) as made:
        page = made.page

        def later(route: Route) -> None:
            answer = route.fetch()
            session = answer.json()
            for enterprise in session["enterprises"]:
                enterprise["acts_from"] = int(time.time() * 1000) + 20 * 3_600_000
            route.fulfill(response=answer, json=session)

        page.route("**/api/portal/session", later)
        page.route("**/api/portal/sessions", later)
        made.log_in()
        note = page.get_by_role("complementary", name="密码刚用短信重设过")
        expect(note).to_contain_text("挂失、冻结、拒绝申请，现在就可以办")
        page.goto(f"{made.origin}/portal/shields/{number}")
        page.get_by_role("button", name="作废", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("radio", name="短信验证码")).to_be_disabled()
        expect(dialog.get_by_role("radio", name="我的手机盾签名")).to_be_checked()
        expect(dialog).to_contain_text("请用重设之前就有的本人手机盾签名")
        laid_out(page, "portal-wait-revoke")
        dialog.get_by_role("button", name="不作废").click()
        page.get_by_role("button", name="冻结", exact=True).click()
        dialog.get_by_role("button", name="休假").click()
        dialog.get_by_role("button", name="冻结", exact=True).click()
        page.get_by_role("button", name="解冻结").click()
        dialog.get_by_role("button", name="恢复工作").click()
        expect(dialog).to_contain_text("起才能解除")
        expect(dialog.get_by_role("button", name="解冻结", exact=True)).to_be_disabled()
        laid_out(page, "portal-wait-lift")
        dialog.get_by_role("button", name="不解除").click()
        look(page, "portal-wait")
        page.unroute_all(behavior="wait")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(note).to_have_count(0)
        page.get_by_role("button", name="解冻结").click()
        dialog.get_by_role("button", name="恢复工作").click()
        dialog.get_by_role("button", name="解冻结", exact=True).click()
        expect(page.get_by_role("button", name="冻结", exact=True)).to_be_visible()
