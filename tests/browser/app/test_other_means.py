"""Alternatives in the app for people without the usual means: no shield that signs, no id number known."""

from typing import Final

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.app.app_user import User
from tests.browser.app.more_people import registered
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.app.seeded import visitor
from tests.browser.conftest import Party
from tests.browser.unproven import seen
from tests.support.live_service import apply, log_in

pytestmark = pytest.mark.slow
ELSEWHERE: Final = "91370203MA3YK2D9RF"
"""An enterprise that never filed this person."""


def _lose_own_number(route: Route) -> None:
    """Simulates a network failure."""
    route.abort("connectionreset")


def test_r05_device_is_disowned_by_sms_code_without_a_shield(browser: Browser, party: Party) -> None:
    service = party.service
    person = registered(service)
    with service.phone(f"lost-{person.phone}") as lost, visitor(browser, service, **PIXEL) as made:
        log_in(service, lost, person)
        apply(service, lost, person)
        number = lost.certificate().shield_number
        user = User(service, made.page(), person)
        page = user.page
        user.begin()
        user.log_in()
        user.open("/me/devices")
        device = page.get_by_role("listitem").filter(has=page.get_by_label(number, exact=True))
        device.get_by_role("button", name="不是我的").click()
        sheet = page.get_by_role("dialog")
        expect(sheet.get_by_label("短信验证码")).to_be_visible()
        seen(page, "not-mine-by-code")
        sheet.get_by_role("button", name="挂失并退出那部设备").click()
        expect(sheet.get_by_role("alert")).to_contain_text("请输入短信里的 6 位数字")
        expect(device).not_to_contain_text("已挂失")
        user.get_code("device")
        right = sheet.get_by_label("短信验证码").input_value()
        wrong = f"{(int(right) + 1) % 1_000_000:06}"
        user.fill("短信验证码", wrong)
        sheet.get_by_role("button", name="挂失并退出那部设备").click()
        expect(sheet.get_by_role("alert")).to_contain_text("验证码")
        seen(page, "not-mine-wrong-code")
        user.fill("短信验证码", right)
        sheet.get_by_role("button", name="挂失并退出那部设备").click()
        expect(sheet.get_by_role("heading", name="已挂失，那部设备已退出")).to_be_visible()
        expect(sheet).not_to_contain_text("本机的手机盾")  # it has none
        seen(page, "not-mine-done")
        sheet.get_by_role("button", name="以后再改").click()
        expect(device).to_contain_text("已挂失")


def test_r4_r10_id_number_is_typed_if_it_cannot_be_fetched(browser: Browser, party: Party) -> None:
    service = party.service
    person = registered(service)
    with visitor(browser, service, **PIXEL) as made:
        user = User(service, made.page(), person)
        page = user.page
        user.begin()
        user.log_in()
        page.route("**/api/phone/me/birth-dates", _lose_own_number)
        user.open("/apply")
        field = page.get_by_role("textbox", name="身份证号")
        expect(field).to_be_visible()
        user.fill("姓名", person.name)
        page.get_by_role("button", name="用户类型").click()
        page.get_by_role("option", name="企业操作员").click()
        user.press("完成")
        user.fill("统一社会信用代码", person.credit_code)
        user.get_code("apply")
        user.press("提交")
        expect(page.get_by_role("alert").filter(has_text="请填写证件号码")).to_be_visible()
        expect(field).to_be_focused()
        field.fill(person.id_number[:-1] + ("0" if person.id_number[-1] != "0" else "1"))
        expect(page.get_by_role("alert").filter(has_text="身份证号不正确，请核对")).to_be_visible()
        seen(page, "apply-typed-wrong")
        field.fill(person.id_number)
        expect(page.get_by_role("alert")).to_have_count(0)
        page.get_by_role("heading").first.click()
        shown = page.locator(".mask")
        expect(shown).to_contain_text("*")
        expect(shown).not_to_contain_text(person.id_number[6:14])
        page.get_by_role("button", name="显示完整号码").click()
        expect(shown).to_have_count(0)
        seen(page, "apply-typed")
        user.press("提交")
        enter_pin(page, person.id_number[:6])
        expect(page.get_by_text("不能是证件号码中的六位数字")).to_be_visible()
        seen(page, "apply-typed-pin")
        user.choose_pin(person.pin)
        user.sees("证书已签发")


def test_r4_unfiled_data_are_refused_before_the_pin(browser: Browser, party: Party) -> None:
    service = party.service
    person = registered(service)
    with visitor(browser, service, **PIXEL) as made:
        user = User(service, made.page(), person)
        page = user.page
        user.begin()
        user.log_in()
        user.open("/apply")
        user.fill_application("apply")
        user.fill("统一社会信用代码", ELSEWHERE)
        user.press("提交")
        for text in ("请核对：备案的是法人，还是操作员", "请核对：是不是备案您的那家企业"):
            expect(page.get_by_text(text)).to_be_visible()
        expect(page.get_by_role("group", name="数字键盘")).to_have_count(0)
        seen(page, "apply-unfiled")
        user.fill("统一社会信用代码", person.credit_code)
        expect(page.get_by_text("请核对：是不是备案您的那家企业")).to_have_count(0)
        user.press("提交")
        user.choose_pin(person.pin)  # the code was not consumed
        user.sees("证书已签发")
