"""The app's main flows from an iPhone's home screen, and its page in a tab there, in Chromium's engine."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from mshield.testkit.demo.people import LEGAL_PERSON
from tests.browser.app.app_user import User
from tests.browser.app.camera import Screen
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import IPHONES, check_page
from tests.browser.app.read_on import read_on
from tests.browser.app.test_request import document, state
from tests.browser.conftest import Party
from tests.browser.page_checks import barriers
from tests.support import legal_person

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", params=list(IPHONES))
def user(request: pytest.FixtureRequest, browser: Browser, party: Party) -> Iterator[User]:
    """A user who has registered, which logs in, and applied."""
    context = browser.new_context(locale="zh-CN", **IPHONES[request.param])
    context.add_init_script("Object.defineProperty(navigator, 'standalone', { value: true })")
    user = User(party.service, context.new_page(), newcomer(party.service))
    user.open()
    user.begin()
    user.register()
    user.apply()
    yield user
    context.close()


def test_browser_tab_stores_no_key_and_leads_to_the_icon(browser: Browser, party: Party) -> None:
    context = browser.new_context(locale="zh-CN", **next(iter(IPHONES.values())))
    page = context.new_page()
    page.goto(Screen.of(party.ask()).newest)
    expect(page).to_have_url(f"{party.service.origin}/scanned")
    expect(page.get_by_role("heading", name="打开手机盾，点“扫一扫”")).to_be_visible()
    assert barriers(page) == []
    page.goto(f"{party.service.origin}/app/apply")
    expect(page.get_by_role("heading", name="先添加到主屏幕，再申请")).to_be_visible()
    expect(page.get_by_role("button", name="从主屏幕打开后可以申请")).to_be_disabled()
    check_page(page)
    page.get_by_role("button", name="返回").click()
    expect(page.get_by_role("heading", name="先添加到主屏幕，再申请证书")).to_be_visible()
    check_page(page)
    context.close()


def test_r15_scanned_code_opens_in_the_app(user: User, party: Party) -> None:
    made = party.ask()
    user.open(Screen.of(made).newest.removeprefix(party.service.origin))
    user.sees("确认登录")
    check_page(user.page)
    user.press("输入 PIN 码登录")
    user.give_pin()
    user.sees("已登录")
    assert state(party, made) == ("signed", None)


def test_r16_request_is_signed_by_a_typed_code(user: User, party: Party) -> None:
    made = party.ask("signature", documents=[document()])
    user.open("/scan")
    user.sees("没有找到相机")
    user.press("输入")
    user.page.get_by_role("textbox", name="内容").fill(Screen.of(made).newest)
    user.press("识别")
    user.sees("确认签名")
    read_on(user.page)
    user.press("输入 PIN 码签名")
    user.give_pin()
    user.sees("已签名")
    assert state(party, made)[0] == "signed"


@pytest.mark.parametrize(
    ("case", "title"), [("forgotten", "忘记 PIN 码"), ("unusable", "本机的手机盾不能再用")]
)
def test_r21_unusable_shield_is_revoked_and_applied_for_again(user: User, case: str, title: str) -> None:
    page = user.page
    user.open()
    shield = page.locator("[aria-label^=MS]").first.get_attribute("aria-label")
    assert shield is not None
    user.open(f"/replace-phone?case={case}")
    user.sees(title)
    expect(page.get_by_label(shield)).to_be_visible()
    with legal_person.at_the_portal(user.service, LEGAL_PERSON) as portal:
        legal_person.revoke(user.service, portal, shield, person=LEGAL_PERSON, reason=title)
    expect(page.get_by_text("法人已作废，可以继续下一步")).to_be_visible(timeout=30_000)
    check_page(page)
    page.get_by_role("link", name="申请证书").click()
    user.pin = "862094"
    user.fill_application("apply")
    user.press("提交")
    user.choose_pin(user.pin)
    user.sees("证书已签发")
    expect(page.get_by_label(shield)).to_be_visible()
