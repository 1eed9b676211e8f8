"""A user of the app, by what they see: each step of the manual through the screens.

They read their SMS and the captcha's characters in the demonstration; everything else goes through the app.
"""

import time
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Page, Response, expect

from mshield.server.values.names import mask_but_end
from mshield.testkit.demo.people import Person
from tests.browser.app.consenting import agree
from tests.browser.app.pin_pad_and_pixels import enter_pin
from tests.support.live_service import LiveService

WORK_MS: Final = 30_000
"""Timeout in ms for making a key or signing: deriving the PIN's key takes seconds on a busy machine."""
_CAPTCHAS: Final = "/api/phone/captchas"
SUBMIT: Final = {"apply": "提交", "renew": "核对无误，更新"}
"""Button below a data page."""
_TYPES: Final = {"operator": "企业操作员", "legal_person": "企业法人"}


@dataclass(slots=True)
class User:
    """One person at one page of the app."""

    service: LiveService
    page: Page
    person: Person
    pin: str = ""
    _drawn: list[Response] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pin = self.pin or self.person.pin
        drawn = self._drawn  # Playwright accepts no method of a class with slots
        self.page.on("response", lambda each: drawn.append(each) if each.url.endswith(_CAPTCHAS) else None)

    def open(self, path: str = "/") -> None:
        """Opens the app at one of its addresses."""
        self.page.goto(f"{self.service.origin}/app{path}")

    def begin(self) -> None:
        """Reads the first-start page and continues."""
        self.press("开始使用")
        expect(self.page.get_by_label("密码", exact=True)).to_be_visible()

    def fill_registration(self) -> None:
        """Fills the form behind 我要注册, without submitting; turns the wheel of id types and turns it back."""
        self.fill("姓名", self.person.name)
        self.page.get_by_role("button", name="证件类型").click()
        wheel = self.page.get_by_role("listbox", name="证件类型")
        expect(wheel.get_by_role("option")).to_have_count(5)
        wheel.press("ArrowDown")
        expect(wheel.get_by_role("option", name="护照")).to_have_attribute("aria-selected", "true")
        wheel.press("ArrowUp")
        expect(wheel.get_by_role("option", name="居民身份证")).to_have_attribute("aria-selected", "true")
        self.press("完成")
        self.fill("证件号码", self.person.id_number)
        self.fill("手机号", self.person.phone)
        self.get_code("register")
        self.fill("登录密码", self.person.password)

    def register(self) -> None:
        """Registers from the login page by 我要注册, until logged in."""
        self.page.get_by_role("link", name="我要注册").click()
        agree(self.page)
        self.fill_registration()
        self.press("注册")
        self.sees("接下来")

    def fill_login(self) -> None:
        """Fills account, password and captcha; on a phone that has applied, after choosing that way."""
        password, by_password = (
            self.page.get_by_label("密码", exact=True),
            self.page.get_by_role("button", name="密码登录"),
        )
        expect(password.or_(by_password)).to_be_visible()
        if by_password.is_visible():
            by_password.click()
        self.fill("账号", self.person.phone)
        self.fill("密码", self.person.password)
        expect(self.page.get_by_role("img", name="图形验证码")).to_be_visible(timeout=5_000)
        self.fill("图形验证码", self.read_captcha())

    def log_in(self) -> None:
        """Logs in, to the home page."""
        self.fill_login()
        self.press("登录")
        expect(self.page.get_by_role("navigation", name="功能")).to_be_visible()

    def fill_application(self, purpose: str) -> None:
        """Fills the data page of an application or a renewal, without submitting; a renewal needs only the code."""
        if purpose == "apply":
            self.fill("姓名", self.person.name)
            expect(self.page.get_by_text(mask_but_end(self.person.id_number))).to_be_visible()
            self.page.get_by_role("button", name="用户类型").click()
            wanted = _TYPES[self.person.role]
            self.page.get_by_role("option", name=wanted).click()
            expect(self.page.get_by_role("option", name=wanted)).to_have_attribute("aria-selected", "true")
            self.press("完成")
            self.fill("统一社会信用代码", self.person.credit_code)
        self.get_code(purpose)

    def apply(self) -> None:
        """Applies, from the data to the certificate."""
        self.open("/apply")
        self.fill_application("apply")
        self.press("提交")
        self.choose_pin(self.pin)
        self.sees("证书已签发")

    def choose_pin(self, pin: str, *, change: bool = False) -> None:
        """Chooses a new PIN, twice; in a change after the old one."""
        self.choose_pin_once(pin, change=change)
        enter_pin(self.page, pin)

    def choose_pin_once(self, pin: str, *, change: bool = False) -> None:
        """Enters the new PIN the first time."""
        steps = (
            ("第 2 步，共 3 步", "第 3 步，共 3 步") if change else ("第 1 步，共 2 步", "第 2 步，共 2 步")
        )
        expect(self.page.get_by_text(steps[0])).to_be_visible()
        enter_pin(self.page, pin)
        expect(self.page.get_by_text(steps[1])).to_be_visible()

    def prove_old_pin(self) -> None:
        """Does the first step of a change."""
        expect(self.page.get_by_text("第 1 步，共 3 步")).to_be_visible()
        self.press("输入现在的 PIN 码")
        self.give_pin()

    def give_pin(self, pin: str | None = None) -> None:
        """Enters the PIN on the sheet that asks for it."""
        expect(self.page.get_by_role("dialog")).to_be_visible()
        enter_pin(self.page, pin or self.pin)

    def get_code(self, purpose: str) -> None:
        """Requests an SMS code and types it."""
        ask = self.page.get_by_role("button", name="获取验证码")
        with self.page.expect_response("**/sms-codes"):
            ask.or_(self.page.get_by_role("button", name="重新获取")).click()
        expect(self.page.get_by_text("已发送到")).to_be_visible()
        self.fill("短信验证码", self.service.sms_code(purpose, self.person))

    def fill(self, label: str, text: str) -> None:
        """Fills a field by its label."""
        self.page.get_by_label(label, exact=True).and_(self.page.locator("input")).fill(text)

    def press(self, name: str) -> None:
        """Presses a button by its name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, heading: str, *, timeout: float = WORK_MS) -> None:
        """Waits for a heading."""
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible(timeout=timeout)

    def read_captcha(self) -> str:
        """Returns the characters of the captcha drawn last."""
        deadline = time.monotonic() + 10
        while not self._drawn and time.monotonic() < deadline:
            self.page.wait_for_timeout(50)
        assert self._drawn, "no captcha came"
        drawn = self._drawn[-1].json()["captcha_id"]
        answer: str = self.service.get(f"/dev/captchas/{drawn}")["answer"]
        return answer
