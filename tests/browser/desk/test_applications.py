"""待确认的申请 at the portal: the applicant beside the filing; confirming, refusing, handing over codes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from mshield.testkit.demo.people import LEGAL_PERSON, Person
from tests.browser.app.more_people import registered
from tests.browser.conftest import Party
from tests.browser.desk.desk import Desk, desk, prove_again
from tests.browser.desk.page_look import look
from tests.browser.unproven import SEEN, unproven_party
from tests.support.filed_phones import file_phone
from tests.support.identity import make_code
from tests.support.live_service import LiveService, ensure_registered, log_in

pytestmark = pytest.mark.slow

CHIEF: Final = Person(
    name="孟庭筠",
    id_number="370203198112051858",
    role="legal_person",
    credit_code="91370203MA3YK2D9RF",
    phone="13900006612",
    password="Harbour-gate-2026",  # an invented test account
    pin="314159",
)
NARROW: Final = {"width": 1024, "height": 768}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    """A service for this module only."""
    with unproven_party(tmp_path_factory.mktemp("applications")) as made:
        yield made


@pytest.fixture(scope="module")
def legal(browser: Browser, office: Party) -> Iterator[Desk]:
    """The legal representative, logged in."""
    with desk(browser, office) as made:
        made.log_in()
        yield made


def asks(service: LiveService, *, filed: str | None = "own") -> Person:
    """Returns an operator who requests confirmation; `filed` is the filed number, "own" for the account's."""
    person = registered(service)
    file_phone(service, person, person.phone if filed == "own" else filed)
    with service.phone(f"asks-{person.phone}") as phone:
        log_in(service, phone, person)
        phone.ask_legal_person("operator", person.credit_code)
    return person


def open_applications(legal: Desk) -> Page:
    """Opens the applications by the navigation."""
    page = legal.open("/portal/")
    page.get_by_role("navigation").get_by_role("link", name="待确认的申请").click()
    expect(page.get_by_role("heading", name="待确认的申请")).to_be_visible()
    return page


def choose(page: Page, person: Person) -> None:
    """Opens a listed application."""
    page.get_by_role("list", name="申请").get_by_role("button").filter(has_text=person.name).click()
    expect(page.get_by_role("heading", name=f"是{person.name}本人吗")).to_be_visible()


def at_1024(page: Page, name: str) -> None:
    """Asserts that nothing is cut off at 1024 either; takes a picture if wanted."""
    usual = page.viewport_size
    page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    for scheme in ("light", "dark") if SEEN else ():
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        page.screenshot(path=Path(str(SEEN)) / f"{name}-1024-{scheme}.png")
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    if usual is not None:
        page.set_viewport_size(usual)


def test_applicant_is_shown_beside_the_filing(legal: Desk, office: Party) -> None:
    service = office.service
    same = asks(service)
    other = asks(service, filed="13911118841")
    unfiled = asks(service, filed=None)
    page = open_applications(legal)
    expect(page.get_by_role("navigation").locator(".count")).to_contain_text("3")
    expect(page.get_by_role("button", name="等您确认 3")).to_have_attribute("aria-pressed", "true")
    listed = page.get_by_role("list", name="申请").get_by_role("listitem")
    for person, tag in ((same, "都一致"), (other, "手机号不一致"), (unfiled, "备案无手机号")):
        expect(listed.filter(has_text=person.name)).to_contain_text(tag)

    choose(page, unfiled)
    row = page.get_by_role("row").filter(has_text="手机号")
    expect(row).to_contain_text("备案里没有手机号")
    choose(page, other)
    row = page.get_by_role("row").filter(has_text="手机号")
    expect(row).to_contain_text("不一致")
    expect(row).to_contain_text("139****8841")
    panel = page.get_by_role("region", name=f"是{other.name}本人吗")
    expect(panel).to_contain_text("还剩 7 天 0 小时")
    expect(panel).to_contain_text("不要打申请里的号码")
    expect(panel).to_contain_text("127.0.0.1")
    look(page, "applications")
    at_1024(page, "applications")

    page.get_by_role("button", name="不是本人").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="先不拒绝")).to_be_focused()
    expect(dialog).to_contain_text("不能撤回")
    look(page, "applications-refuse")
    expect(listed).to_have_count(3)
    dialog.get_by_role("button", name="不是本人，拒绝").click()
    expect(page.get_by_text(f"已拒绝：{other.name}")).to_be_visible()
    expect(listed).to_have_count(2)
    expect(page.get_by_role("navigation").locator(".count")).to_contain_text("2")

    choose(page, same)
    page.get_by_role("button", name="确认是本人").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="先不确认")).to_be_focused()
    look(page, "applications-sure")
    expect(dialog.get_by_role("button", name="确认是本人")).to_be_disabled()
    prove_again(page, service)
    dialog.get_by_role("button", name="确认是本人").click()
    expect(page.get_by_text(f"已确认：{same.name}")).to_be_visible()
    page.get_by_role("button", name="已确认 1").click()
    expect(listed.filter(has_text=same.name)).to_be_visible()
    expect(page.get_by_role("button", name="确认是本人")).to_have_count(0)
    page.get_by_role("button", name="已拒绝 1").click()
    expect(listed.filter(has_text=other.name)).to_be_visible()
    page.get_by_role("button", name="已过期 0").click()
    expect(page.get_by_role("heading", name="没有已过期的申请")).to_be_visible()


def test_a_code_is_handed_over_and_seen_once(legal: Desk, office: Party) -> None:
    person = asks(office.service)
    page = open_applications(legal)
    choose(page, person)
    page.get_by_role("button", name="当面交激活码").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("以前给")
    look(page, "code-ask")
    prove_again(page, office.service)
    dialog.get_by_role("button", name="生成激活码").click()
    code = dialog.locator("[data-code]")
    expect(code).to_have_text(re.compile(r"^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}$"))
    first = code.inner_text()
    look(page, "code")
    at_1024(page, "code")
    page.emulate_media(media="print")
    expect(dialog.get_by_text("手机盾激活码")).to_be_visible()
    expect(dialog.get_by_role("button", name="打印")).to_be_hidden()
    expect(page.locator("#app")).to_be_hidden()
    if SEEN:
        page.screenshot(path=Path(SEEN) / "code-print.png")
    page.emulate_media(media="screen")
    dialog.get_by_role("button", name="已记下，关闭").click()
    expect(dialog).to_be_hidden()

    page.get_by_role("link", name="备案人员").click()
    page.get_by_role("textbox", name="姓名，或号码末 4 位").fill(person.name)
    expect(page.locator("tbody tr")).to_have_count(1)
    look(page, "people")
    page.get_by_role("button", name=f"给{person.name}一个激活码").click()
    prove_again(page, office.service)
    dialog.get_by_role("button", name="生成激活码").click()
    expect(code).to_be_visible()
    assert code.inner_text() != first
    dialog.get_by_role("button", name="已记下，关闭").click()
    page.get_by_role("textbox", name="姓名，或号码末 4 位").fill(LEGAL_PERSON.name)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody").get_by_role("button")).to_have_count(0)


def test_a_legal_person_proves_themselves_at_the_login(browser: Browser, office: Party) -> None:
    service, chief = office.service, CHIEF
    ensure_registered(service, chief)
    file_phone(service, chief, None)
    with desk(browser, office) as made:
        page = made.open_password_login()
        made.give(account=chief.phone, password=chief.password, captcha=made.captcha())
        field = page.get_by_label("激活码", exact=True)
        expect(field).to_be_focused()
        expect(page.get_by_role("heading", name="还没有核验您就是备案里的法人")).to_be_visible()
        look(page, "login-code")
        field.fill("K7RD-4WX9-2222")
        page.get_by_role("button", name="下一步").click()
        expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
        field.fill(make_code(service, chief).lower())
        page.get_by_role("button", name="下一步").click()
        sms = page.get_by_label("短信验证码")
        expect(sms).to_be_focused()
        sms.fill(service.sms_code("portal", chief))
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page.get_by_role("heading", name="企业的手机盾")).to_be_visible()
