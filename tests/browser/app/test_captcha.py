"""Captchas in use: invisible work, and after many codes or failures a readable image."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from mshield.testkit.demo.people import OPERATOR
from tests.browser.app.app_user import User
from tests.browser.app.consenting import agree, tick
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.support.live_service import LiveService

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
LOOK: Final = os.environ.get("CAPTCHAS_SEEN")
"""Optional folder for pictures of the tested pages."""
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
SIZES: Final = {"320": (320, 640), "390": (390, 844), "1024": (1024, 768)}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service that requires an image after one code and after one failure."""
    folder = tmp_path_factory.mktemp("service")
    settings = {"MSHIELD_SMS_CODES_BEFORE_PICTURE": "1", "MSHIELD_CAPTCHA_FREE_FAILURES": "1"}
    made = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}", settings=settings)
    made.prepare()
    made.start()
    yield made
    made.stop()


def _answer(service: LiveService, made: Response) -> str:
    captcha_id = made.json()["captcha_id"]
    return str(service.get(f"/dev/captchas/{captcha_id}")["answer"])


def _look(page: Page, name: str) -> None:
    if LOOK is None:
        return
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(150)
            page.screenshot(path=Path(LOOK) / f"{name}-{size}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")


def test_second_code_requires_a_picture(browser: Browser, service: LiveService) -> None:
    with service.phone("another") as phone:
        phone.request_sms_code("register", phone="13900009999")
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    user = User(service, page, OPERATOR)
    user.open("/register")
    agree(page)
    user.fill("手机号", OPERATOR.phone)
    ask = page.get_by_role("button", name="获取验证码")
    with page.expect_response("**/sms-codes/captchas"), page.expect_response("**/sms-codes"):
        ask.click()
    expect(page.get_by_role("alert").filter(has_text="请先填写图形验证码")).to_be_visible()
    picture = page.get_by_role("img", name="图形验证码")
    expect(picture).to_be_visible()
    check_page(page)
    _look(page, "register")
    before = picture.get_attribute("src") or ""
    with page.expect_response("**/sms-codes/captchas") as drawn:
        page.get_by_role("button", name="换一张图形验证码").click()
    expect(picture).not_to_have_attribute("src", before)
    user.fill("图形验证码", _answer(service, drawn.value))
    with page.expect_response("**/sms-codes"):
        ask.click()
    expect(page.get_by_text("已发送到")).to_be_visible()
    expect(picture).to_be_hidden()
    assert service.sms_code("register", OPERATOR)
    context.close()


def test_the_work_is_done_while_the_picture_is_read(browser: Browser, service: LiveService) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    user = User(service, page, OPERATOR)
    user.open("/login")
    user.fill_login()
    _look(page, "login")
    with page.expect_request("**/api/phone/sessions") as sent, page.expect_response("**/sessions") as got:
        user.press("登录")
    assert '"work"' in (sent.value.post_data or "")
    assert got.value.json()["code"] == "login_failed", "the captcha was right: nobody is registered"
    context.close()


def test_staff_see_a_picture_only_after_a_failure(browser: Browser, service: LiveService) -> None:
    context = browser.new_context(viewport={"width": 1024, "height": 768}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{service.origin}/console/login")
    page.get_by_role("textbox", name="姓名").fill("周启明")
    page.get_by_label("密码", exact=True).fill("wrong-password")
    with page.expect_response("**/api/console/captchas") as made:
        page.get_by_role("button", name="下一步").click()
    if made.value.json()["image_b64"] is None:
        expect(page.get_by_role("alert")).to_be_visible()
        with page.expect_response("**/api/console/captchas"):
            page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("img", name="验证码图片")).to_be_visible()
    expect(page.get_by_label("图形验证码", exact=True)).to_be_focused()
    check_page(page)
    _look(page, "console")
    with page.expect_response("**/api/console/captchas") as drawn:
        page.get_by_role("button", name="换一张").click()
    # A new image clears the field.
    shown = f"data:image/png;base64,{drawn.value.json()['image_b64']}"
    expect(page.get_by_role("img", name="验证码图片")).to_have_attribute("src", shown)
    page.get_by_label("图形验证码", exact=True).fill(_answer(service, drawn.value))
    with page.expect_response("**/api/console/logins") as login:
        page.get_by_role("button", name="下一步").click()
    assert login.value.json()["code"] == "staff_login_failed"
    context.close()


@pytest.mark.parametrize("at", ["portal", "register"])
def test_the_pages_at_a_desk_show_a_picture_that_can_be_heard(
    browser: Browser, service: LiveService, at: str
) -> None:
    context = browser.new_context(viewport={"width": 1024, "height": 768}, locale="zh-CN")
    page = context.new_page()
    page.goto(service.origin + ("/portal/login" if at == "portal" else "/register/"))
    if at == "register":
        tick(page)
    page.get_by_role("button", name="English").click()
    if at == "portal":
        page.get_by_role("button", name="Password").click()
    expect(page.get_by_role("img", name="Captcha")).to_be_visible()
    check_page(page)
    _look(page, at)
    with page.expect_response("**/captchas/*/audio") as heard:
        page.get_by_role("button", name="Hear").click()
    assert heard.value.ok
    context.close()
