"""The app's main flows in WebKitGTK: its WebCrypto, its IndexedDB, its workers (R3, R4, R15, R16)."""

import base64
import time
from collections.abc import Iterator
from typing import Final

import pytest

from mshield.server.values.names import mask_but_end
from mshield.testkit.demo.people import Person
from tests.browser.app.camera import Screen
from tests.browser.app.logged_out import END_LOGIN
from tests.browser.app.more_people import registered
from tests.browser.app.test_request import document, state
from tests.browser.app.webkit import WebKit, webkit
from tests.browser.conftest import Party
from tests.support.pdfs import contract

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


_TO_ITS_END: Final = """
const text = document.querySelector(".content-shown .content");
text.scrollIntoView({ block: "end" });
text.scrollTop = text.scrollHeight;
"""
_IS_DRAWN: Final = """
const canvas = document.querySelector("canvas");
const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
return data.some((each, n) => n % 4 === 0 && each < 64);
"""
"""Reports whether the page has dark pixels, which are its text."""
_NEVER_END_WRITES: Final = """
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (...record) {
  const request = put.apply(this, record);
  const again = () => (this.get("state").onsuccess = again);
  again();
  window.isWriting = true;
  return request;
};
"""
_ADDED: Final = """
const widths = ["40", "分钟", "40分钟"].map((text) => {
  const place = document.body.appendChild(document.createElement("span"));
  place.style.cssText = "position: fixed; white-space: nowrap";
  place.textContent = text;
  const { width } = place.getBoundingClientRect();
  place.remove();
  return width;
});
return widths[2] - widths[0] - widths[1];
"""
"""Returns how much wider digits and words are together than separately."""


@pytest.fixture(scope="module")
def person(party: Party) -> Person:
    """A person with an account."""
    return registered(party.service)


@pytest.fixture(scope="module")
def phone(party: Party, person: Person) -> Iterator[WebKit]:
    """A phone on which they have logged in and applied, which all other flows need."""
    with webkit() as browser:
        log_in(browser, party, person)
        apply(browser, party, person)
        yield browser


def log_in(browser: WebKit, party: Party, person: Person) -> None:
    """Logs in, from the first start to the home page."""
    browser.open(f"{party.service.origin}/app/")
    browser.read_chinese()
    browser.press("开始使用")
    browser.fill("账号", person.phone)
    browser.fill("密码", person.password)
    browser.fill("图形验证码", party.service.get(f"/dev/captchas/{browser.captcha()}")["answer"])
    browser.press("登录")
    browser.says("在这部手机上申请手机盾")


def apply(browser: WebKit, party: Party, person: Person) -> None:
    """Applies, from the data to the certificate."""
    browser.press("申请证书")
    browser.says(mask_but_end(person.id_number))
    browser.press("用户类型 请选择")
    browser.choose("企业操作员")
    browser.press("完成")
    browser.fill("统一社会信用代码", person.credit_code)
    browser.press("获取验证码")
    browser.says("已发送到")
    browser.fill("短信验证码", party.service.sms_code("apply", person))
    browser.press("提交")
    browser.sees("设置 PIN 码")
    browser.enter_pin(person.pin)
    browser.sees("再输入一次")
    browser.enter_pin(person.pin)
    browser.sees("证书已签发")
    browser.press("完成")


def test_r4_certificate_is_still_there_after_reopening(phone: WebKit, party: Party, person: Person) -> None:
    phone.open(f"{party.service.origin}/app/")
    phone.says("正常")  # until the service answers, the stored certificate says 正在核对状态
    assert person.name in phone.text()
    assert "宁波北潮进出口有限公司" in phone.text()


def test_no_extra_space_is_drawn(phone: WebKit, party: Party) -> None:
    """WebKit draws a character with added space onto the next one, which makes amounts and names unreadable."""
    phone.open(f"{party.service.origin}/app/")
    phone.says("正常")
    assert abs(phone.driver.execute_script(_ADDED)) < 1


def test_the_app_opens_again_by_the_pin_in_seven_taps(phone: WebKit, party: Party, person: Person) -> None:
    phone.driver.execute_async_script(f"const done = arguments[0]; ({END_LOGIN})().then(done, done)")
    phone.open(f"{party.service.origin}/app/")
    phone.taps.clear()
    phone.press("用 PIN 码打开")
    phone.enter_pin(person.pin)
    phone.says("正常")
    assert len(phone.taps) == 7


def test_r15_a_login_by_the_code_that_another_camera_read(
    phone: WebKit, party: Party, person: Person
) -> None:
    made = party.ask()
    phone.open(Screen.of(made).newest.replace("/q/", "/app/q/"))
    phone.sees("确认登录")
    phone.press("输入 PIN 码登录")
    phone.enter_pin(person.pin)
    phone.sees("已登录")
    assert state(party, made) == ("signed", None)


def test_a_page_left_during_a_write_blocks_no_later_page(phone: WebKit, party: Party) -> None:
    """WebKit freezes a page that is left, with its transaction, which would make all later ones wait."""
    made = party.ask()
    phone.open(f"{party.service.origin}/app/")
    phone.driver.execute_script(_NEVER_END_WRITES)
    phone.press("扫码签名")
    phone.press("输入")
    phone.type_now("短码，或二维码的内容", lambda: Screen.of(made).newest_short)
    phone.press("识别")
    phone.waits_for("return window.isWriting")
    phone.open(Screen.of(made).newest.replace("/q/", "/app/q/"))
    phone.sees("确认登录")


def test_r16_a_signature_by_a_typed_code_after_a_wrong_pin(
    phone: WebKit, party: Party, person: Person
) -> None:
    made = party.ask("signature", documents=[document()])
    phone.open(f"{party.service.origin}/app/")
    phone.taps.clear()
    phone.press("扫码签名")
    phone.press("输入")
    phone.type_now("短码，或二维码的内容", lambda: Screen.of(made).newest_short)
    phone.press("识别")
    phone.sees("确认签名")
    phone.says("126000.00")  # in the content itself
    phone.driver.execute_script(_TO_ITS_END)  # by scrolling, which is no tap
    phone.press("输入 PIN 码签名")
    right = len(phone.taps)
    phone.enter_pin("999998")
    phone.says("PIN 码不正确，还可以试 4 次")
    del phone.taps[right:]
    phone.enter_pin(person.pin)
    phone.sees("已签名")
    assert len(phone.taps) == 11  # without a camera: three more for the short code
    with party.service.business() as business:
        assert business.result(made["id"]).documents[0].title == "进口货物报关单"


def test_r16_a_pdf_is_drawn_and_signed_after_its_last_page(
    phone: WebKit, party: Party, person: Person
) -> None:
    content = base64.b64encode(contract(2)).decode()
    made = party.ask("signature", documents=[document(media_type="application/pdf", content_b64=content)])
    phone.open(Screen.of(made).newest.replace("/q/", "/app/q/"))
    phone.says("看完 2 页后可以签名")
    assert phone.driver.execute_script(_IS_DRAWN)
    for told, then in (("已看到 1/2 页", "下一页"), ("2 页已全部显示", "输入 PIN 码签名")):
        # The window is lower than a phone's: show the page's two ends in turn, once they are drawn.
        phone.rests()
        phone.driver.execute_script("document.querySelector('.page').scrollIntoView()")
        time.sleep(1.5)
        phone.driver.execute_script("document.querySelector('.turn').scrollIntoView({ block: 'center' })")
        phone.says(told)
        phone.press(then)
    phone.enter_pin(person.pin)
    phone.sees("已签名")
    assert state(party, made) == ("signed", None)


def test_r12_my_certificate_is_shown(phone: WebKit, party: Party, person: Person) -> None:
    phone.open(f"{party.service.origin}/app/me")
    phone.press("我的证书")
    phone.says("SM2")
    phone.says("宁波北潮进出口有限公司")
    assert person.name in phone.text()
