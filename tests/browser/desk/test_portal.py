"""The legal representative at the portal: who has which shield, and stopping one by its number (R14, R19, R21)."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from mshield.client.errors import ProblemError
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.browser.app.album import DeskAlbum
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.app.seeded import CLERK
from tests.browser.conftest import Party
from tests.browser.desk.desk import SIZE, Desk, desk, scanned
from tests.browser.desk.page_look import hints_fit, look
from tests.support import legal_person

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def legal(browser: Browser, party: Party, clerk: VirtualPhone) -> Iterator[Desk]:
    """The legal representative, logged in."""
    assert clerk.certificate().state == "active"
    with desk(browser, party) as made:
        made.log_in()
        yield made


ALBUM: Final = DeskAlbum.wanted()
ROOM: Final = """bar => {
  const words = document.createRange();
  words.selectNodeContents(bar.querySelector("span"));
  const [outer, inner] = [bar, words].map((each) => each.getBoundingClientRect());
  const below = bar.nextElementSibling.getBoundingClientRect();
  return [inner.top - outer.top, outer.bottom - inner.bottom, below.top - outer.bottom];
}"""
"""Distances of the bar above a page: above and below its text, and to the page."""


def row_of(page: Page, phone: VirtualPhone) -> Locator:
    """Returns the row of a phone's shield."""
    number = phone.certificate().shield_number
    return page.locator("tbody tr").filter(has=page.get_by_label(number, exact=True))


def confirm(page: Page, act: str, reason: str) -> None:
    """Enters the reason in the dialog and confirms."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("原因").fill(reason)
    dialog.get_by_role("button", name=act, exact=True).click()
    expect(dialog).to_be_hidden()


def test_wrong_captcha_or_password_is_reported(browser: Browser, party: Party) -> None:
    with desk(browser, party) as made:
        page = made.open("/portal/people")
        expect(page).to_have_url(f"{made.origin}/portal/login?next=/people")
        made.open_password_login()
        made.captcha()
        made.give(account=LEGAL_PERSON.phone, password=LEGAL_PERSON.password, captcha="????")
        expect(page.get_by_role("alert")).to_contain_text("captcha_wrong")
        made.give(account=LEGAL_PERSON.phone, password="Wrong-2026", captcha=made.captcha())
        expect(page.get_by_role("alert")).to_contain_text("login_failed")
        check_page(page)


def test_r14_operator_is_refused_after_the_password(
    browser: Browser, party: Party, clerk: VirtualPhone
) -> None:
    with desk(browser, party) as made:
        page = made.open_password_login()
        made.give(account=CLERK.phone, password=CLERK.password, captcha=made.captcha())
        expect(page.get_by_role("alert")).to_contain_text("not_legal_person")


def test_r14_loss_reported_and_lifted_by_number(legal: Desk, clerk: VirtualPhone, party: Party) -> None:
    page = legal.open("/portal/shields")
    row = row_of(page, clerk)
    row.get_by_role("button", name="挂失").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="不挂失")).to_be_focused()
    expect(dialog.get_by_role("button", name="挂失", exact=True)).to_be_disabled()
    look(page, "portal-loss")
    dialog.get_by_role("button", name="手机遗失").click()
    ALBUM.take(page, "loss")
    confirm(page, "挂失", "手机遗失在出租车上")
    expect(row).to_contain_text("已挂失")
    expect(page.get_by_text("挂失已生效：沈若澜")).to_be_visible()
    party.ask()
    assert clerk.certificate().holds == ("lost",)

    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="当前停用")).to_be_visible()
    expect(page.locator("main")).to_contain_text("手机遗失在出租车上")
    look(page, "portal-shield")
    ALBUM.take(page, "shield")
    page.get_by_role("button", name="冻结", exact=True).click()
    confirm(page, "冻结", "内部核查")
    page.get_by_role("button", name="解挂失").click()
    confirm(page, "解挂失", "手机已找回")
    expect(page.locator(".chip")).to_have_text("已冻结")
    assert clerk.certificate().holds == ("frozen",)
    page.get_by_role("button", name="解冻结").click()
    confirm(page, "解冻结", "核查结束")
    expect(page.locator(".chip")).to_have_text("正常")
    story = page.locator(".tl > li")
    expect(story.first).to_contain_text("核查结束")
    expect(story.first).to_contain_text("顾承岳")
    assert clerk.certificate().holds == ()


def test_r14_hold_from_elsewhere_appears_without_a_reload(
    legal: Desk, clerk: VirtualPhone, party: Party
) -> None:
    page = legal.open("/portal/shields")
    row = row_of(page, clerk)
    expect(row).to_contain_text("正常")
    number = clerk.certificate().shield_number
    with legal_person.at_the_portal(party.service) as other:
        other.act(LEGAL_PERSON.credit_code, "freeze", [number], reason="休假")
        expect(row).to_contain_text("已冻结", timeout=20_000)
        other.act(LEGAL_PERSON.credit_code, "unfreeze", [number], reason="恢复工作")
        expect(row).to_contain_text("正常", timeout=20_000)


def test_r14_found_by_number_name_and_state_and_acted_on_together(legal: Desk, clerk: VirtualPhone) -> None:
    page = legal.open("/portal/shields")
    search = page.get_by_role("textbox", name="姓名、盾号，或号码末 4 位")
    rows = page.locator("tbody tr")
    search.fill(CLERK.name)
    expect(rows.filter(has_text=OPERATOR.name)).to_have_count(0)
    expect(row_of(page, clerk)).to_be_visible()
    spaced = page.get_by_label(clerk.certificate().shield_number, exact=True).inner_text()
    search.fill(spaced.replace("MS", ""))
    expect(rows).to_have_count(1)
    search.fill(clerk.certificate().shield_number[-4:])  # the end given in an SMS (尾号)
    expect(row_of(page, clerk)).to_be_visible()
    expect(page.locator(".hrow")).to_contain_text("共")
    for whole in (CLERK.phone, CLERK.id_number):
        search.fill(f"{(int(whole[0]) + 1) % 10}{whole[1:]}")  # another number with the same last digits
        expect(page.get_by_role("heading", name="没有符合条件的手机盾")).to_be_visible()
        search.fill(whole)
        expect(row_of(page, clerk)).to_be_visible()
        expect(rows.filter(has_text=OPERATOR.name)).to_have_count(0)
    search.fill("无此人")
    expect(page.get_by_role("heading", name="没有符合条件的手机盾")).to_be_visible()
    look(page, "portal-shields")
    page.get_by_role("button", name="查看全部").click()
    expect(rows.nth(1)).to_be_visible()
    assert "words" not in page.url
    expect(page.get_by_role("checkbox", name="选择已显示的全部")).to_have_count(
        1
    )  # counts only loaded rows, as stated

    row_of(page, clerk).get_by_role("checkbox").press("Space")
    row_of(page, legal.party.phone).get_by_role("checkbox").press("Space")
    bar = page.locator(".batch")
    expect(bar).to_contain_text("已选 2 个")
    bar.get_by_role("button", name="冻结").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("冻结 2 个手机盾")
    for phone in (clerk, legal.party.phone):  # their holders, and the effect on each
        line = dialog.locator(".chosen > li").filter(
            has=page.get_by_label(phone.certificate().shield_number, exact=True)
        )
        expect(line).to_contain_text("冻结")
    look(page, "portal-bulk")
    confirm(page, "冻结这 2 个", "内部核查")
    for phone in (clerk, legal.party.phone):  # each has its result
        number = phone.certificate().shield_number
        came = page.locator("details.each li").filter(has=page.get_by_label(number, exact=True))
        expect(came).to_contain_text("已冻结")
    expect(page.get_by_text("冻结已生效：2 个")).to_be_visible()
    ALBUM.take(page, "shields")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("status").filter(has_text="Freeze: done for 2")).to_be_visible()
    page.get_by_role("button", name="中文").click()
    for phone in (clerk, legal.party.phone):
        expect(row_of(page, phone)).to_contain_text("已冻结")
        row_of(page, phone).get_by_role("button", name="解冻结").click()
        confirm(page, "解冻结", "核查结束")
        expect(row_of(page, phone)).to_contain_text("正常")


def test_r14_every_act_is_in_the_enterprises_history(
    legal: Desk, clerk: VirtualPhone, party: Party, tmp_path: Path
) -> None:
    number = clerk.certificate().shield_number
    with legal_person.at_the_portal(party.service) as other:
        other.act(LEGAL_PERSON.credit_code, "freeze", [number], reason="年度核查")
        other.act(LEGAL_PERSON.credit_code, "unfreeze", [number], reason="核查结束，恢复使用")
    page = legal.open("/portal/history")
    rows = page.locator("tbody tr")
    expect(rows.first).to_contain_text("解冻结")
    expect(rows.first).to_contain_text("核查结束，恢复使用")
    expect(rows.first).to_contain_text("顾承岳 法人")
    expect(rows.nth(1)).to_contain_text("年度核查")
    hints_fit(page)
    look(page, "portal-history")
    ALBUM.take(page, "history")
    page.get_by_role("combobox", name="操作").press("Enter")
    page.get_by_role("option", name="冻结", exact=True).click()
    expect(rows.filter(has_text="解冻结")).to_have_count(0)
    expect(rows.first).to_contain_text("年度核查")
    page.get_by_role("textbox", name="姓名、盾号，或号码末 4 位").fill(number)
    expect(page.get_by_role("link", name="导出")).to_have_attribute(
        "href", re.compile(f"shield_number={number}")
    )
    with page.expect_download() as started:
        page.get_by_role("link", name="导出").click()
    file = tmp_path / "history.xlsx"
    started.value.save_as(file)
    sheet = openpyxl.load_workbook(io.BytesIO(file.read_bytes())).worksheets[0]
    assert "年度核查" in {row[5] for row in sheet.iter_rows(values_only=True)}
    page.get_by_label("从", exact=True).fill("2030-01-01")
    expect(page.get_by_text("没有符合条件的记录")).to_be_visible()
    page.get_by_role("button", name="查看全部").click()
    expect(rows.first).to_contain_text("解冻结")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    page.get_by_role("button", name="中文").click()


def test_the_lists_are_exported_as_workbooks(legal: Desk, clerk: VirtualPhone, tmp_path: Path) -> None:
    page = legal.open("/portal/shields")
    page.get_by_role("textbox", name="姓名、盾号，或号码末 4 位").fill(CLERK.name)
    expect(page.get_by_role("link", name="导出")).to_have_attribute("href", re.compile("name="))
    with page.expect_download() as started:
        page.get_by_role("link", name="导出").click()
    file = tmp_path / "shields.xlsx"
    started.value.save_as(file)
    sheet = openpyxl.load_workbook(io.BytesIO(file.read_bytes())).worksheets[0]
    cells = [str(cell).replace(" ", "") for line in sheet.iter_rows(values_only=True) for cell in line]
    assert clerk.certificate().shield_number in cells
    assert OPERATOR.name not in cells


def test_r19_filed_people_are_listed_with_their_shields(legal: Desk) -> None:
    page = legal.open("/portal/people")
    rows = page.locator("tbody tr")
    hints_fit(page)
    expect(rows.filter(has_text=LEGAL_PERSON.name)).to_contain_text("法人")
    ALBUM.take(page, "people")
    assert CLERK.id_number not in page.content()
    look(page, "portal-people")
    page.get_by_role("textbox", name="姓名，或号码末 4 位").fill(CLERK.id_number[-4:])
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(CLERK.name)
    rows.get_by_role("link").click()
    expect(page.get_by_role("heading", name="企业的手机盾")).to_be_visible()
    expect(page.locator("tbody tr").filter(has_text=OPERATOR.name)).to_have_count(0)


def test_r21_guide_is_public_in_both_languages(browser: Browser, party: Party) -> None:
    with desk(browser, party) as made:
        page = made.open("/portal/guide")
        expect(page.get_by_role("heading", name="手机丢了", exact=True)).to_be_visible()
        check_page(page)
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("heading", name="A phone is lost")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", "en")
        page.reload()
        expect(page.get_by_role("heading", name="A phone is lost")).to_be_visible()


def test_page_that_failed_to_load_says_so_and_opens_on_retry(browser: Browser, party: Party) -> None:
    with desk(browser, party) as made:
        page = made.open("/portal/login")
        page.route("**/assets/GuideScreen-*.js", lambda route: route.abort())
        page.get_by_role("link", name="手机丢了、忘记 PIN 码怎么办").click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("这一页没有打开")
        check_page(page)
        page.set_viewport_size({"width": 320, "height": 690})
        assert min(alert.evaluate(ROOM)) >= 6
        page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
        page.unroute("**/assets/GuideScreen-*.js")
        alert.get_by_role("link", name="重新打开").click()
        expect(page.get_by_role("heading", name="手机丢了", exact=True)).to_be_visible()
        expect(alert).to_be_hidden()


def test_lost_file_of_a_page_is_requested_again(browser: Browser, party: Party) -> None:
    """This includes styles: Vite requests a style once, so that a second visit would show the page without it."""
    with desk(browser, party) as made:
        page = made.page
        lost: list[str] = []

        def lose_once(route: Route) -> None:
            if route.request.url in lost:
                route.continue_()
            else:
                lost.append(route.request.url)
                route.abort("connectionreset")

        page.route("**/assets/GuideScreen-*", lose_once)
        made.open("/portal/guide")
        expect(page.get_by_role("heading", name="手机丢了", exact=True)).to_be_visible()
        expect(page.get_by_role("alert")).to_be_hidden()
        assert {url.rpartition(".")[2] for url in lost} == {"css", "js"}
        styles = "[...document.styleSheets].filter(({ href }) => href?.includes('GuideScreen-')).length"
        assert page.evaluate(styles) == 1


def test_session_ended_elsewhere_leads_to_the_login(
    browser: Browser, party: Party, clerk: VirtualPhone
) -> None:
    with desk(browser, party) as made:
        page = made.log_in()
        expect(row_of(page, clerk)).to_be_visible()
        page.context.clear_cookies()
        expect(page.get_by_text("登录已结束")).to_be_visible(timeout=20_000)
        assert "next=/shields" in page.url


def test_abandoned_page_stops_polling_so_that_its_session_ends(
    browser: Browser, party: Party, clerk: VirtualPhone
) -> None:
    with desk(browser, party) as made:
        made.page.clock.install()
        page = made.log_in()
        expect(row_of(page, clerk)).to_be_visible()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/shields" in request.url else None)

        def hears_news() -> None:
            with page.expect_request(lambda request: "/shields" in request.url):
                page.clock.run_for(10_000)

        hears_news()
        page.clock.fast_forward("06:00")
        page.clock.run_for(5_000)
        page.wait_for_timeout(2000)  # time for a pending call
        asked.clear()
        page.clock.run_for(60_000)
        page.wait_for_timeout(500)
        assert asked == []
        page.mouse.move(300, 300)
        hears_news()


def test_r14_legal_person_logs_in_by_scan_and_revokes_by_signature(
    browser: Browser, party: Party, own_phone: VirtualPhone
) -> None:
    with desk(browser, party) as made:
        page = made.open("/portal/login")
        check_page(page)
        ALBUM.take(page, "login")
        scanned(page.locator("mshield-login"), own_phone)
        expect(page.get_by_role("heading", name="企业的手机盾")).to_be_visible()
        row_of(page, own_phone).get_by_role("button", name="作废").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("combobox", name="原因").press("Enter")
        page.get_by_role("option", name="更换手机").click()
        number = own_phone.certificate().shield_number
        dialog.get_by_label("输入手机盾号后 4 位").fill(number[-4:])
        dialog.get_by_role("radio", name="我的手机盾签名").press("Space")
        dialog.get_by_role("button", name="作废这个手机盾").click()
        expect(dialog.locator("mshield-sign")).to_be_visible()
        ALBUM.take(page, "revoke-scan")
        scanned(dialog.locator("mshield-sign"), own_phone)
        expect(dialog).to_be_hidden()
        expect(row_of(page, own_phone)).to_contain_text("已作废")


def test_r14_r21_revocation_needs_the_typed_number_and_a_fresh_code(
    legal: Desk, clerk: VirtualPhone, party: Party
) -> None:
    page = legal.open("/portal/shields")
    row_of(page, clerk).get_by_role("button", name="作废").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("不能撤销")
    act = dialog.get_by_role("button", name="作废这个手机盾")
    expect(dialog.get_by_role("button", name="不作废")).to_be_focused()
    check_page(page)
    dialog.get_by_role("combobox", name="原因").press("Enter")
    page.get_by_role("option", name="人员离岗").click()
    expect(act).to_be_disabled()
    dialog.get_by_label("输入手机盾号后 4 位").fill(clerk.certificate().shield_number[-4:])
    dialog.get_by_role("button", name="获取验证码").click()
    expect(dialog.get_by_text("已发送到您账号的手机")).to_be_visible()
    ALBUM.take(page, "revoke")
    dialog.get_by_role("textbox", name="短信验证码").fill("000000")
    act.click()
    expect(dialog.get_by_role("alert")).to_contain_text("sms_code_wrong")
    dialog.get_by_role("textbox", name="短信验证码").fill(party.service.sms_code("revoke", LEGAL_PERSON))
    act.click()
    expect(row_of(page, clerk)).to_contain_text("已作废")
    expect(row_of(page, clerk)).to_contain_text("不可操作")
    with pytest.raises(ProblemError):
        clerk.bind(pin=CLERK.pin)
