"""核验身份 by a shield on another phone, and by the carrier: displays of both phones, and when the proof is valid."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from mshield.testkit.demo.people import Person
from tests.browser.app.app_user import User
from tests.browser.app.more_people import registered
from tests.browser.app.pin_pad_and_pixels import PIXEL
from tests.browser.app.seeded import visitor
from tests.browser.conftest import Party
from tests.browser.unproven import seen, unproven_party
from tests.support.filed_phones import file_phone
from tests.support.identity import prove
from tests.support.live_service import LiveService, log_in, register
from tests.support.outside_systems import SECRET, Carrier, OutsideServer, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def carrier() -> Iterator[OutsideServer]:
    with serving(Carrier({})) as made:
        yield made


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, carrier: OutsideServer) -> Iterator[Party]:
    """A service with a carrier."""
    folder: Path = tmp_path_factory.mktemp("ways")
    asks = {"MSHIELD_REAL_NAME_URL": carrier.url, "MSHIELD_REAL_NAME_SECRET": SECRET}
    with unproven_party(folder, **asks) as made:
        yield made


@contextmanager
def logged_in(browser: Browser, service: LiveService, person: Person) -> Iterator[User]:
    """Yields the person's phone, only logged in."""
    with visitor(browser, service, **PIXEL) as made:
        user = User(service, made.page(), person)
        user.begin()
        user.log_in()
        yield user


def open_ways(user: User) -> Page:
    """Opens the page of the ways, with the record in its address."""
    user.open(f"/identity?type={user.person.role}&code={user.person.credit_code}")
    user.sees("您的身份还没有核验")
    return user.page


_LISTEN: Final = """() => {
  window.declined = new Promise((done) => addEventListener("mshield-declined", done, { once: true }));
}"""


def code_on(page: Page, service: LiveService) -> str:
    """Returns the text of the code that the new phone shows now."""
    shown = page.locator("mshield-sign")
    request, token = shown.get_attribute("request"), shown.get_attribute("token")
    answer = page.request.get(
        f"{service.origin}/api/pc/requests/{request}", headers={"Authorization": f"Bearer {token}"}
    )
    text: str = answer.json()["qr"]["texts"][0]
    return text


def test_old_phone_consents_for_the_new_one(browser: Browser, office: Party) -> None:
    service = office.service
    person = registered(service)
    second = replace(person, phone="13700007799")
    with service.phone("second") as phone:
        register(service, phone, second)
    with service.phone("proves") as phone:
        log_in(service, phone, person)
        prove(service, phone, person)
    with logged_in(browser, service, person) as old, logged_in(browser, service, second) as new:
        old.apply()
        page = open_ways(new)
        page.get_by_role("button", name="用现有的手机盾同意").first.click()
        new.sees("用另一部手机扫码")
        expect(page.locator("mshield-sign")).to_be_visible()
        seen(page, "consent")

        old.page.goto(code_on(page, service))
        old.sees("确认签名")
        main = old.page.locator("main")
        for words in (
            "同意：另一个账号也是我本人",
            "137****7799",
            "宁波北潮进出口有限公司，操作员",
            "24 小时后",
            "请注意",
        ):
            expect(main).to_contain_text(words)
        # The text is read from the signed JSON, which itself is behind a tap; nothing is repeated.
        expect(main).not_to_contain_text('"nonce"')
        expect(main.get_by_text("137****7799")).to_have_count(1)
        seen(old.page, "consent-asked")
        old.press("查看原文")
        expect(main).to_contain_text('"nonce"')
        old.press("收起原文")
        old.press("输入 PIN 码签名")
        old.give_pin()
        old.sees("已签名")

        expect(page.get_by_role("heading", name="起可以申请证书")).to_be_visible()
        seen(page, "consent-counts-later")
        new.open("/me")
        expect(page.get_by_role("link", name="实名核验")).to_contain_text("稍后生效")


def test_old_phone_objects_to_a_second_account(browser: Browser, office: Party) -> None:
    service = office.service
    person = registered(service)
    second = replace(person, phone="13700007800")
    with service.phone("other") as phone:
        register(service, phone, second)
    with service.phone("asked") as phone:
        log_in(service, phone, person)
        prove(service, phone, person)
    with logged_in(browser, service, person) as old, logged_in(browser, service, second) as new:
        old.apply()
        page = open_ways(new)
        page.get_by_role("button", name="用现有的手机盾同意").first.click()
        new.sees("用另一部手机扫码")
        old.page.goto(code_on(page, service))
        old.sees("确认签名")
        page.evaluate(_LISTEN)
        old.press("不是我发起的")
        old.page.get_by_role("dialog").get_by_role("button", name="拒绝并通知对方").click()
        old.sees("已拒绝")
        page.evaluate("window.declined.then(() => true)")
        seen(page, "consent-refused")
        page.reload()
        expect(page.get_by_role("alert")).to_contain_text("24 小时后再试")
        seen(page, "consent-too-often")


def test_the_carrier_knows_the_holder(browser: Browser, office: Party, carrier: OutsideServer) -> None:
    service = office.service
    person = registered(service)
    file_phone(service, person, None)
    carrier.answer = Carrier({person.phone: ("别人", person.id_number)})
    with logged_in(browser, service, person) as user:
        page = open_ways(user)
        expect(page.locator(".opts > li").first).to_contain_text("运营商核验")
        seen(page, "ways-with-carrier")
        user.press("运营商核验")
        user.sees("向运营商核验手机号")
        user.press("同意并核验")
        expect(page.get_by_text("请先同意，再核验")).to_be_visible()
        expect(page.get_by_text("请输入短信验证码")).to_be_visible()
        seen(page, "real-name-missing")
        user.get_code("apply")
        page.get_by_role("checkbox").check()
        seen(page, "real-name")
        user.press("同意并核验")
        expect(page.get_by_role("alert")).to_contain_text("运营商登记的不是您的姓名和证件号码")
        seen(page, "real-name-differs")
        assert len(carrier.asked) == 1
