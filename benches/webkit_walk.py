"""The walk of `benches.phone_walk` in WebKitGTK: how long the screens take in an engine close to Safari's.

There is no camera and no authenticator here, so the PC's short code is typed and the app isn't opened by
fingerprint. Times are machine times; the driver's check that a button has stopped moving, about 0.15 s before
each tap, is included.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from selenium.webdriver.common.by import By

from benches.phone_walk import Step, show
from mshield.testkit.demo.people import Person
from tests.browser.app.camera import Screen
from tests.browser.app.consenting import NAMES
from tests.browser.app.logged_out import END_LOGIN
from tests.browser.app.more_people import newcomer
from tests.browser.app.webkit import WebKit, webkit
from tests.browser.conftest import Party, party_in

_DOCUMENT: Final = {"title": "出口货物报关单", "media_type": "text/plain", "content_b64": "aGVsbG8="}
_TICK: Final = "arguments[0].click()"
"""The label draws the tick box, so the driver takes the field itself to be hidden."""


@dataclass(slots=True)
class Walk:
    """One person with one phone; `steps` collects the measurements."""

    browser: WebKit
    party: Party
    person: Person
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, name: str, typed: int) -> Iterator[None]:
        """Counts what is done in the body, with `typed` characters."""
        self.browser.taps.clear()
        begun = time.monotonic()
        yield
        self.steps.append(Step(name, len(self.browser.taps), typed, time.monotonic() - begun))

    def open(self) -> None:
        """Opens the app at its start."""
        self.browser.open(f"{self.party.service.origin}/app/")

    def end_login(self) -> None:
        """Ends the login, as happens after twelve hours."""
        self.browser.driver.execute_async_script(
            f"const done = arguments[0]; ({END_LOGIN})().then(done, done)"
        )


def measure() -> list[Step]:
    """Runs the walk with a service and a browser of its own."""
    with tempfile.TemporaryDirectory() as folder, party_in(Path(folder)) as party, webkit() as browser:
        walk = Walk(browser, party, newcomer(party.service))
        walk.open()
        if not browser.has("开始使用", "Get started"):  # the browser may report no preferred language
            browser.press("中文")
        with walk.step("first start → registered, logged in", 56):
            _register(walk)
        with walk.step("logged in → certificate", 24):
            _apply(walk)
        with_code = "by the short code"
        _answer(walk, party.ask(), f"app open → logged in {with_code}", "登录")
        _answer(
            walk, party.ask("signature", documents=[_DOCUMENT]), f"app open → signed, {with_code}", "签名"
        )
        made = party.ask()
        walk.end_login()
        browser.open(Screen.of(made).newest.replace("/q/", "/app/q/"))
        with walk.step("cold start → logged in by QR, by PIN", 0):
            browser.press("输入 PIN 码登录")
            browser.enter_pin(walk.person.pin)
            browser.sees("已登录")
        walk.end_login()
        walk.open()
        with walk.step("cold start → app open, by PIN", 0):
            browser.press("用 PIN 码打开")
            browser.enter_pin(walk.person.pin)
            browser.says("正常")
        return walk.steps


def _register(walk: Walk) -> None:
    browser, person = walk.browser, walk.person
    browser.press("开始使用")
    browser.press("我要注册")
    browser.sees("使用前请先看")
    boxes = browser.driver.find_elements(By.CSS_SELECTOR, "input[type=checkbox]")
    for box, agreed in zip(boxes, NAMES, strict=True):
        browser.driver.execute_script(_TICK, box)
        browser.taps.append(agreed)
    browser.press("同意并继续")
    browser.fill("姓名", person.name)
    browser.press("证件类型 居民身份证")
    browser.choose("居民身份证")
    browser.press("完成")
    browser.fill("证件号码", person.id_number)
    browser.fill("手机号", person.phone)
    _get_code(walk, "register")
    browser.fill("登录密码", person.password)
    browser.press("注册")
    browser.sees("接下来")


def _apply(walk: Walk) -> None:
    browser, person = walk.browser, walk.person
    browser.press("去申请")
    browser.press("用户类型 请选择")
    browser.choose("企业操作员")
    browser.taps.append("企业操作员")
    browser.press("完成")
    browser.fill("统一社会信用代码", person.credit_code)
    _get_code(walk, "apply")
    browser.press("提交")
    browser.sees("设置 PIN 码")
    browser.enter_pin(person.pin)
    browser.sees("再输入一次")
    browser.enter_pin(person.pin)
    browser.sees("证书已签发")


def _get_code(walk: Walk, purpose: str) -> None:
    walk.browser.press("获取验证码")
    walk.browser.says("已发送到")
    walk.browser.fill("短信验证码", walk.party.service.sms_code(purpose, walk.person))


def _answer(walk: Walk, made: dict[str, object], name: str, what: str) -> None:
    browser, screen = walk.browser, Screen.of(made)
    walk.open()
    browser.says("刷新")
    with walk.step(name, 8):
        browser.press(f"扫码{what}")
        browser.press("输入")
        browser.type_now("短码，或二维码的内容", lambda: screen.newest_short)
        browser.press("识别")
        browser.press(f"输入 PIN 码{what}")
        browser.enter_pin(walk.person.pin)
        browser.sees(f"已{what}")


if __name__ == "__main__":
    show(measure())
