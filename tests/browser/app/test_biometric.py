"""Fingerprint or face instead of typing the PIN: off by default; the service still checks and counts the PIN."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.app.app_user import User
from tests.browser.app.authenticator import Authenticator
from tests.browser.app.camera import Screen
from tests.browser.app.logged_out import END_LOGIN
from tests.browser.app.memory import stored
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, check_page, enter_pin
from tests.browser.app.seeded import Holder, holder
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow

WRONG: Final = "909192"
NEW_PIN: Final = "862094"
BOX: Final = "mshield-biometric/pin"
_HIDE_ANOTHER: Final = """async (pin) => {
  const open = indexedDB.open("mshield-biometric");
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await done(open);
  const store = () => database.transaction("pin", "readwrite").objectStore("pin");
  const sealed = await done(store().get("sealed"));
  const utf8 = (text) => new TextEncoder().encode(text);
  const publicKey = {
    challenge: new Uint8Array(32),
    rpId: location.hostname,
    allowCredentials: [{ type: "public-key", id: sealed.credentialId }],
    userVerification: "required",
    extensions: { prf: { eval: { first: sealed.salt } } },
  };
  const got = await navigator.credentials.get({ publicKey });
  const output = got.getClientExtensionResults().prf.results.first;
  const secret = await crypto.subtle.importKey("raw", output, "HKDF", false, ["deriveKey"]);
  const derive = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: utf8("MSHIELD/v1/biometric") };
  const key = await crypto.subtle.deriveKey(derive, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const additionalData = utf8(`MSHIELD/v1/biometric|${sealed.keyId}|${sealed.pinSetAt}`);
  const algorithm = { name: "AES-GCM", iv: sealed.iv, additionalData };
  const box = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, utf8(pin)));
  await done(store().put({ ...sealed, box }, "sealed"));
  database.close();
}"""
"""Puts another PIN into the box, which needs the user's finger: the service then gets a wrong PIN."""

_DOCUMENT: Final = {"title": "报关单", "media_type": "text/plain", "content_b64": "aGVsbG8="}
_COUNT_TAPS: Final = (
    "addEventListener('click', () => (sessionStorage.taps = 1 + Number(sessionStorage.taps ?? 0)), true)"
)


@pytest.fixture(scope="module")
def phone(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as made:
        yield made


@pytest.fixture
def page(phone: Holder) -> Iterator[Page]:
    """The settings, on a phone that never used a fingerprint."""
    opened = phone.context.new_page()
    yield opened
    opened.goto(f"{phone.service.origin}/app/me/settings")
    if stored(opened).get(BOX):
        expect(setting(opened)).to_have_attribute("aria-checked", "true")
        setting(opened).click()
        expect(setting(opened)).to_have_attribute("aria-checked", "false")
    opened.close()


def setting(page: Page) -> Locator:
    """Returns the switch in the settings."""
    return page.get_by_role("switch", name="用指纹或面容代替输入 PIN 码")


def key(page: Page) -> Locator:
    """Returns the keypad's key for the fingerprint."""
    return page.get_by_role("dialog").get_by_role("button", name="指纹或面容")


def full(page: Page) -> Locator:
    """Returns the sheet's text shown while all five attempts are left."""
    return page.get_by_role("dialog").get_by_role("link", name="忘记 PIN 码？")


def switch_on(phone: Holder, page: Page) -> None:
    """Switches it on in the settings, with the right PIN."""
    page.goto(f"{phone.service.origin}/app/me/settings")
    setting(page).click()
    enter_pin(page, phone.person.pin)
    expect(setting(page)).to_have_attribute("aria-checked", "true")


def ask(phone: Holder, party: Party, page: Page) -> dict[str, Any]:
    """Starts a login, up to the request for the PIN."""
    made = party.ask()
    page.goto(f"{phone.service.origin}/app{Screen.of(made).newest.removeprefix(phone.service.origin)}")
    page.get_by_role("button", name=re.compile("PIN 码登录$")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return made


def state(party: Party, made: dict[str, Any]) -> str:
    """Returns the request's state as the business system sees it."""
    with party.service.business() as business:
        return business.status(made["id"]).state


def test_biometric_is_off_by_default(phone: Holder, party: Party, page: Page) -> None:
    Authenticator.on(page)
    page.goto(f"{phone.service.origin}/app/me/settings")
    expect(setting(page)).to_have_attribute("aria-checked", "false")
    ask(phone, party, page)
    expect(full(page)).to_be_visible()
    expect(key(page)).to_have_count(0)
    assert stored(page).get(BOX, "") == ""


def test_r3_returning_person_unlocks_and_the_scanned_code_waits(
    phone: Holder, party: Party, page: Page
) -> None:
    """From a cold start, at most three taps by fingerprint and twelve by PIN, without a captcha (ADR 106, 107).

    A login at a PC needs no more: one PIN does both (ADR 125).
    """
    Authenticator.on(page)
    page.add_init_script(_COUNT_TAPS)
    switch_on(phone, page)
    made = cold_login(phone, party, page)
    expect(page.get_by_text(f"电脑上也是 {made['number']} 吗？")).to_be_visible()
    expect(page.get_by_text(phone.person.name)).to_have_count(0)
    check_page(page)
    key_of_sheet(page).click()
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    assert taps(page) <= 3
    assert state(party, made) == "signed"
    made = cold_login(phone, party, page)
    page.get_by_role("button", name="用指纹、面容或 PIN 码登录").click()
    expect(page.get_by_role("dialog")).to_contain_text("同时打开手机盾")
    check_page(page)
    enter_pin(page, WRONG)
    expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
    assert state(party, made) == "waiting"
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    assert taps(page) - 6 <= 9
    assert state(party, made) == "signed"
    made = cold_login(phone, party, page)
    page.get_by_role("button", name="不是我发起的").click()
    page.get_by_role("button", name="拒绝并通知对方").click()
    expect(page.get_by_role("dialog").last).to_contain_text("打开手机盾，拒绝这个请求")
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("alert")).to_contain_text("已拒绝")
    assert state(party, made) == "declined"
    # A document is shown once the app is unlocked.
    made = party.ask("signature", documents=[_DOCUMENT])
    assert ended(phone, page, Screen.of(made).newest.removeprefix(phone.service.origin)) == 0
    expect(page.get_by_text("登录后继续：")).to_be_visible()
    expect(page.get_by_role("heading", name=phone.person.name)).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="用 PIN 码打开").click()
    expect(page.get_by_role("dialog")).to_contain_text("只打开手机盾，不签名")
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("button", name="用指纹、面容或 PIN 码签名")).to_be_visible()
    assert taps(page) <= 12


def cold_login(phone: Holder, party: Party, page: Page) -> dict[str, Any]:
    """Starts a login at a PC, whose code opens the app after its login has ended."""
    made = party.ask()
    page.evaluate(END_LOGIN)
    page.evaluate("sessionStorage.removeItem('taps')")
    page.goto(f"{phone.service.origin}/app{Screen.of(made).newest.removeprefix(phone.service.origin)}")
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    return made


def ended(phone: Holder, page: Page, path: str) -> int:
    """Ends the login and opens the app again at this address; returns the taps from then on."""
    page.evaluate(END_LOGIN)
    page.evaluate("sessionStorage.removeItem('taps')")
    page.goto(f"{phone.service.origin}/app{path}")
    expect(page.get_by_role("button", name="用 PIN 码打开")).to_be_visible()
    return taps(page)


def taps(page: Page) -> int:
    """Returns the number of taps since the app was opened."""
    return int(page.evaluate("Number(sessionStorage.taps ?? 0)"))


def key_of_sheet(page: Page) -> Locator:
    """Returns the fingerprint key on the sheet of the waiting request."""
    page.get_by_role("button", name="用指纹、面容或 PIN 码登录").click()
    return key(page)


def test_biometric_signs_once_the_service_accepted_the_pin(phone: Holder, party: Party, page: Page) -> None:
    finger = Authenticator.on(page)
    page.goto(f"{phone.service.origin}/app/me/settings")
    check_page(page)
    setting(page).click()
    enter_pin(page, WRONG)
    expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
    assert stored(page).get(BOX, "") == ""  # a wrong PIN is not stored
    enter_pin(page, phone.person.pin)
    expect(setting(page)).to_have_attribute("aria-checked", "true")
    assert len(finger.credentials) == 1
    kept = stored(page)[BOX]
    assert "keyId" in kept
    assert phone.person.pin not in kept
    made = ask(phone, party, page)
    check_page(page)
    key(page).click()
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    assert state(party, made) == "signed"


def test_foreign_finger_opens_nothing_and_uses_no_attempt(phone: Holder, party: Party, page: Page) -> None:
    finger = Authenticator.on(page)
    switch_on(phone, page)
    made = ask(phone, party, page)
    finger.refuse()
    key(page).click()
    expect(full(page)).to_be_visible()
    finger.clear()  # as if the phone's fingerprints had been changed
    key(page).click()
    expect(full(page)).to_be_visible()
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    assert state(party, made) == "signed"


def test_wrong_stored_pin_is_counted_and_ends_biometric_use(phone: Holder, party: Party, page: Page) -> None:
    Authenticator.on(page)
    switch_on(phone, page)
    page.evaluate(_HIDE_ANOTHER, WRONG)
    made = ask(phone, party, page)
    key(page).click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("alert")).to_contain_text("PIN 码不正确，还可以试 4 次")
    expect(sheet.get_by_role("status").filter(has_text="指纹或面容已关闭")).to_be_visible()
    expect(key(page)).to_have_count(0)
    assert stored(page)[BOX] == ""
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    assert state(party, made) == "signed"


def test_changed_box_is_dropped_and_the_pin_typed(phone: Holder, party: Party, page: Page) -> None:
    Authenticator.on(page)
    switch_on(phone, page)
    page.evaluate(_HIDE_ANOTHER.replace("|${sealed.pinSetAt}", "|0"), phone.person.pin)
    ask(phone, party, page)
    key(page).click()
    expect(page.get_by_role("status").filter(has_text="指纹或面容已关闭")).to_be_visible()
    expect(full(page)).to_be_visible()
    assert stored(page)[BOX] == ""
    enter_pin(page, phone.person.pin)
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()


def test_phone_without_support_says_so_and_stores_nothing(phone: Holder, page: Page) -> None:
    finger = Authenticator.on(page, has_prf=False)
    page.goto(f"{phone.service.origin}/app/me/settings")
    setting(page).click()
    expect(page.get_by_text("还不支持，没有任何改动")).to_be_visible()
    expect(setting(page)).to_have_attribute("aria-checked", "false")
    assert stored(page).get(BOX, "") == ""
    assert finger.credentials == []


def test_new_pin_ends_biometric_use(phone: Holder, party: Party, page: Page) -> None:
    finger = Authenticator.on(page)
    switch_on(phone, page)
    user = User(phone.service, page, phone.person)
    user.open("/pin")
    user.prove_old_pin()
    user.choose_pin(NEW_PIN, change=True)
    expect(page.get_by_role("heading", name="PIN 码已修改")).to_be_visible()
    assert stored(page)[BOX] == ""
    assert finger.credentials == []
    made = ask(phone, party, page)
    expect(full(page)).to_be_visible()
    expect(key(page)).to_have_count(0)
    enter_pin(page, NEW_PIN)
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    assert state(party, made) == "signed"
