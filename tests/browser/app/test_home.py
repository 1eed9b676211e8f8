"""The app's home page in each state of the certificate, by service, legal representative and user (R3).

One phone goes through all states. Those caused by time are written into the database, since the service uses
the machine's clock.
"""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mshield.testkit.demo.people import Person
from mshield.testkit.portal import PortalClient
from mshield.wire.portal import Act
from tests.browser.app.app_user import User
from tests.browser.app.logged_out import END_LOGIN
from tests.browser.app.pin_pad_and_pixels import PIXEL, check_page, enter_pin
from tests.browser.app.seeded import CLERK, Holder, holder
from tests.browser.conftest import Party
from tests.support import legal_person
from tests.support.live_service import ensure_registered

pytestmark = pytest.mark.slow

CREDIT_CODE: Final = "91370203MA3YK2D9RF"
OPERATOR: Final = Person(
    name="阿依夏木·买买提",
    id_number="650104199508163242",
    role="operator",
    credit_code=CREDIT_CODE,
    phone="13500002208",
    password="Cloud-walk-2026",  # an invented test account
    pin="586471",
)
LEGAL_PERSON: Final = Person(
    name="孟庭筠",
    id_number="370203198112051858",
    role="legal_person",
    credit_code=CREDIT_CODE,
    phone="13900006612",
    password="Harbour-gate-2026",  # an invented test account
    pin="314159",
)
DOCUMENT: Final = {
    "title": "进口货物报关单",
    "media_type": "text/plain",
    "display": [{"label": "申报总价", "value": "126000.00 欧元"}],
    "content_b64": "5oC75Lu3IDEyNjAwMC4wMCDmrKflhYM=",
}
DAY_MS: Final = 86_400_000
NEVER_WORKS: Final = ("扫码登录", "扫码签名", "绑定证书", "修改 PIN 码", "更新证书")
_END: Final = "SELECT not_after FROM certificates WHERE shield_number = ? AND state = 'active'"
_MOVE_END: Final = "UPDATE certificates SET not_after = ? WHERE shield_number = ? AND state = 'active'"
# The state that the engine stores after `stale_epoch` for all slots (packages/shield/live/lost.live.ts).
_FORGOTTEN: Final = """async (isUnusable) => {
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await done(indexedDB.open("mshield"));
  const store = database.transaction("phone", "readwrite").objectStore("phone");
  const state = await done(store.get("state"));
  const rn = isUnusable ? new Uint8Array(32) : null;
  await done(store.put({ ...state, key: { ...state.key, rn, isUnusable } }, "state"));
  database.close();
}"""
_WRONG_PINS: Final = """async () => {
  const { Shield } = await import("/engine/index.js");
  const shield = new Shield(location.origin);
  for (let tries = 0; tries < 5; tries++) {
    await shield.confirmPin("750318").catch((error) => error);
  }
}"""
_APPLY_AGAIN: Final = """async (person) => {
  const { Shield } = await import("/engine/index.js");
  const shield = new Shield(location.origin);
  await shield.requestSmsCode("apply");
  const sent = await (await fetch("/dev/sms.json")).json();
  const { code: smsCode } = sent.find(({ phone, purpose }) => phone === person.phone && purpose === "apply");
  const { name, id_number: idNumber, credit_code: creditCode, pin } = person;
  const given = { name, idNumber, userType: "operator", creditCode, smsCode };
  return await shield.apply(given, pin, true).catch(({ code }) => code);
}"""
_CLONE: Final = """async (pin) => {
  const { Shield, Store } = await import("/engine/index.js");
  const [shield, store] = [new Shield(location.origin), new Store()];
  const copy = await store.operate(async ({ state }) => state.key);
  await shield.confirmPin(pin);
  await store.operate((vault) => vault.change({ key: copy }));
  return await shield.confirmPin(pin).catch(({ code }) => code);
}"""


@dataclass(slots=True)
class Home:
    """The home page of a phone whose certificate goes through its states."""

    phone: Holder
    page: Page
    number: str

    def look(self, state: str) -> None:
        """Opens the page again and asserts this state."""
        with self.page.expect_response("**/api/phone/me"):
            self.page.goto(f"{self.phone.service.origin}/app/")
        expect(self.page.locator(".cert .chip")).to_have_text(state)
        expect(self.page.locator(f".cert [aria-label='{self.number}']")).to_be_visible()

    @property
    def todo(self) -> Locator:
        """The panel with the next step."""
        return self.page.locator(".todo-panel")

    def says_why(self, function: str, text: str) -> Locator:
        """Taps a disabled function; returns its sheet, which gives the reason."""
        tile = self.page.get_by_role("navigation", name="功能").get_by_role("link", name=function)
        expect(tile).to_have_attribute("aria-disabled", "true")
        tile.press("Enter")
        sheet = self.page.get_by_role("dialog")
        expect(sheet).to_contain_text(text)
        return sheet

    def close(self) -> None:
        """Closes that sheet; the focus returns."""
        self.page.get_by_role("dialog").get_by_role("button", name="知道了").click()
        expect(self.page.get_by_role("dialog")).to_have_count(0)
        expect(self.page.get_by_role("navigation", name="功能").locator("a:focus")).to_have_count(1)

    def works(self) -> bool:
        """Reports whether all functions except applying are enabled."""
        tiles = self.page.get_by_role("navigation", name="功能")
        off = [tiles.get_by_role("link", name=name).get_attribute("aria-disabled") for name in NEVER_WORKS]
        assert len(set(off)) == 1, off
        return off[0] is None

    def shift_end(self, milliseconds: int) -> int:
        """Moves the current certificate's end to this long from now; returns the shift in ms."""
        database = self.phone.service.database.removeprefix("sqlite:///")
        now = time.time_ns() // 1_000_000
        with closing(sqlite3.connect(database)) as db, db:
            (end,) = db.execute(_END, (self.number,)).fetchone()
            db.execute(_MOVE_END, (now + milliseconds, self.number))
        self.phone.service.seal()
        return int(end) - now


@pytest.fixture(scope="module")
def phone(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone with a certificate of its own."""
    with holder(browser, party, engine, person=OPERATOR, chief=LEGAL_PERSON, **PIXEL) as made:
        yield made


@pytest.fixture(scope="module")
def home(phone: Holder) -> Home:
    """The phone's home page."""
    page = phone.page()
    number = page.locator("[aria-label^=MS]").first.get_attribute("aria-label")
    assert number is not None
    return Home(phone, page, number)


@dataclass(frozen=True, slots=True)
class Chief:
    """The enterprise's legal representative at the portal."""

    home: Home
    portal: PortalClient

    def act(self, act: Act, reason: str) -> None:
        """Reports or lifts a loss, freezes or unfreezes."""
        (done,) = self.portal.act(CREDIT_CODE, act, [self.home.number], reason=reason)
        assert done.outcome == "changed", done

    def begin_anew(self) -> None:
        """Replaces whatever the previous test left by a new certificate."""
        home = self.home
        legal_person.revoke(
            home.phone.service, self.portal, home.number, person=LEGAL_PERSON, reason="换新证书"
        )
        home.phone.enrol()

    def revoke(self, reason: str) -> None:
        """Revokes the shield."""
        home = self.home
        (done,) = legal_person.revoke(
            home.phone.service, self.portal, home.number, person=LEGAL_PERSON, reason=reason
        )
        assert done.outcome == "changed", done


@pytest.fixture(scope="module")
def chief(party: Party, home: Home) -> Iterator[Chief]:
    """The legal representative, logged in."""
    with legal_person.at_the_portal(party.service, LEGAL_PERSON) as portal:
        yield Chief(home, portal)


def test_r3_active_certificate_allows_no_application(home: Home, party: Party) -> None:
    page = home.page
    home.look("正常")
    assert home.works()
    sheet = home.says_why("申请证书", "本机已有证书，不用再申请")
    expect(sheet.get_by_role("button", name="了解重复申请")).to_be_visible()
    home.close()
    made = party.ask("signature", documents=[DOCUMENT], shield_number=home.number)
    page.get_by_role("button", name="刷新").click()
    expect(page.get_by_role("link", name="待办，1 项")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="1 项请求等您处理").click()
    expect(page.get_by_role("button", name="进口货物报关单")).to_be_visible()
    party.cancel(made["id"])
    later = home.shift_end(43 * DAY_MS + DAY_MS // 2)
    home.look("即将到期")
    assert home.works()
    expect(page.locator(".cert .strip")).to_contain_text("还剩 43 天，到期后不能更新")
    expect(page.get_by_role("link", name="待办，没有新的请求")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="去更新").click()
    expect(page.get_by_role("heading", name="更新证书")).to_be_visible()
    home.shift_end(later)


def test_shield_unknown_to_a_restored_service_leads_to_the_guide(home: Home) -> None:
    page = home.page
    page.evaluate(_FORGOTTEN, arg=True)
    home.look("本机不能用")
    notice = page.get_by_role("link", name="本机的手机盾不能再用")
    expect(notice).to_be_visible()
    expect(page.get_by_text("上次操作没有收到结果")).to_have_count(0)
    check_page(page)
    notice.click()
    expect(page.get_by_role("heading", name="本机的手机盾不能再用")).to_be_visible()
    page.evaluate(_FORGOTTEN, arg=False)
    home.look("正常")
    expect(notice).to_have_count(0)


def test_r14_hold_by_the_legal_person_shows_their_reason(home: Home, chief: Chief) -> None:
    page = home.page
    chief.act("freeze", "出差期间停用")
    home.look("已冻结")
    assert not home.works()
    expect(home.todo.get_by_role("heading")).to_have_text("手机盾已冻结")
    expect(home.todo.get_by_role("listitem").first).to_contain_text(
        re.compile(r"法人，\d{4}-\d\d-\d\d \d\d:\d\d")
    )
    expect(home.todo.get_by_role("listitem").first).to_contain_text("原因：出差期间停用")
    expect(home.todo).to_contain_text("法人在三证合一系统解冻结")
    check_page(page)
    sheet = home.says_why("扫码签名", "按首页的办法请法人恢复后")
    expect(sheet).to_contain_text("原因：出差期间停用")
    check_page(page)
    home.close()
    home.says_why("申请证书", "只是暂时停用")
    home.close()
    chief.act("report_loss", "手机遗失")
    home.look("已挂失")
    expect(home.todo.get_by_role("heading")).to_have_text("手机盾已挂失、已冻结")
    stories = home.todo.get_by_role("list", name="停用原因").get_by_role("listitem")
    expect(stories).to_have_count(2)
    expect(stories.first).to_contain_text("原因：手机遗失")
    check_page(page)
    chief.act("unfreeze", "已回来")
    home.look("已挂失")
    expect(home.todo.get_by_role("heading")).to_have_text("手机盾已挂失")
    chief.act("lift_loss", "已找回")
    home.look("正常")
    assert home.works()


def test_r6_stopped_after_a_second_application_and_revoked(home: Home, chief: Chief) -> None:
    person = {name: getattr(OPERATOR, name) for name in Person.__slots__}
    assert home.phone.beside(_APPLY_AGAIN, person) == "duplicate_application"
    home.look("重复申请")
    expect(home.todo.get_by_role("heading")).to_have_text("因重复申请，证书已停用")
    expect(home.todo.get_by_role("listitem").first).to_contain_text("本人操作")
    expect(home.todo.get_by_role("button", name="复制手机盾号，发给法人")).to_be_visible()
    check_page(home.page)
    home.says_why("扫码登录", "证书已停用，不能恢复")
    home.close()
    home.says_why("申请证书", "请法人先作废")
    home.close()
    chief.revoke("员工重复申请")
    home.look("已作废")
    expect(home.todo.get_by_role("listitem").first).to_contain_text("原因：员工重复申请")
    expect(home.page.locator(".cert")).to_contain_text("作废时间")
    check_page(home.page)
    sheet = home.says_why("扫码签名", "请先重新申请证书")
    sheet.get_by_role("button", name="申请证书").click()
    expect(home.page.get_by_role("heading", name="申请证书")).to_be_visible()


def test_suspected_clone_is_stopped(home: Home, chief: Chief) -> None:
    chief.begin_anew()
    assert home.phone.beside(_CLONE, OPERATOR.pin) == "clone"
    home.look("疑似复制")
    expect(home.todo.get_by_role("heading")).to_have_text("疑似被复制，证书已停用")
    expect(home.todo.get_by_role("listitem").first).to_contain_text("系统自动")
    check_page(home.page)
    # Lifting the legal representative's hold doesn't lift the other one.
    chief.act("freeze", "先停用")
    home.look("疑似复制")
    expect(home.todo.get_by_role("list", name="停用原因").get_by_role("listitem")).to_have_count(2)
    expect(home.todo).to_contain_text("请法人作废这个手机盾")
    chief.revoke("疑似复制")


def test_r10_permanently_locked_pin_is_explained(home: Home, chief: Chief) -> None:
    chief.begin_anew()
    home.phone.beside(_WRONG_PINS)
    home.look("PIN 码已锁死")
    assert not home.works()
    expect(home.todo).to_contain_text("PIN 码连续输错 5 次")
    expect(home.todo.get_by_role("listitem").first).to_contain_text("系统自动")
    check_page(home.page)
    home.phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    home.todo.get_by_role("button", name="复制手机盾号，发给法人").click()
    expect(home.todo.get_by_role("status")).to_have_text("已复制，请粘贴发给法人")
    copied = home.page.evaluate("navigator.clipboard.readText()")
    assert home.number in copied
    assert OPERATOR.name in copied
    home.says_why("申请证书", "本机的证书已锁死")
    home.close()
    chief.revoke("PIN 码锁死")


def test_r11_expired_certificate_is_explained(home: Home, chief: Chief) -> None:
    chief.begin_anew()
    home.shift_end(-1000)
    home.look("已过期")
    assert not home.works()
    expect(home.todo).to_contain_text("请法人作废后，在本机重新申请")
    check_page(home.page)
    home.says_why("更新证书", "证书已过期")
    home.close()
    chief.revoke("证书过期")
    home.look("已作废")


def test_r7_another_account_is_told_the_shields_owner(home: Home, party: Party) -> None:
    page = home.page
    ensure_registered(party.service, CLERK)
    user = User(party.service, page, CLERK)
    page.evaluate(END_LOGIN)
    user.open("/login?next=/bind")
    user.fill_login()
    with page.expect_response("**/api/phone/captchas"):
        user.press("登录")
    expect(page.get_by_role("alert")).to_contain_text("本机的手机盾属于 135****2208，只能用这个账号登录")
    check_page(page)
    user.person = OPERATOR
    user.fill_login()
    user.press("登录")
    expect(page).to_have_url(f"{party.service.origin}/app/bind")


def test_r8_binding_redirects_only_within_the_app(home: Home, chief: Chief) -> None:
    page, origin = home.page, home.phone.service.origin
    chief.begin_anew()
    page.goto(f"{origin}/app/bind?next=/inbox")
    expect(page.get_by_text("绑定后自动回到刚才的请求")).to_be_visible()
    page.get_by_role("button", name="绑定证书").click()
    enter_pin(page, OPERATOR.pin)
    expect(page).to_have_url(f"{origin}/app/inbox")
    page.goto(f"{origin}/app/bind?next=/inbox")
    expect(page.get_by_role("link", name="回到刚才的请求")).to_have_attribute("href", "/app/inbox")
    check_page(page)
    page.goto(f"{origin}/app/bind?next=//elsewhere.example/")
    expect(page.get_by_role("link", name="回到首页")).to_have_attribute("href", "/app/")
