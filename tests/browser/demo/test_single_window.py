"""The Single Window at a PC, with the shield's app on a phone: scanning, declaring, signing (R15, R16)."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app.keyboard import press
from tests.browser.app.seeded import CLERK
from tests.browser.demo.conftest import Scene, declare
from tests.support import legal_person

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Look = Callable[[Page, str], None]


def to_list(page: Page) -> None:
    """Returns to the list of declarations."""
    page.goto("/".join(page.url.split("/")[:3]) + "/declarations")


def test_r15_r16_from_the_code_on_the_screen_to_the_signed_declaration(scene: Scene, look: Look) -> None:
    page = scene.at_the_pc()
    expect(page.get_by_role("heading", name="用手机盾登录")).to_be_visible()
    number = page.locator("mshield-login").get_attribute("number")
    scanner = scene.hold_the_phone_before(page)
    expect(scanner.get_by_role("heading", name="确认登录")).to_be_visible()
    expect(scanner.locator(".match .n")).to_have_text(number or "")
    expect(scanner.locator("main")).to_contain_text("国际贸易单一窗口")
    scene.give_pin(scanner, "输入 PIN 码登录")
    expect(page.get_by_role("heading", name="报关单", exact=True)).to_be_visible(timeout=20_000)
    expect(page.locator(".who")).to_contain_text(CLERK.name)
    look(page, "list-empty")

    page.get_by_role("link", name="新建报关单").click()
    page.goto(page.url + "?example=1")
    page.get_by_label("提运单号").fill("")
    page.get_by_label("商品编号（HS）").last.fill("84")
    page.get_by_role("button", name="保存", exact=True).last.click()
    expect(page.get_by_role("alert")).to_contain_text("有 2 处需要修改，还没有保存")
    look(page, "form-errors")
    page.get_by_role("link", name="提运单号：请填写").click()
    expect(page.get_by_label("提运单号")).to_be_focused()
    page.keyboard.type("mstr 26110058317")
    page.get_by_label("商品编号（HS）").last.fill("8413910000")
    page.get_by_label("单价").last.fill("90")
    expect(page.locator("output").last).to_have_text("10,800.00")
    page.get_by_label("单价").last.press("Enter")
    expect(page.get_by_text("草稿，还没有签名")).to_be_visible()
    expect(page.locator("main")).to_contain_text("MSTR26110058317")
    look(page, "declaration-draft")

    page.get_by_role("button", name="用手机盾签名").click()
    expect(page.locator("mshield-sign")).to_be_visible()
    press(page, page.locator("mshield-sign"))  # 扫不了？输入短码, the only button in its closed tree
    look(page, "sign-short")
    again = scene.hold_the_phone_before(page)
    expect(again.get_by_role("heading", name="确认签名")).to_be_visible()
    expect(again.get_by_role("region", name="本机从原文读出")).to_contain_text("136,800.00")
    again.get_by_role("button", name="往下看").click()  # until the goods have been displayed
    scene.give_pin(again, "输入 PIN 码签名")
    expect(page.get_by_role("heading", name="签名有效")).to_be_visible(timeout=20_000)
    look(page, "declaration-signed")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="下载证据包").click()
    assert downloaded.value.suggested_filename.endswith("-evidence.json")
    for each in (scanner, again):
        each.close()


def test_r16_state_changes_after_the_page_was_closed(scene: Scene, look: Look) -> None:
    page = scene.logged_in()
    first, second = declare(page), ""
    to_list(page)
    second = declare(page)
    to_list(page)
    for each in (first, second):
        page.locator(f'input[name="id"][value="{each}"]').check()
    look(page, "list")
    page.get_by_role("button", name="签名所选报关单").click()
    expect(page.get_by_role("heading", name="待签 2 份")).to_be_visible()
    expect(page.locator("mshield-sign")).to_be_visible()
    address = page.url
    page.goto("about:blank")
    phone = scene.phone.page("/inbox")
    phone.get_by_role("button", name="等 2 份").first.click()
    expect(phone.get_by_role("heading", name="批量签名")).to_be_visible()
    scene.give_pin(phone, "输入一次 PIN 码，签 2 份")
    expect(phone.get_by_role("heading", name="签了 2 份")).to_be_visible()
    phone.close()
    page.goto(address)
    expect(page.get_by_role("status")).to_contain_text("批量签名完成")
    look(page, "list-signed")


def test_not_me_and_a_still_photo(scene: Scene, look: Look) -> None:
    page = scene.at_the_pc("/login")
    codes = scene.codes_of(page)
    scene.camera.film([codes[0]])
    page.wait_for_timeout(7000)
    phone = scene.phone.page("/scan")
    expect(phone.get_by_role("alert")).to_contain_text("这个二维码是旧的")
    page.get_by_text("扫不上、登不了？").click()
    expect(page.get_by_text("二维码每秒更换，照片和截屏不能用")).to_be_visible()
    look(page, "login")
    phone.close()
    phone = scene.hold_the_phone_before(page)
    phone.get_by_role("button", name="不是我发起的").click()
    phone.get_by_role("button", name="拒绝并通知对方").click()
    expect(page.get_by_text("有人在手机上选了“不是我发起的”，没有登录")).to_be_visible()
    look(page, "login-not-me")
    phone.close()
    page.get_by_role("link", name="换一个二维码").click()
    expect(page.locator("mshield-login .qr, mshield-login")).to_be_visible()


def test_request_is_declined_or_withdrawn(scene: Scene, look: Look) -> None:
    page = scene.logged_in()
    declare(page)
    page.get_by_role("button", name="用手机盾签名").click()
    look(page, "sign")
    phone = scene.hold_the_phone_before(page)
    phone.get_by_role("button", name="不签").click()
    expect(page.get_by_role("heading", name="没有签名：手机上没有同意")).to_be_visible(timeout=20_000)
    look(page, "declaration-declined")
    phone.close()
    page.get_by_role("button", name="用手机盾签名").click()
    page.get_by_role("button", name="撤回，不签了").click()
    expect(page.get_by_text("草稿，还没有签名")).to_be_visible()


def test_r14_a_frozen_shield_and_a_service_that_is_down(scene: Scene, look: Look) -> None:
    page = scene.logged_in()
    declare(page)
    service, number = scene.demonstration.service, scene.phone.shield_number
    with legal_person.at_the_portal(service) as portal:
        portal.act(CLERK.credit_code, "freeze", [number], reason="核查")
        page.get_by_role("button", name="用手机盾签名").click()
        expect(page.get_by_role("heading", name="没有签名")).to_be_visible()
        expect(page.locator("main")).to_contain_text("挂失、冻结的请法人处理")
        look(page, "frozen")
        portal.act(CLERK.credit_code, "unfreeze", [number], reason="核查完")
    service.stop()
    try:
        other = scene.at_the_pc("/login")
        expect(other.locator("main")).to_contain_text("手机盾服务暂时连不上")
        look(other, "down")
        other.get_by_role("link", name="English").click()
        expect(other.locator("main")).to_contain_text("can't be reached")
    finally:
        service.start()


def test_switching_the_language_keeps_typed_text(scene: Scene, look: Look) -> None:
    page = scene.logged_in()
    page.get_by_role("link", name="新建报关单").click()
    page.get_by_label("合同协议号").fill("BC-MH-2026-0917")
    page.get_by_role("button", name="增加一项商品").click()
    page.get_by_label("商品名称").last.fill("液压泵用阀芯")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="New declaration")).to_be_visible()
    expect(page.get_by_label("Contract")).to_have_value("BC-MH-2026-0917")
    expect(page.locator("[data-line]")).to_have_count(2)
    expect(page.locator('[name="lines-1-name"]')).to_have_value("液压泵用阀芯")
    expect(page.get_by_role("alert")).to_have_count(0)  # no errors before the first save
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("alert")).to_contain_text("nothing is saved yet")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("alert")).to_contain_text("还没有保存")
    expect(page.get_by_label("合同协议号")).to_have_value("BC-MH-2026-0917")
    look(page, "form-switched")
    page.goto(scene.demonstration.window.origin)
    expect(page.get_by_text("BC-MH-2026-0917")).to_have_count(0)
    page.get_by_role("button", name="退出登录").click()
    page.context.close()


def test_single_window_works_in_english(scene: Scene, look: Look) -> None:
    page = scene.logged_in()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Declarations")).to_be_visible()
    page.get_by_role("link", name="New, from the example").click()
    look(page, "form-english")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_text("A draft, not signed yet")).to_be_visible()
    page.get_by_role("button", name="Sign with the shield").click()
    expect(page.get_by_role("heading", name="Sign with the Mobile Shield")).to_be_visible()
    look(page, "sign-english")
    page.get_by_role("button", name="Withdraw it").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in with the Mobile Shield")).to_be_visible()
    look(page, "login-english")
