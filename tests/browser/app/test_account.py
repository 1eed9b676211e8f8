"""Account and login in the app (R2, R3): first start, registration, new password, accounts of outside systems."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, expect

from mshield.server.accounts.outside_login import RETURN_PATH
from mshield.testkit.demo.people import OPERATOR, Person
from tests.browser.app.app_user import User
from tests.browser.app.consenting import agree
from tests.browser.app.logged_out import END_LOGIN
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.app.seeded import CLERK, visitor
from tests.support.live_service import LiveService, register
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.support.outside_systems import PASSWORD, SECRET, AccountOffice, serving

pytestmark = pytest.mark.slow

CHAN: Final = Person(
    name="CHAN Tai Man",
    id_number="H01234567",
    role="operator",
    credit_code="91330206MA2XB7C1TW",
    phone="13600004455",
    password="Harbour-view-2026",  # an invented test account
    pin="586471",
)
NEW_PASSWORD: Final = "Morgentau-2026-11"


@dataclass(slots=True)
class Site:
    """The service with two outside systems."""

    service: LiveService
    provider: Provider


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all tests of this module."""
    folder = tmp_path_factory.mktemp("accounts")
    live = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    with serving(AccountOffice()) as office, providing(live.origin + RETURN_PATH) as provider:
        live.settings["MSHIELD_ACCOUNT_SOURCES"] = json.dumps(
            [
                {"name": "single-window", "kind": "http", "title_zh": "单一窗口", "title_en": "Single Window",
                 "url": office.url, "secret": SECRET},
                {"name": "customs", "kind": "oidc", "title_zh": "互联网+海关", "title_en": "Internet+Customs",
                 "url": provider.issuer, "client_id": CLIENT_ID, "secret": CLIENT_SECRET},
            ]
        )  # fmt: skip
        live.prepare()
        live.start()
        try:
            with live.phone() as other:
                register(live, other, CLERK)
            yield Site(live, provider)
        finally:
            live.stop()


@pytest.fixture
def user(browser: Browser, site: Site) -> Iterator[User]:
    """A user on a phone that never opened the app."""
    with visitor(browser, site.service) as made:
        yield User(site.service, made.context.new_page(), CLERK)
        # Calls are expected only to the outside system's own page.
        made.foreign[:] = [url for url in made.foreign if not url.startswith(site.provider.issuer)]


@pytest.fixture
def welcomed(user: User) -> User:
    """A new user who has left the first-start page."""
    text = json.dumps({"language": "zh", "isWelcomed": True})
    user.page.context.add_init_script(f"localStorage.setItem('mshield-settings', {text!r})")
    return user


def at(user: User, path: str) -> None:
    """Asserts the app's address."""
    expect(user.page).to_have_url(f"{user.service.origin}/app{path}")


def field(user: User, label: str) -> Locator:
    """Returns the field with this label."""
    return user.page.get_by_label(label, exact=True)


def log_in(user: User) -> None:
    """Fills in and sends the login."""
    user.fill_login()
    user.press("登录")


def test_r3_first_start_leads_to_the_wanted_page(user: User) -> None:
    page = user.page
    user.open("/inbox")
    expect(page.get_by_role("heading", name="相机：只用来扫二维码")).to_be_visible()
    check_page(page)
    user.press("开始使用")
    at(user, "/login?next=/inbox")
    check_page(page)
    page.get_by_role("link", name="我要注册").click()
    user.person = CHAN
    check_page(page)
    agree(page)
    fill_registration(user)
    user.press("注册")
    at(user, "/inbox")
    user.open("/next")
    expect(page.get_by_role("link", name="去核验")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="绑定证书")).to_contain_text("完成上一步后可办")
    check_page(page)
    page.get_by_role("link", name="以后再办").click()
    expect(page.get_by_role("heading", name="在这部手机上申请手机盾")).to_be_visible()
    expect(page.locator(".steps3")).to_contain_text("136****4455")


def fill_registration(user: User) -> None:
    """Fills in all fields, the document type by keyboard only (R2)."""
    page, person = user.page, user.person
    user.press("注册")
    expect(page.get_by_role("alert")).to_have_count(5)
    expect(field(user, "姓名")).to_be_focused()
    check_page(page)
    user.fill("姓名", person.name)
    choice = page.get_by_role("button", name="证件类型")
    choice.focus()
    page.keyboard.press("Enter")
    wheel = page.get_by_role("listbox", name="证件类型")
    expect(wheel).to_be_focused()
    expect(wheel.get_by_role("option")).to_have_text(
        ["居民身份证", "护照", "港澳居民来往内地通行证", "台湾居民来往大陆通行证", "外国人永久居留身份证"]
    )
    check_page(page)
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(choice).to_contain_text("港澳居民来往内地通行证")
    expect(choice).to_be_focused()
    user.fill("证件号码", person.id_number)
    get_code(user, "register")
    choose_password(user, "登录密码")


def test_r2_tapped_type_is_chosen_before_the_wheel_stops(welcomed: User) -> None:
    welcomed.open("/register")
    agree(welcomed.page)
    choice = welcomed.page.get_by_role("button", name="证件类型")
    choice.click()
    wheel = welcomed.page.get_by_role("listbox", name="证件类型")
    expect(wheel).to_be_visible()
    wheel.evaluate(
        """wheel => new Promise(done => {
          const press = [...wheel.parentElement.querySelectorAll("button")].at(-1);
          wheel.addEventListener("scroll", () => done(press.click()), { once: true });
          wheel.lastElementChild.click();
        })"""
    )
    expect(choice).to_contain_text("外国人永久居留身份证")
    choice.click()
    wheel.hover()
    welcomed.page.mouse.wheel(0, -2000)
    expect(wheel.get_by_role("option", name="居民身份证", exact=True)).to_have_attribute(
        "aria-selected", "true"
    )
    welcomed.press("完成")
    expect(choice).to_contain_text("居民身份证")


def get_code(user: User, purpose: str) -> None:
    """Uses the SMS code's row; an impossible number gets no code."""
    phone = user.person.phone
    user.fill("手机号", "1380000")
    user.press("获取验证码")
    expect(user.page.get_by_role("alert").filter(has_text="手机号有误")).to_be_visible()
    user.fill("手机号", phone)
    user.get_code(purpose)
    expect(user.page.get_by_text(f"已发送到 {phone[:3]}****{phone[-4:]}")).to_be_visible()


def choose_password(user: User, label: str) -> None:
    """Types passwords and checks the displayed strength."""
    person = user.person
    meter = user.page.locator(".meter")
    for typed, said in (
        ("short", "太弱至少 10 位，还差 5 位"),
        ("a1a1a1a1a1a1", "太弱字母、数字、符号至少用两种"),
        (f"x-{person.phone}", "太弱不要包含您的手机号"),
        ("Password2026", "太弱这是常见密码"),
        ("harbourview26", "一般"),
        ("harbour-view26", "很强"),
        (person.password, "很强"),
    ):
        user.fill(label, typed)
        expect(meter).to_contain_text(said.removeprefix("太弱"))
        expect(meter.locator("b")).to_have_text("太弱" if said.startswith("太弱") else said)
    user.press("显示密码")
    expect(field(user, label)).to_have_attribute("type", "text")


def test_r3_account_password_and_captcha_must_all_be_right(welcomed: User) -> None:
    page = welcomed.page
    welcomed.open("/login")
    welcomed.read_captcha()
    welcomed.press("登录")
    expect(page.get_by_role("alert")).to_have_text(
        ["请输入账号，一般是您的手机号", "请输入密码", "请输入图中字符，看不清可以换一张或听语音"]
    )
    expect(field(welcomed, "账号")).to_be_focused()
    with page.expect_response("**/api/phone/captchas"):
        welcomed.fill_login()
        welcomed.fill("图形验证码", "WRONG")
        welcomed.press("登录")
    expect(page.get_by_role("alert").filter(has_text="验证码")).to_be_visible()
    answer = page.get_by_role("textbox", name="图形验证码")
    expect(answer).to_be_focused()
    expect(answer).to_have_value("")
    with page.expect_response("**/api/phone/captchas"):
        welcomed.fill_login()
        welcomed.fill("密码", "Another-password-1")
        welcomed.press("登录")
    expect(page.get_by_role("alert").filter(has_text="账号或密码不正确")).to_be_visible()
    check_page(page)
    with page.expect_response("**/api/phone/captchas"):
        page.get_by_role("button", name="换一张图形验证码").click()
    page.get_by_role("button", name="听语音验证码").click()
    expect(page.get_by_role("status").filter(has_text="正在播放")).to_be_attached()
    log_in(welcomed)
    at(welcomed, "/")


def test_r2_registered_number_leads_to_its_login(welcomed: User) -> None:
    page = welcomed.page
    welcomed.open("/login?next=/me")
    page.get_by_role("link", name="我要注册").click()
    agree(page)
    welcomed.fill("姓名", CLERK.name)
    welcomed.fill("证件号码", CLERK.id_number)
    get_code(welcomed, "register")
    welcomed.fill("登录密码", NEW_PASSWORD)
    welcomed.press("注册")
    expect(page.get_by_role("alert").filter(has_text="这个手机号已经注册")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="直接登录").click()
    expect(field(welcomed, "账号")).to_have_value(CLERK.phone)
    at(welcomed, f"/login?next=/me&account={CLERK.phone}")


def test_forgotten_password_is_reset(welcomed: User) -> None:
    page, service = welcomed.page, welcomed.service
    forgetful = replace(CLERK, phone="13500001234")
    welcomed.person = forgetful
    with service.phone("forgetful") as other:
        register(service, other, forgetful)
    welcomed.open("/login?next=/inbox")
    welcomed.fill("账号", forgetful.phone)
    page.get_by_role("link", name="忘记密码").click()
    expect(page.get_by_role("heading", name="重设密码")).to_be_visible()
    expect(field(welcomed, "手机号")).to_have_value(forgetful.phone)
    get_code(welcomed, "reset")
    welcomed.fill("证件号码", OPERATOR.id_number)
    welcomed.fill("新密码", NEW_PASSWORD)
    welcomed.press("重设密码")
    expect(page.get_by_role("alert")).to_have_text("证件号码与账号不符，密码没有重设。请核对后再试")
    expect(field(welcomed, "证件号码")).to_be_focused()
    check_page(page)
    welcomed.fill("证件号码", forgetful.id_number)
    welcomed.press("重设密码")
    expect(page.get_by_role("status").filter(has_text="密码已重设")).to_be_visible()
    check_page(page)
    welcomed.person = replace(forgetful, password=NEW_PASSWORD)
    log_in(welcomed)
    at(welcomed, "/inbox")


def test_r2_an_account_of_the_single_window_logs_in_as_it_is(welcomed: User) -> None:
    page = welcomed.page
    welcomed.open("/login?next=/inbox")
    page.get_by_text("单一窗口", exact=True).click()
    expect(page.get_by_role("radio", name="单一窗口")).to_be_checked()
    expect(page.get_by_role("link", name="忘记密码")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("请到单一窗口找回")
    check_page(page)
    with page.expect_response("**/api/phone/captchas"):
        welcomed.person = replace(CLERK, phone="lin", password="not the password")
        log_in(welcomed)
    expect(page.get_by_role("alert").filter(has_text="账号或密码不正确")).to_be_visible()
    # The error's link moves the focus; typing before that would go elsewhere.
    expect(page.get_by_label("密码", exact=True)).to_be_focused()
    welcomed.person = replace(CLERK, phone="lin", password=PASSWORD)
    with page.expect_response("**/api/phone/sessions"):
        log_in(welcomed)
    # No data are stored before the consents.
    page.get_by_role("link", name="去看并勾选").click()
    agree(page)
    log_in(welcomed)
    at(welcomed, "/inbox")
    # The next login on this phone starts with the same system.
    page.evaluate(END_LOGIN)
    welcomed.open("/login")
    expect(page.get_by_role("radio", name="单一窗口")).to_be_checked()


def test_r2_an_account_of_internet_customs_logs_in_at_its_page(welcomed: User, site: Site) -> None:
    page = welcomed.page
    site.provider.person |= {
        "sub": "su-9", "name": CLERK.name, "id_number": CLERK.id_number, "phone_number": "13700007788",
    }  # fmt: skip
    welcomed.open("/login?next=/inbox")
    page.get_by_role("radio", name="手机盾").focus()
    page.keyboard.press("ArrowLeft")  # wraps around to the last one
    expect(page.get_by_role("radio", name="互联网+海关")).to_be_checked()
    expect(page.get_by_role("heading", name="在互联网+海关的页面登录")).to_be_visible()
    check_page(page)
    returns: list[str] = []
    page.on("framenavigated", lambda frame: returns.append(frame.url) if "code=" in frame.url else None)
    welcomed.press("前往互联网+海关登录")
    page.get_by_role("link", name="去看并勾选").click()
    agree(page)
    welcomed.press("前往互联网+海关登录")
    at(welcomed, "/inbox")
    # Returning once more fails: the code is used up.
    page.goto(returns[-1])
    expect(page.get_by_role("heading", name="没有登录")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("这次登录已经结束")
    check_page(page)
    page.evaluate(END_LOGIN)
    page.get_by_role("link", name="返回登录").click()
    expect(page.get_by_role("radio", name="互联网+海关")).to_be_checked()


def test_r2_cancelling_at_the_outside_page_logs_nobody_in(welcomed: User) -> None:
    welcomed.open("/outside-login?error=access_denied&state=1")
    expect(welcomed.page.get_by_role("alert")).to_contain_text("对方页面没有完成登录")
    at(welcomed, "/outside-login")


def test_login_redirects_only_within_the_app(welcomed: User) -> None:
    welcomed.open("/login?next=//elsewhere.example/")
    log_in(welcomed)
    at(welcomed, "/")
