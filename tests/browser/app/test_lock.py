"""The lock: after five minutes in the background, page and memory hold nothing of the user's."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.app.authenticator import Authenticator
from tests.browser.app.background import come_back, leave, pass_time, right_time
from tests.browser.app.camera import Screen
from tests.browser.app.memory import heap, stored
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, check_page, enter_pin
from tests.browser.app.seeded import Holder, holder
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow

FIVE_MINUTES: Final = 300
_CONTROLLED: Final = "navigator.serviceWorker.ready.then(() => true)"


@pytest.fixture(scope="module")
def phone(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as made:
        page = made.page()
        page.evaluate(_CONTROLLED)
        page.close()
        yield made


@pytest.fixture
def page(phone: Holder) -> Iterator[Page]:
    """The home page with the certificate."""
    page = phone.context.new_page()
    page.clock.install()
    page.goto(f"{phone.service.origin}/app/")
    expect(page.get_by_text(phone.person.name).first).to_be_visible()
    yield page
    right_time(page)
    page.close()


def be_away(page: Page) -> None:
    """Leaves the app in the background for five minutes; it restarts there."""
    leave(page)
    with page.expect_event("domcontentloaded"):
        pass_time(page, FIVE_MINUTES, timers=True)
    locked(page)


def locked(page: Page) -> None:
    """Asserts that only the lock screen is shown."""
    expect(page.get_by_role("heading", name="已锁定")).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_count(0)


def open_by_pin(page: Page, pin: str) -> None:
    """Unlocks by PIN, the only way besides fingerprint or face."""
    expect(page.get_by_role("button", name="继续使用")).to_have_count(0)
    page.get_by_role("button", name="输入 PIN 码继续").click()
    enter_pin(page, pin)


def test_lock_after_five_minutes_clears_everything_and_returns_after_unlocking(
    phone: Holder, page: Page
) -> None:
    name = phone.person.name
    page.get_by_role("link", name="待办").first.click()
    expect(page).to_have_url(f"{phone.service.origin}/app/inbox")
    assert name in heap(page)
    page.evaluate("window.before = true")
    be_away(page)
    held = heap(page)
    assert name not in held
    assert phone.person.phone not in held
    assert name not in page.content()
    assert page.evaluate("window.before") is None
    come_back(page)
    right_time(page)
    check_page(page)
    open_by_pin(page, phone.person.pin)
    expect(page).to_have_url(f"{phone.service.origin}/app/inbox")
    expect(page.get_by_role("heading", name="待办", exact=True)).to_be_visible()


def test_app_locks_on_return_even_if_its_timers_were_frozen(phone: Holder, page: Page) -> None:
    for seconds, is_locked in ((FIVE_MINUTES - 60, False), (FIVE_MINUTES, True)):
        leave(page)
        pass_time(page, seconds, timers=False)
        come_back(page)
        if is_locked:
            locked(page)
        else:
            expect(page.get_by_role("navigation", name="功能")).to_be_visible()
            right_time(page)
    right_time(page)
    open_by_pin(page, phone.person.pin)
    expect(page.get_by_role("navigation", name="功能")).to_be_visible()


def test_half_typed_pin_is_cleared_and_the_request_kept(phone: Holder, party: Party, page: Page) -> None:
    made = party.ask()
    page.goto(f"{phone.service.origin}/app{Screen.of(made).newest.removeprefix(phone.service.origin)}")
    page.get_by_role("button", name="输入 PIN 码登录").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("link", name="忘记 PIN 码？")).to_be_visible()
    enter_pin(page, phone.person.pin[:3])
    expect(sheet.get_by_role("img", name="已输入 3 位")).to_be_visible()
    be_away(page)
    expect(sheet).to_have_count(0)
    come_back(page)
    right_time(page)
    open_by_pin(page, phone.person.pin)
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    page.get_by_role("button", name="输入 PIN 码登录").click()
    expect(sheet.get_by_role("img", name="已输入 0 位")).to_be_visible()
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()


def test_background_hides_the_content(phone: Holder, party: Party, page: Page) -> None:
    def colours() -> int:
        picture = Image.open(io.BytesIO(page.screenshot()))
        return len(picture.convert("RGB").getcolors(1 << 24) or ())

    assert colours() > 50
    leave(page)
    assert colours() == 1
    come_back(page)
    assert colours() > 50
    made = party.ask()
    page.goto(f"{phone.service.origin}/app{Screen.of(made).newest.removeprefix(phone.service.origin)}")
    page.get_by_role("button", name="输入 PIN 码登录").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    for hide in ("leave", "pagehide"):
        if hide == "leave":
            leave(page)
        else:
            page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
        assert colours() == 1, hide
        come_back(page)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert colours() > 50, hide


def test_a_shown_password_is_hidden_again(phone: Holder, page: Page) -> None:
    page.goto(f"{phone.service.origin}/app/me/password")
    field = page.get_by_role("textbox", name="新密码")
    field.fill("Demo-newcomer-2026")
    page.get_by_role("button", name="显示密码").last.click()
    expect(field).to_have_attribute("type", "text")
    leave(page)
    come_back(page)
    expect(field).to_have_attribute("type", "password")
    expect(field).to_have_value("Demo-newcomer-2026")


def test_lock_asks_for_biometric_if_enabled(phone: Holder, page: Page) -> None:
    finger = Authenticator.on(page)
    page.goto(f"{phone.service.origin}/app/me/settings")
    switch = page.get_by_role("switch", name="用指纹或面容代替输入 PIN 码")
    switch.click()
    enter_pin(page, phone.person.pin)
    expect(switch).to_have_attribute("aria-checked", "true")
    leave(page)
    with page.expect_event("domcontentloaded"):
        pass_time(page, FIVE_MINUTES, timers=True)
    come_back(page)
    right_time(page)
    expect(switch).to_be_visible()  # it asks by itself when it becomes visible
    page.goto(f"{phone.service.origin}/app/inbox")
    expect(page.get_by_role("heading", name="待办", exact=True)).to_be_visible()
    # The app is closed and opened again: first soon, then late.
    page.reload()
    expect(page.get_by_role("heading", name="待办", exact=True)).to_be_visible()
    leave(page)
    pass_time(page, FIVE_MINUTES, timers=False)
    finger.refuse()
    page.reload()
    locked(page)
    right_time(page)
    check_page(page)
    page.go_back()  # Back doesn't evade the lock
    locked(page)
    page.get_by_role("button", name="用指纹或面容继续").click()
    expect(page.get_by_role("alert")).to_contain_text("没有通过指纹或面容")
    # A user whose finger fails logs out, and the box with the PIN is deleted.
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("button", name="用 PIN 码打开")).to_be_visible()
    expect(page.get_by_role("button", name="用指纹或面容打开")).to_have_count(0)
    assert stored(page)["mshield-biometric/pin"] == ""
    assert finger.credentials == []
