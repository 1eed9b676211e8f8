"""Lost answers at each step, no network, a slow one: the app continues when the user retries (R17).

Nothing is lost or done twice: one certificate, one signature, no PIN attempt used.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import TimeoutError as TookTooLong

from tests.browser.app.app_user import SUBMIT, User
from tests.browser.app.camera import Screen
from tests.browser.app.cut_line import IMPATIENT, Line
from tests.browser.app.more_people import newcomer, registered
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.app.read_on import ONWARDS, read_on
from tests.browser.app.seeded import Holder, holder
from tests.browser.app.test_request import document, state
from tests.browser.conftest import Party
from tests.support.live_service import LiveService

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NEW_PIN: Final = "862094"
SIGNING: Final = ("POST keys/*/open", "POST keys/*/finish")
SECONDS: Final = 90.0
KEY_MS: Final = 5_000
"""Timeout in ms for pressing a key of the keypad, if it is there."""
AGAIN: Final = (
    "再试一次", "继续申请", "继续更新", "输入现在的 PIN 码", "绑定证书", "提交", "核对无误，更新",
    "输入 PIN 码登录", "输入 PIN 码签名", ONWARDS,
)  # fmt: skip
"""Buttons by which a user retries, on any screen."""


@pytest.fixture(params=[False, True], ids=["answers lost", "outages"])
def line(request: pytest.FixtureRequest) -> Line:
    """Loses single answers, which the app retries by itself, or everything until the user tries again."""
    return Line(request.param)


@pytest.fixture
def phone(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """The phone of a new person with a certificate."""
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as made:
        made.context.add_init_script(IMPATIENT)
        yield made


@pytest.fixture
def user(phone: Holder) -> User:
    """The phone's holder."""
    return User(phone.service, phone.page(), phone.person)


def count(service: LiveService, question: str, phone: str) -> int:
    """Counts the service's rows for this account; `question` follows FROM."""
    with closing(sqlite3.connect(service.folder / "mshield.db")) as database, database:
        account = "account_id = (SELECT id FROM accounts WHERE phone = ?)"
        asked = f"SELECT COUNT(*) FROM {question} {account}"  # noqa: S608  # by this file alone
        found: int = database.execute(asked, (phone,)).fetchone()[0]
    return found


def persevere(user: User, line: Line, done: str, pin: str, *, code_for: str = "") -> None:
    """Retries, with the PIN if asked, until `done` is visible; all five attempts must remain."""
    page = user.page
    end = page.get_by_role("heading", name=done).or_(page.get_by_text(done))
    sheet = page.get_by_role("dialog")
    fewer = sheet.locator(".tries")  # shown once one of the five attempts is used
    again = page.get_by_role("button", name=AGAIN[0], exact=True)
    for name in AGAIN[1:]:
        again = again.or_(page.get_by_role("button", name=name, exact=True))
    deadline = time.monotonic() + SECONDS
    while not end.first.is_visible():
        assert time.monotonic() < deadline, f"after {line.lost}: {page.locator('body').inner_text()}"
        if not fewer.is_visible() and sheet.get_by_label("已输入 0 位").is_visible():
            type_while_it_is_asked(sheet, pin)
        elif page.get_by_text("短信验证码已失效").first.is_visible():
            # The code was consumed when the connection broke, but its purpose hadn't begun.
            line.mend()
            user.get_code(code_for)
            user.press(SUBMIT[code_for])
        elif not sheet.is_visible() and again.first.is_visible():
            line.mend()
            with suppress(TookTooLong):  # the app works by itself, or the screen is changing
                again.first.click(timeout=500)
        page.wait_for_timeout(50)
    line.mend()


def type_while_it_is_asked(sheet: Locator, pin: str) -> None:
    """Types like `enter_pin`; an outage may end the app's retries meanwhile, and close the sheet."""
    pad = sheet.get_by_role("group", name="数字键盘")
    for digit in pin:
        try:
            pad.get_by_role("button", name=digit, exact=True).click(timeout=KEY_MS)
        except TookTooLong:
            expect(pad).to_have_count(0)
            return


def no_attempt_is_lost(service: LiveService, phone: str) -> None:
    """Asserts that the service counted no wrong attempt for this account's keys."""
    assert count(service, "keys WHERE (wrong_total > 0 OR failures > 0) AND", phone) == 0


def test_login_survives_lost_calls(browser: Browser, party: Party, line: Line) -> None:
    person = registered(party.service)
    context = browser.new_context(locale="zh-CN", **PIXEL)
    context.add_init_script(IMPATIENT)
    user = User(party.service, context.new_page(), person)
    user.open()
    user.begin()
    expect(user.page.get_by_label("账号")).to_be_visible()
    line.lay(context)
    home = user.page.get_by_role("navigation", name="功能")
    deadline = time.monotonic() + 2 * SECONDS
    act = user.page.get_by_role("button", name="登录", exact=True)
    while not home.is_visible() and time.monotonic() < deadline:
        line.mend()
        # The previous attempt may succeed just now, so that no captcha appears.
        with suppress(TookTooLong, AssertionError):
            user.page.get_by_role("button", name="换一张图形验证码").click(timeout=1000)
            user.page.wait_for_timeout(1500)
            line.mend()
            user.fill_login()
            act.click(timeout=1000)
        expect(act.or_(home)).to_be_enabled(timeout=20_000)
    expect(home).to_be_visible()
    assert "POST sessions" in line.lost
    context.close()


def test_r4_application_survives_lost_calls(browser: Browser, party: Party, line: Line) -> None:
    person = registered(party.service)
    context = browser.new_context(locale="zh-CN", **PIXEL)
    context.add_init_script(IMPATIENT)
    user = User(party.service, context.new_page(), person)
    user.open()
    user.begin()
    user.log_in()
    user.open("/apply")
    user.fill_application("apply")
    user.press("提交")
    user.choose_pin_once(person.pin)
    line.lay(context)
    enter_pin(user.page, person.pin)
    persevere(user, line, "证书已签发", person.pin, code_for="apply")
    steps = {"POST enrolments", "POST enrolments/*/key", "GET tasks/*", *SIGNING, "GET certificate"}
    assert steps <= set(line.lost)
    assert count(party.service, "certificates WHERE", person.phone) == 1
    no_attempt_is_lost(party.service, person.phone)
    context.close()


def test_r8_binding_survives_lost_calls(phone: Holder, user: User, line: Line) -> None:
    user.open("/bind")
    expect(user.page.get_by_role("button", name="绑定证书")).to_be_visible()
    line.lay(phone.context)
    user.press("绑定证书")
    persevere(user, line, "已绑定。", user.pin)
    assert {"POST bindings", *SIGNING} <= set(line.lost)
    assert (
        count(
            phone.service, "bindings WHERE bound_at IS NOT NULL AND ended_at IS NULL AND", user.person.phone
        )
        == 1
    )
    no_attempt_is_lost(phone.service, user.person.phone)


def test_r9_pin_change_survives_lost_calls(party: Party, phone: Holder, user: User, line: Line) -> None:
    user.open("/pin")
    user.prove_old_pin()
    user.choose_pin_once(NEW_PIN, change=True)
    line.lay(phone.context)
    enter_pin(user.page, NEW_PIN)
    persevere(user, line, "PIN 码已修改", user.pin)
    assert {"POST keys/*/tasks", *SIGNING} <= set(line.lost)
    line.remove(phone.context)
    log_in_by_code(party, user, NEW_PIN)
    no_attempt_is_lost(phone.service, user.person.phone)


def test_r11_renewal_survives_lost_calls(phone: Holder, user: User, line: Line) -> None:
    with closing(sqlite3.connect(phone.service.folder / "mshield.db")) as database, database:
        database.execute("UPDATE filed_persons SET version = version + 1 WHERE name = ?", (user.person.name,))
    phone.service.seal()
    user.open("/renew")
    user.fill_application("renew")
    line.lay(phone.context)
    user.press(SUBMIT["renew"])
    persevere(user, line, "证书已更新", user.pin, code_for="renew")
    assert {"POST renewals", *SIGNING} <= set(line.lost)
    states = ("active", "superseded")
    held = [
        count(phone.service, f"certificates WHERE state = '{each}' AND", user.person.phone) for each in states
    ]
    assert held == [1, 1]
    no_attempt_is_lost(phone.service, user.person.phone)


@pytest.mark.parametrize("kind", ["login", "signature"])
def test_r15_r16_answer_to_a_request_survives_lost_calls(
    party: Party, phone: Holder, user: User, line: Line, kind: str
) -> None:
    more = {"documents": [document()]} if kind == "signature" else {}
    made = party.ask(kind, **more)
    line.lay(phone.context)
    user.open(Screen.of(made).newest.removeprefix(phone.service.origin))
    persevere(user, line, "已签名" if kind == "signature" else "已登录", user.pin)
    assert {"POST scans", *SIGNING} <= set(line.lost)
    assert state(party, made) == ("signed", None)
    assert signatures(phone.service, made) == 1
    no_attempt_is_lost(phone.service, user.person.phone)


def log_in_by_code(party: Party, user: User, pin: str) -> None:
    """Logs in with this PIN, which must be accepted at the first attempt."""
    made = party.ask()
    user.open(Screen.of(made).newest.removeprefix(party.service.origin))
    user.press("输入 PIN 码登录")
    user.give_pin(pin)
    user.sees("已登录")


def signatures(service: LiveService, made: dict[str, Any]) -> int:
    """Counts the service's signatures of this request."""
    with closing(sqlite3.connect(service.folder / "mshield.db")) as database, database:
        asked = "SELECT COUNT(*) FROM signatures WHERE request_id = ?"
        found: int = database.execute(asked, (made["id"],)).fetchone()[0]
    return found


def test_r17_signature_attempted_offline_can_be_repeated(party: Party, phone: Holder, user: User) -> None:
    made = party.ask("signature", documents=[document()])
    user.open(Screen.of(made).newest.removeprefix(party.service.origin))
    read_on(user.page)
    phone.context.set_offline(True)
    expect(user.page.get_by_text("没有网络。可以查看证书")).to_be_visible()
    user.press("输入 PIN 码签名")
    expect(user.page.get_by_role("alert")).to_contain_text("网络不稳定")
    assert state(party, made)[0] == "scanned"
    phone.context.set_offline(False)
    user.press("再试一次")
    user.give_pin()
    user.sees("已签名")
    assert signatures(party.service, made) == 1
    no_attempt_is_lost(party.service, user.person.phone)


def test_slow_3g_shows_progress(party: Party, phone: Holder, user: User) -> None:
    made = party.ask("signature", documents=[document()])
    user.open(Screen.of(made).newest.removeprefix(party.service.origin))
    read_on(user.page)
    slow = {"offline": False, "latency": 800, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    phone.context.new_cdp_session(user.page).send("Network.emulateNetworkConditions", slow)
    user.press("输入 PIN 码签名")
    expect(user.page.get_by_text("正在连接")).to_be_visible()
    user.give_pin()  # typed meanwhile: typing doesn't wait for the service
    expect(user.page.get_by_text("正在签名，请稍候")).to_be_visible()
    user.sees("已签名")
    assert state(party, made)[0] == "signed"
