"""Registration on a PC (R2), from the captcha to the phone that logs in."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mshield.testkit.demo.people import LEGAL_PERSON, Person
from tests.browser.app.album import DeskAlbum
from tests.browser.app.consenting import tick
from tests.browser.app.keyboard import walk
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.conftest import Party
from tests.browser.desk.desk import Desk, desk
from tests.browser.page_checks import read_code
from tests.support.live_service import ensure_registered, log_in

pytestmark = pytest.mark.slow

ALBUM: Final = DeskAlbum.wanted()
NEWCOMER: Final = Person(
    name="马思远",
    id_number="11010519491231002X",
    phone="13700002468",
    role="operator",
    credit_code="",
    password="Vessel-42-north",
    pin="204718",
)


@pytest.fixture
def visitor(browser: Browser, party: Party) -> Iterator[Desk]:
    """A visitor at the page, not logged in anywhere."""
    with desk(browser, party) as made:
        made.open("/register/")
        expect(field(made.page, "手机号")).to_have_count(0)
        tick(made.page)
        yield made


def field(page: Page, name: str) -> Locator:
    """Returns the field with this label."""
    return page.get_by_label(name, exact=True)


def send_code(visitor: Desk, phone: str, captcha: str | None = None) -> None:
    """Requests an SMS code."""
    page = visitor.page
    field(page, "手机号").fill(phone)
    expect(page.get_by_role("img", name="验证码图片")).to_be_visible()  # a new image clears the field
    field(page, "图形验证码").fill(visitor.captcha() if captcha is None else captcha)
    page.get_by_role("button", name="发送验证码").click()


def fill(visitor: Desk, person: Person, **changed: str) -> None:
    """Fills in the rest of the form."""
    given = {
        "短信验证码": changed.get("code") or visitor.party.service.sms_code("register", person),
        "姓名": person.name,
        "证件号码": changed.get("number", person.id_number),
        "密码": changed.get("password", person.password),
    }
    for name, value in given.items():
        field(visitor.page, name).fill(value)


def register(page: Page) -> None:
    """Submits the form."""
    page.get_by_role("button", name="注册", exact=True).click()


def wrong(page: Page, name: str) -> Locator:
    """Returns a field's error message, once the field has the focus."""
    place = field(page, name)
    expect(place).to_be_focused()
    expect(place).to_have_attribute("aria-invalid", "true")
    return page.locator(f"[id='{place.get_attribute('aria-describedby')}']")


def answer_of(page: Page, error: Locator) -> str:
    """Returns the FAQ entry that an error links."""
    error.get_by_role("button", name="如何处理").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    said = dialog.inner_text()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    return said


def test_r2_registered_on_a_pc_and_logged_in_on_the_phone(visitor: Desk, party: Party) -> None:
    page = visitor.page
    expect(page.get_by_text("已注册过的企业用户，直接在手机盾 App 登录")).to_be_visible()
    check_page(page)
    send_code(visitor, NEWCOMER.phone)
    expect(page.get_by_text("已发送到 137****2468")).to_be_visible()
    expect(field(page, "短信验证码")).to_be_focused()
    fill(visitor, NEWCOMER)
    expect(page.locator(".meter")).to_contain_text("很强")
    ALBUM.take(page, "register")
    register(page)
    expect(page.get_by_role("heading", name="注册成功")).to_be_focused()
    assert read_code(page.locator(".qr")) == f"{visitor.origin}/download"
    check_page(page)
    ALBUM.take(page, "register-done")
    with party.service.phone("newcomer") as phone:
        log_in(party.service, phone, NEWCOMER)
        assert phone.me().account.name == NEWCOMER.name


def test_r2_each_error_is_at_its_field_and_links_its_answer(visitor: Desk) -> None:
    page = visitor.page
    register(page)
    assert "无法接收短信验证码" in answer_of(page, wrong(page, "手机号"))
    expect(page.locator(".fld .wrong")).to_have_count(5)  # all except the captcha, which is for the code
    check_page(page)
    page.get_by_role("button", name="发送验证码").click()
    field(page, "手机号").fill("137 0000 2469")
    page.get_by_role("button", name="发送验证码").click()
    assert "手机盾账户" in answer_of(page, wrong(page, "图形验证码"))
    send_code(visitor, "13700002469", "????")
    before = visitor.seen
    expect(wrong(page, "图形验证码")).to_contain_text("按新的图片再填一次")
    expect(field(page, "图形验证码")).to_have_value("")
    send_code(visitor, "13700002469")
    assert visitor.seen != before, "each captcha serves once"
    expect(page.get_by_text("已发送到 137****2469")).to_be_visible()
    other = replace(NEWCOMER, phone="13700002469")
    fill(visitor, other, number="11010519491231002Y")
    register(page)
    assert "没有找到符合条件" in answer_of(page, wrong(page, "证件号码"))
    fill(visitor, other, code="000000")
    register(page)
    expect(wrong(page, "短信验证码")).to_contain_text("验证码")
    field(page, "手机号").fill("13700002470")
    expect(field(page, "图形验证码")).to_be_visible()
    register(page)
    expect(wrong(page, "短信验证码")).to_contain_text("请先获取短信验证码")


def test_r2_password_rules_are_checked_while_typing(visitor: Desk) -> None:
    page = visitor.page
    rules = page.locator(".demands li")
    field(page, "手机号").fill("13700002471")
    for typed, met in (
        ("short-1", "未满足 已满足 已满足 已满足"),
        ("aaaaaaaaaaaa", "已满足 未满足 已满足 已满足"),
        ("call-13700002471", "已满足 已满足 未满足 已满足"),
        ("Password123456", "已满足 已满足 已满足 未满足"),
        ("Vessel-42-north", "已满足 已满足 已满足 已满足"),
    ):
        field(page, "密码").fill(typed)
        for rule, state in zip(range(4), met.split(), strict=True):
            expect(rules.nth(rule)).to_contain_text(state)
        good = "未满足" not in met
        expect(page.locator(".meter b")).to_have_text("很强" if good else "太弱")
    page.get_by_role("button", name="显示密码").click()
    expect(field(page, "密码")).to_have_attribute("type", "text")
    field(page, "密码").fill("Password123456")
    register(page)
    field(page, "密码").focus()
    expect(wrong(page, "密码")).to_contain_text("密码还不符合要求")


def test_r2_registered_number_is_revealed_only_after_its_code(visitor: Desk, party: Party) -> None:
    ensure_registered(party.service, LEGAL_PERSON)
    page = visitor.page
    send_code(visitor, LEGAL_PERSON.phone)
    expect(page.get_by_text("已发送到")).to_be_visible()
    expect(page.locator(".note.bad")).to_have_count(0)
    fill(visitor, LEGAL_PERSON)
    register(page)
    note = page.get_by_role("alert")
    expect(note).to_contain_text("account_exists")
    expect(note).to_contain_text("可直接登录手机盾 App")
    assert "手机盾账户" in answer_of(page, note)
    check_page(page)


def test_r2_captcha_has_audio(visitor: Desk) -> None:
    page = visitor.page
    visitor.captcha()
    with page.expect_response("**/api/register/captchas/*/audio") as heard:
        page.get_by_role("button", name="听验证码").click()
    answer = heard.value
    assert answer.ok
    assert answer.headers["content-type"] == "audio/wav"


def test_r2_registration_works_by_keyboard_and_in_english(visitor: Desk) -> None:
    page = visitor.page
    visitor.captcha()
    assert not walk(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Register", exact=True)).to_be_visible()
    expect(page).to_have_title("Register - Mobile Shield")
    check_page(page)
    field(page, "Phone").press("Enter")
    expect(page.get_by_text("Enter the phone number")).to_be_visible()
    field(page, "Phone").fill("123")
    field(page, "Phone").press("Enter")
    expect(field(page, "Phone")).to_be_focused()
    expect(page.get_by_text("The phone number is invalid")).to_be_visible()
    page.get_by_role("combobox", name="Id document").press("Enter")
    expect(page.get_by_role("option")).to_have_count(5)
    page.get_by_role("combobox", name="Id document").press("Escape")


def test_r2_pages_link_to_the_registration(browser: Browser, party: Party) -> None:
    with desk(browser, party) as made:
        made.open("/download?on=pc&lang=zh")
        made.page.get_by_role("link", name="在电脑上注册").click()
        expect(made.page.get_by_role("heading", name="企业用户注册")).to_be_visible()
        made.open("/portal/login")
        made.page.get_by_role("link", name="注册", exact=True).click()
        expect(made.page.get_by_role("heading", name="企业用户注册")).to_be_visible()
