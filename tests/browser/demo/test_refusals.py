"""Refusals of a login or signature at the Single Window, as its user sees them on PC and phone (R14-R17, R22).

Each time the PC says what happened and what to do next, in Chinese and English; the declaration stays
unsigned.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from mshield.testkit.demo.people import OPERATOR
from tests.browser.app.seeded import CLERK
from tests.browser.demo.conftest import Scene, declare
from tests.support import legal_person
from tests.support.demonstration import started
from tests.support.ports import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Look = Callable[[Page, str], None]
SECONDS: Final = 30
_END: Final = "UPDATE certificates SET not_after = not_after + ? WHERE shield_number = ? AND state = 'active'"
_TEN_YEARS_MS: Final = 10 * 365 * 86_400_000
_NAME: Final = "UPDATE filed_persons SET name = ?, version = version + 1 WHERE name = ?"


def in_english(page: Page, *texts: str) -> None:
    """Asserts these texts on the English page; then returns to Chinese."""
    page.get_by_role("link", name="English").click()
    for text in texts:
        expect(page.locator("main")).to_contain_text(text)
    page.get_by_role("link", name="中文").click()


def helped(page: Page, question: str, text: str) -> None:
    """Asserts that the PC's page answers this question."""
    page.get_by_text(question).click()
    expect(page.get_by_text(text)).to_be_visible()


def unsigned(page: Page, state: str) -> None:
    """Asserts the open declaration's state; no signature can be downloaded, and it can be signed again."""
    expect(page.locator(".chip")).to_have_text(state)
    expect(page.get_by_role("link", name="下载签名 .p7s")).to_have_count(0)
    assert page.request.get(f"{page.url}/p7s").status == 404
    expect(page.get_by_role("button", name="用手机盾签名")).to_be_visible()


def test_r15_the_phone_shows_other_digits_than_the_pc(scene: Scene, look: Look) -> None:
    page, other = scene.at_the_pc("/login"), scene.at_the_pc("/login")
    number = page.locator("mshield-login").get_attribute("number")
    while other.locator("mshield-login").get_attribute("number") == number:
        other.reload()
    phone = scene.hold_the_phone_before(other)  # an attacker shows their own code to the user's camera
    expect(phone.locator(".match .n")).not_to_have_text(number or "")
    expect(phone.locator(".match")).to_contain_text("数字不同，就选“不是我发起的”")
    phone.get_by_role("button", name="不是我发起的").click()
    phone.get_by_role("button", name="拒绝并通知对方").click()
    expect(phone.get_by_role("heading", name="已拒绝")).to_be_visible()
    expect(phone.locator("main")).to_contain_text("请自己打开国际贸易单一窗口（演示）的页面，刷新二维码再扫")
    look(phone, "digits-phone")
    phone.close()
    expect(other.get_by_text("如果是您本人点的，请核对两位数字后重新扫码")).to_be_visible()
    expect(other.get_by_role("link", name="换一个二维码")).to_be_visible()
    # The user's own page still waits, with its digits.
    expect(page.locator("mshield-login")).to_have_attribute("number", number or "")
    helped(page, "扫不上、登不了？", "请点“不是我发起的”，不要输入 PIN 码")
    phone = scene.hold_the_phone_before(page)
    expect(phone.locator(".match .n")).to_have_text(number or "")
    scene.give_pin(phone, "输入 PIN 码登录")
    expect(page.get_by_role("heading", name="报关单", exact=True)).to_be_visible(timeout=20_000)
    other.goto(scene.demonstration.window.origin)
    expect(other.get_by_role("heading", name="用手机盾登录")).to_be_visible()
    for each in (page.context, other.context, phone):
        each.close()


def test_r16_not_me_at_a_signature(scene: Scene, look: Look) -> None:
    page = scene.logged_in()
    declare(page)
    page.get_by_role("button", name="用手机盾签名").click()
    helped(page, "扫不上、签不了？", "这不是本页的请求。请点“不是我发起的”")
    look(page, "sign-help")
    in_english(page, "It isn't this page's request")
    phone = scene.hold_the_phone_before(page)
    expect(phone.locator(".match")).to_contain_text("对方页面上也是")
    phone.get_by_role("button", name="不是我发起的").click()
    phone.get_by_role("button", name="拒绝并通知对方").click()
    expect(phone.get_by_role("heading", name="已拒绝")).to_be_visible()
    expect(page.get_by_role("heading", name="没有签名：手机上选了“不是我发起的”")).to_be_visible(
        timeout=20_000
    )
    expect(page.get_by_role("status")).to_contain_text("因为两位数字不同而点的，请重新签名，再核对数字")
    expect(page.get_by_role("status")).to_contain_text("请退出登录并联系客服")
    unsigned(page, "已拒绝")
    look(page, "declaration-not-me")
    in_english(
        page, "because the digits differed: sign again and compare them", "log out, and call customer service"
    )
    for each in (page.context, phone):
        each.close()


@pytest.fixture
def impatient(scene: Scene, tmp_path: Path) -> Iterator[str]:
    """The origin of a Single Window with a timeout of half a minute."""
    system = started(scene.demonstration.window, tmp_path, free_ports(1), SECONDS=str(SECONDS))
    with system.running() as process:
        system.wait(process)
        yield system.origin


@pytest.mark.long
def test_r15_r16_request_expires(scene: Scene, impatient: str, look: Look) -> None:
    page = scene.at_the_pc("/login", origin=impatient)
    over = SECONDS * 1000 + 15_000
    expect(page.get_by_text("二维码已失效，没有登录。请换一个再扫")).to_be_visible(timeout=over)
    look(page, "login-expired")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_text("The code is over, nobody was logged in")).to_be_visible(timeout=over)
    page.get_by_role("link", name="A new code").click()
    page.get_by_role("link", name="中文").click()
    phone = scene.hold_the_phone_before(page)
    scene.give_pin(phone, "输入 PIN 码登录")
    expect(page.get_by_role("heading", name="报关单", exact=True)).to_be_visible(timeout=20_000)
    phone.close()

    declare(page)
    page.get_by_role("button", name="用手机盾签名").click()
    phone = scene.hold_the_phone_before(page)
    expect(page.get_by_role("heading", name="没有签名：等待超时")).to_be_visible(timeout=over)
    expect(page.get_by_role("status")).to_contain_text("报关单还在，请重新签名")
    unsigned(page, "已超时")
    look(page, "declaration-expired")
    in_english(page, "Not signed: the time was over", "Sign again")
    expect(phone.get_by_role("heading", name="请求已失效，这部手机没有签名")).to_be_visible(timeout=over)
    expect(phone.locator("main")).to_contain_text("请在电脑上刷新二维码，再扫一次")
    for each in (page.context, phone):
        each.close()


def test_r16_another_persons_phone_is_refused(scene: Scene, look: Look) -> None:
    page = scene.logged_in_by(scene.demonstration.phone, OPERATOR.pin)
    declare(page)
    declaration = page.url
    page.get_by_role("button", name="用手机盾签名").click()
    phone = scene.hold_the_phone_before(page, told="这项请求是发给另一个手机盾的，没有登录或签名")
    look(phone, "other-shield-phone")
    phone.close()
    helped(page, "扫不上、签不了？", "只有登录本系统的那个手机盾能签")
    expect(page.locator("mshield-sign")).to_be_visible()  # it still waits for the right phone
    in_english(page, "Only the shield that logged in here can sign")
    page.get_by_role("button", name="撤回，不签了").click()
    expect(page).to_have_url(declaration)
    unsigned(page, "草稿")
    page.context.close()


@contextmanager
def another_name(scene: Scene, name: str) -> Iterator[None]:
    """The operator's filed name is changed; the phone gets a certificate of it, and of their own name afterwards."""

    def named(now: str, before: str) -> None:
        scene.change(_NAME, now, before)
        phone.request_sms_code("renew")
        phone.renew(
            name=now,
            id_number=OPERATOR.id_number,
            user_type="operator",
            credit_code=OPERATOR.credit_code,
            sms_code=scene.demonstration.service.sms_code("renew", OPERATOR),
            pin=OPERATOR.pin,
        )

    phone = scene.demonstration.phone
    named(name, OPERATOR.name)
    yield
    named(OPERATOR.name, name)


def test_r22_signature_with_another_name_than_the_login_is_refused(scene: Scene, look: Look) -> None:
    phone = scene.demonstration.phone
    page = scene.logged_in_by(phone, OPERATOR.pin)
    declare(page)
    with another_name(scene, "林志远"):
        page.get_by_role("button", name="用手机盾签名").click()
        phone.scan(scene.codes_of(page)[0])
        phone.approve(pin=OPERATOR.pin)
        expect(page.get_by_role("heading", name="签名没有通过验证，没有采用")).to_be_visible(timeout=20_000)
        told = page.get_by_role("status")
        expect(told).to_contain_text("签名人与预期不符")
        expect(told).to_contain_text("请用登录本系统的那个人的手机盾签名")
        expect(told).to_contain_text("备案信息变更过的，先在手机盾 App 里更新证书，再重新登录")
        expect(told).to_contain_text("unexpected_signer")
        unsigned(page, "验证未通过")
        look(page, "declaration-unexpected-signer")
        in_english(page, "The signer is not the one expected", "Sign with the shield that logged in here")
    page.context.close()


def refused(page: Page, look: Look, picture: str) -> None:
    """Asserts that signing the open declaration is refused at once, with advice; it stays a draft."""
    declaration = page.url
    page.get_by_role("button", name="用手机盾签名").click()
    expect(page.get_by_role("heading", name="没有签名")).to_be_visible()
    expect(page.locator("main")).to_contain_text("它的证书现在不能签名。没有发出请求")
    expect(page.locator("main")).to_contain_text("已过期的请法人作废；作废后重新申请，再登录本系统")
    look(page, picture)
    page.goto(f"{declaration}?lang=en")
    page.get_by_role("button", name="Sign with the shield").click()
    expect(page.get_by_role("heading", name="Not signed")).to_be_visible()
    expect(page.locator("main")).to_contain_text("its certificate can't sign now. No request was made")
    expect(page.locator("main")).to_contain_text(
        "Expired: have it revoked. Revoked: apply again, then log in"
    )
    page.get_by_role("link", name="中文").click()  # the answer to a form has no address, so go to the list
    expect(page.get_by_role("heading", name="报关单", exact=True)).to_be_visible()
    page.goto(declaration)
    unsigned(page, "草稿")


def test_r14_revoked_between_login_and_signature(scene: Scene, look: Look) -> None:
    page = scene.logged_in()
    declare(page)
    declaration = page.url
    page.get_by_role("button", name="用手机盾签名").click()
    service = scene.demonstration.service
    with legal_person.at_the_portal(service) as portal:
        legal_person.revoke(service, portal, scene.phone.shield_number, reason="手机遗失")
    try:
        # The earlier request waits in vain; the phone and the PC's help give advice.
        phone = scene.phone.page("/")
        expect(phone.locator("main")).to_contain_text("已作废")
        phone.goto(f"{service.origin}/app/inbox")
        expect(phone.get_by_role("button", name=re.compile("货物报关单"))).to_have_count(0)
        phone.close()
        helped(page, "扫不上、签不了？", "作废的在手机盾 App 里重新申请，再登录本系统")
        page.get_by_role("button", name="撤回，不签了").click()
        expect(page).to_have_url(declaration)
        refused(page, look, "revoked")
    finally:
        scene.phone.enrol()
    page.context.close()


def test_r16_the_certificate_expires_between_login_and_signature(scene: Scene, look: Look) -> None:
    page = scene.logged_in()
    declare(page)
    number = scene.phone.shield_number
    scene.change(_END, -_TEN_YEARS_MS, number)
    try:
        refused(page, look, "expired")
        page.get_by_role("button", name="退出登录").click()
        helped(page, "扫不上、登不了？", "挂失、冻结、过期的请本企业法人在“三证合一”系统处理")
        phone = scene.hold_the_phone_before(page, told="过期")
        expect(page.locator("mshield-login")).to_be_visible()
        look(phone, "expired-phone")
        phone.close()
    finally:
        scene.change(_END, _TEN_YEARS_MS, number)
    assert CLERK.name not in page.locator("body").inner_text()
    page.context.close()
