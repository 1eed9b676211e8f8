"""核验身份 in the app: an unproven person is led from applying to a proof, and then applies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from mshield.testkit.demo.people import Person
from tests.browser.app.app_user import User
from tests.browser.app.more_people import registered
from tests.browser.app.pin_pad_and_pixels import PIXEL
from tests.browser.app.seeded import visitor
from tests.browser.conftest import Party
from tests.browser.desk.desk import desk, prove_again
from tests.browser.unproven import seen, unproven_party
from tests.support.filed_phones import asked_earlier, file_phone
from tests.support.identity import make_code, prove
from tests.support.live_service import LiveService, log_in, register

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    """A service for this module only."""
    with unproven_party(tmp_path_factory.mktemp("identity")) as made:
        yield made


@contextmanager
def logged_in(browser: Browser, service: LiveService, person: Person) -> Iterator[User]:
    """Yields the person's phone, only logged in."""
    with visitor(browser, service, **PIXEL) as made:
        user = User(service, made.page(), person)
        user.begin()
        user.log_in()
        yield user


def nobody_yet(service: LiveService) -> Person:
    """Returns an operator with an account, whose number isn't on file."""
    person = registered(service)
    file_phone(service, person, None)
    return person


def open_ways(user: User) -> Page:
    """Opens the page of the ways, with the record in its address."""
    role, code = user.person.role, user.person.credit_code
    user.open(f"/identity?type={role}&code={code}")
    user.sees("您的身份还没有核验")
    return user.page


def _confirm(page: Page, service: LiveService) -> None:
    page.get_by_role("button", name="确认是本人").click()
    prove_again(page, service)
    page.get_by_role("dialog").get_by_role("button", name="确认是本人").click()


def test_application_is_confirmed_by_the_legal_person(browser: Browser, office: Party) -> None:
    service = office.service
    person = nobody_yet(service)
    with logged_in(browser, service, person) as user, desk(browser, office) as legal:
        page = user.page
        user.open("/apply")
        user.fill_application("apply")
        user.press("提交")
        user.sees("您的身份还没有核验")  # before a PIN is chosen in vain
        expect(page).to_have_url(f"{service.origin}/app/identity?type=operator&code={person.credit_code}")
        cards = page.locator(".opts > li")
        expect(cards.nth(0)).to_contain_text("请法人确认")
        expect(cards.nth(0)).to_contain_text("推荐")
        expect(cards.nth(1)).to_contain_text("输入激活码")
        expect(cards.nth(2)).to_contain_text("用现有的手机盾同意")
        expect(cards.nth(3)).to_contain_text("备案里没有您注册的这个手机号")
        expect(cards.nth(3).get_by_role("button")).to_have_count(0)
        seen(page, "ways")

        user.press("请法人确认")
        user.sees("等法人确认")
        expect(page.get_by_role("button", name="再提醒一次法人")).to_be_disabled()
        expect(page.get_by_role("button", name="再提醒一次法人")).to_contain_text("4 小时后可以再提醒")
        seen(page, "wait")
        asked_earlier(service, person)
        page.reload()
        page.get_by_role("button", name="再提醒一次法人").click()
        expect(page.get_by_role("status").filter(has_text="已再次提醒法人")).to_be_visible()
        user.press("知道了")
        expect(page.get_by_text("等法人确认您的身份")).to_be_visible()
        seen(page, "home-asked")
        page.get_by_role("link", name="等法人确认您的身份").click()

        desk_page = legal.log_in()
        desk_page.get_by_role("link", name="待确认的申请").click()
        _confirm(desk_page, service)
        expect(desk_page.get_by_text(f"已确认：{person.name}")).to_be_visible()

        user.sees("已核验")  # without a reload
        seen(page, "confirmed")
        user.press("申请证书")
        expect(page.get_by_label("统一社会信用代码")).to_have_value(person.credit_code)
        expect(page.get_by_role("button", name="用户类型")).to_contain_text("企业操作员")
        user.fill_application("apply")
        user.press("提交")
        user.choose_pin(person.pin)
        user.sees("证书已签发")
        user.open("/me")
        row = page.get_by_role("link", name="实名核验")
        expect(row).to_contain_text("法人确认")
        seen(page, "me")
        row.click()
        expect(page.locator("main")).to_contain_text("宁波北潮进出口有限公司")
        seen(page, "proofs")


def test_activation_code_proves_and_wrong_ones_are_refused(browser: Browser, office: Party) -> None:
    service = office.service
    person = nobody_yet(service)
    code = make_code(service, person)
    with logged_in(browser, service, person) as user:
        page = user.page
        user.open("/me")
        page.get_by_role("link", name="实名核验 还没有核验").click()
        user.sees("您在哪家企业备案")
        user.press("下一步")
        expect(page.get_by_text("请选择用户类型")).to_be_visible()
        seen(page, "record")
        page.get_by_role("button", name="用户类型").click()
        page.get_by_role("listbox").press("Home")
        user.press("完成")
        user.fill("统一社会信用代码", person.credit_code.lower())
        user.press("下一步")
        page.get_by_role("button", name="输入激活码").click()
        user.sees("输入 12 位激活码")
        field = page.get_by_label("激活码", exact=True)
        expect(page.get_by_role("button", name="还差 12 位")).to_be_disabled()
        field.press_sequentially("k7rd0o1i 4wx9")
        expect(field).to_have_value("K7RD-4WX9")
        expect(page.get_by_role("button", name="还差 4 位")).to_be_disabled()
        seen(page, "code")
        field.press_sequentially("2222")
        field.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
        seen(page, "code-wrong")
        field.fill(code.lower())
        expect(page.get_by_role("alert")).to_have_count(0)
        user.press("核验")
        expect(page.get_by_label("统一社会信用代码")).to_have_value(person.credit_code)
        user.open(f"/identity?type=operator&code={person.credit_code}")
        user.sees("已核验")
        seen(page, "proven")


def test_five_wrong_codes_a_day(browser: Browser, office: Party) -> None:
    service = office.service
    with logged_in(browser, service, registered(service)) as user:
        page = user.page
        user.open("/identity/code")
        field = page.get_by_label("激活码", exact=True)
        for tried in range(1, 6):
            field.fill(f"K7RD-4WX9-222{tried + 1}")
            user.press("核验")
            expect(page.get_by_role("alert")).to_contain_text(
                f"还可以试 {5 - tried} 次" if tried < 5 else "今天不能再试了"
            )
        field.fill("K7RD-4WX9-2999")
        user.press("核验")
        expect(page.get_by_role("alert")).to_contain_text("24 小时后再试")
        expect(page.get_by_role("button", name="24 小时后再试")).to_be_disabled()


def test_impossible_way_gives_its_reason_without_the_number(browser: Browser, office: Party) -> None:
    service = office.service
    person = registered(service)
    with logged_in(browser, service, person) as user:
        file_phone(service, person, "13911118841")
        page = open_ways(user)
        expect(page.locator(".opts > li").last).to_contain_text("备案里没有您注册的这个手机号")
        expect(page.locator("main")).not_to_contain_text("8841")
        file_phone(service, person, person.phone)
        page.reload()
        expect(page.locator(".opts > li").first).to_contain_text("备案手机号一致")
        seen(page, "filed-phone")
        user.press("申请证书")
        user.fill_application("apply")
        user.press("提交")
        expect(page.get_by_text("第 1 步，共 2 步")).to_be_visible()


def test_second_account_waits_until_the_first_is_notified(browser: Browser, office: Party) -> None:
    service = office.service
    first = nobody_yet(service)
    with service.phone("first") as phone:
        log_in(service, phone, first)
        prove(service, phone, first)
    second = replace(first, phone="13700007788")
    with service.phone("second") as phone:
        register(service, phone, second)
    with logged_in(browser, service, second) as user:
        page = open_ways(user)
        expect(page.locator(".opts > li").last).to_contain_text("备案里没有您注册的这个手机号")
        page.get_by_role("button", name="输入激活码").click()
        page.get_by_label("激活码", exact=True).fill(make_code(service, second))
        user.press("核验")
        expect(page.get_by_role("heading", name="起可以申请证书")).to_be_visible()
        seen(page, "later")
        user.open("/me")
        expect(page.get_by_role("link", name="实名核验")).to_contain_text("稍后生效")


def test_first_account_stops_a_second(browser: Browser, office: Party) -> None:
    service = office.service
    person = registered(service)
    with service.phone("first-account") as own:
        log_in(service, own, person)
        prove(service, own, person)
    other = replace(person, phone=f"136{person.phone[3:]}")
    with service.phone("second-account") as phone:
        register(service, phone, other)
        log_in(service, phone, other)
        prove(service, phone, other)
        with logged_in(browser, service, person) as user:
            page = user.page
            notice = page.get_by_role("link", name="有人以您的名义核验了另一个账号")
            expect(notice).to_be_visible()
            seen(page, "home-second")
            notice.click()
            panel = page.get_by_role("region", name="有人以您的名义核验了另一个账号")
            expect(panel).to_contain_text(f"136****{other.phone[-4:]}")
            expect(panel).to_contain_text("激活码")
            seen(page, "second")
            user.press("不是我，叫停")
            expect(page.get_by_role("dialog")).to_contain_text("只能叫停一次")
            seen(page, "second-ask")
            user.press("先不叫停")
            user.press("不是我，叫停")
            page.get_by_role("dialog").get_by_role("button", name="不是我，叫停").click()
            expect(page.get_by_role("status").filter(has_text="已叫停。请告诉企业法人")).to_be_visible()
            expect(panel).to_have_count(0)
            seen(page, "second-stopped")
        (proof,) = phone.identity().proofs
        assert proof.ended_reason == "objected"
        # The office makes another code; objecting to that proof is left to customer service.
        prove(service, phone, other)
        with logged_in(browser, service, person) as user:
            user.open("/me/identity")
            expect(user.page.get_by_text("不是您本人，请立即打客服电话")).to_be_visible()
            expect(user.page.get_by_role("button", name="不是我，叫停")).to_have_count(0)


def test_unproven_legal_person_cannot_confirm(browser: Browser, office: Party) -> None:
    service = office.service
    person = Person(
        name="阿依夏木·买买提",
        id_number="650104199508163242",
        role="operator",
        credit_code="91370203MA3YK2D9RF",
        phone="13500002208",
        password="Cloud-walk-2026",  # an invented test account
        pin="586471",
    )
    with service.phone("elsewhere") as phone:
        register(service, phone, person)
    file_phone(service, person, None)
    with logged_in(browser, service, person) as user:
        page = open_ways(user)
        expect(page.locator(".opts > li").first).to_contain_text("输入激活码")
        expect(page.locator(".opts")).to_contain_text("贵企业的法人还没有开通")


def test_request_is_refused_or_withdrawn(browser: Browser, office: Party) -> None:
    service = office.service
    person = nobody_yet(service)
    with logged_in(browser, service, person) as user, desk(browser, office) as legal:
        page = open_ways(user)
        user.press("请法人确认")
        user.sees("等法人确认")
        user.press("撤回这次申请")
        seen(page, "withdraw")
        page.get_by_role("dialog").get_by_role("button", name="撤回", exact=True).click()
        user.sees("您的身份还没有核验")
        user.press("请法人确认")
        user.sees("等法人确认")
        desk_page = legal.log_in()
        desk_page.get_by_role("link", name="待确认的申请").click()
        desk_page.get_by_role("list", name="申请").get_by_text(person.name).click()
        desk_page.get_by_role("button", name="不是本人").click()
        desk_page.get_by_role("dialog").get_by_role("button", name="不是本人，拒绝").click()
        expect(desk_page.get_by_text(f"已拒绝：{person.name}")).to_be_visible()
        user.sees("法人没有确认")
        seen(page, "refused")
        user.open("/")
        expect(page.get_by_role("link", name="法人没有确认您的身份")).to_be_visible()
        user.open("/identity/wait")
        user.press("换一种方式")
        user.sees("您的身份还没有核验")
