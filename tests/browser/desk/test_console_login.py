"""Staff at the console: first access, login by password and second factor, and each role's pages."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from mshield.server.staff.rules import StaffRole
from tests.browser.app.album import DeskAlbum
from tests.browser.app.authenticator import Authenticator
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.desk.console import PASSWORD, LogInAs, Member
from tests.browser.desk.desk import Desk
from tests.browser.page_checks import read_code

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
ALBUM: Final = DeskAlbum.wanted()


def give_name(page: Page, name: str, password: str = PASSWORD) -> None:
    """Does the first step of the login."""
    page.get_by_role("textbox", name="姓名").fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="下一步").click()


def give_code(page: Page, code: str | Callable[[], str]) -> None:
    """Does the second step; a callable code is read once it can be typed."""
    field = page.get_by_label("动态码", exact=True)
    expect(field).to_be_visible()
    field.fill(code if isinstance(code, str) else code())
    page.get_by_role("button", name="登录", exact=True).click()


def open_own_login(page: Page) -> None:
    """Opens it by the navigation, after login."""
    page.get_by_role("link", name="我的登录").click()
    expect(page.get_by_role("heading", name="我的登录")).to_be_visible()


def test_first_access_sets_password_and_authenticator_and_leads_in(console_desk: Desk) -> None:
    member = Member.made(console_desk.party.service, StaffRole.AUDITOR)
    page = console_desk.open(member.path)
    expect(page.get_by_role("heading", name="设置您的登录")).to_be_visible()
    expect(page.locator("main")).to_contain_text(f"{member.name}，审计员")
    check_page(page)
    ALBUM.take(page, "console-set-up")
    picture = page.get_by_role("img", name="身份验证器的二维码")
    secret = page.locator(".mono").inner_text().replace(" ", "")
    assert f"secret={secret}" in (read_code(picture) or "")
    member.secret = secret
    page.get_by_label("新密码", exact=True).fill(PASSWORD)
    page.get_by_label("再输一次").fill("Something-else-1")
    expect(page.get_by_text("两次输入不一样")).to_be_visible()
    done = page.get_by_role("button", name="完成设置并登录")
    page.get_by_label("动态码", exact=True).fill("000000")
    expect(done).to_be_disabled()
    page.get_by_label("再输一次").fill(PASSWORD)
    done.click()
    expect(page.get_by_role("alert")).to_contain_text("second_factor_wrong")
    page.get_by_label("动态码", exact=True).fill(member.code())
    done.click()
    expect(page.get_by_role("heading", name="总览")).to_be_visible()
    expect(page.locator("header")).to_contain_text(member.name)
    check_page(page)

    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录运行控制台")).to_be_visible()
    page.goto(member.set_up)
    expect(page.get_by_role("alert")).to_contain_text("set_up_over")
    check_page(page)


def test_login_by_name_password_and_code(console_desk: Desk) -> None:
    member = Member.made(console_desk.party.service, StaffRole.CUSTOMER_SERVICE)
    member.set_up_login()
    page = console_desk.open("/console/me")
    expect(page).to_have_url(f"{console_desk.origin}/console/login?next=/me")
    give_name(page, member.name, "Wrong-password-1")
    expect(page.get_by_role("alert")).to_contain_text("姓名或密码不正确")
    give_name(page, "没有这个人")
    expect(page.get_by_role("alert")).to_contain_text("staff_login_failed")
    check_page(page)
    give_name(page, member.name)
    field = page.get_by_label("动态码", exact=True)
    expect(field).to_be_focused()
    give_code(page, "000000")
    expect(page.get_by_role("alert")).to_contain_text("second_factor_wrong")
    check_page(page)
    give_code(page, member.code)
    expect(page.get_by_role("heading", name="我的登录")).to_be_visible()
    page.reload()
    expect(page.locator("header")).to_contain_text("客服")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="My login")).to_be_visible()
    page.context.clear_cookies()
    page.reload()
    expect(page.get_by_role("heading", name="Log in to the console")).to_be_visible()
    check_page(page)


def test_a_security_key_is_added_logs_in_and_is_removed(console_desk: Desk) -> None:
    member = Member.made(console_desk.party.service, StaffRole.AUDITOR)
    member.set_up_login()
    page = console_desk.open("/console/login")
    give_name(page, member.name)
    give_code(page, member.code)
    open_own_login(page)
    key = Authenticator.on(page)
    expect(page.locator("main")).to_contain_text("最后一个不能移除")
    page.get_by_role("button", name="添加").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("现在的密码").fill("Wrong-password-1")
    dialog.get_by_role("button", name="下一步").click()
    expect(dialog.get_by_role("alert")).to_contain_text("wrong_own_password")
    dialog.get_by_label("现在的密码").fill(PASSWORD)
    dialog.get_by_role("button", name="下一步").click()
    expect(dialog.get_by_role("img", name="身份验证器的二维码")).to_be_visible()
    check_page(page)
    dialog.get_by_role("button", name="安全密钥").click()
    dialog.get_by_label("名称").fill("办公室的密钥")
    dialog.get_by_role("button", name="添加", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.locator("main")).to_contain_text("办公室的密钥")
    assert len(key.credentials) == 1
    check_page(page)

    page.get_by_role("button", name="退出", exact=True).first.click()
    give_name(page, member.name)
    page.get_by_role("button", name="使用安全密钥").click()
    open_own_login(page)
    page.get_by_role("button", name="退出", exact=True).first.click()
    give_name(page, member.name)
    check_page(page)
    key.refuse()
    page.get_by_role("button", name="使用安全密钥").click()
    expect(page.get_by_role("alert")).to_contain_text("key_not_used", timeout=15_000)
    page.get_by_role("button", name="改用动态码").click()
    give_code(page, member.code)
    open_own_login(page)
    page.get_by_role("button", name="移除: 办公室的密钥").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("现在的密码").fill(PASSWORD)
    dialog.get_by_role("button", name="移除", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(page.locator("main")).to_contain_text("最后一个不能移除")


def test_new_password_ends_sessions_elsewhere(console_desk: Desk) -> None:
    member = Member.made(console_desk.party.service, StaffRole.AUDITOR)
    member.set_up_login()
    page = console_desk.open("/console/login")
    give_name(page, member.name)
    give_code(page, member.code)
    open_own_login(page)
    sessions = page.get_by_role("button", name="退出 ", exact=False).filter(has_text="退出")
    expect(page.get_by_text("已登录的浏览器")).to_be_visible()
    expect(page.locator("li").filter(has_text="当前")).to_have_count(1)
    page.get_by_role("button", name="修改密码").click()
    dialog = page.get_by_role("dialog")
    # The dialog takes the focus when it opens, and with it any text being typed elsewhere.
    expect(dialog.get_by_label("现在的密码")).to_be_focused()
    dialog.get_by_label("现在的密码").fill(PASSWORD)
    dialog.get_by_label("新密码", exact=True).fill("Another-desk-2027")
    dialog.get_by_label("再输一次").fill("Another-desk-2027")
    check_page(page)
    dialog.get_by_role("button", name="修改密码").click()
    expect(page.get_by_role("status").filter(has_text="密码已修改，其他 1 个登录已结束")).to_be_visible()
    expect(sessions).to_have_count(1)


def test_disabled_member_is_logged_out_at_once(log_in_as: LogInAs) -> None:
    made = log_in_as(StaffRole.FILING_OFFICER)
    page = made.open("/console/")
    expect(page.get_by_role("heading", name="总览")).to_be_visible()
    service = made.party.service
    (own,) = (
        each
        for each in service.command("staff", "list")
        if each["name"] in page.locator("header").inner_text()
    )
    service.command("staff", "disable", own["id"])
    page.reload()
    expect(page.get_by_role("heading", name="登录运行控制台")).to_be_visible()
