"""Customer service at the console: an account found by its number, its logins, its number changed, disabled (R18)."""

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from mshield.client.errors import ProblemError
from mshield.demo.people import Person
from mshield.domain.staff import StaffRole
from tests.browser.app.album import DeskAlbum
from tests.browser.app.keyboard import walk
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs
from tests.browser.desk.page_look import look
from tests.support.live_service import ensure_registered, log_in

pytestmark = pytest.mark.slow

ALBUM = DeskAlbum.wanted()
OWNER = Person(
    name="马思远",
    id_number="11010519491231002X",
    role="operator",
    credit_code="",
    phone="13700005678",
    password="Vessel-42-north",
    pin="204718",
)
NEW = "13700005679"


def find(page: Page, phone: str) -> None:
    """Looks an account up by its number."""
    page.get_by_label("手机号", exact=True).fill(phone)
    page.get_by_role("button", name="查找", exact=True).click()


def confirm(page: Page, act: str, **fields: str) -> None:
    """Fills the dialog and does what it is for."""
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("button", name=act, exact=True).click()
    expect(dialog).to_be_hidden()


def story(page: Page) -> Locator:
    """What was done to the account, the newest first."""
    return page.locator(".rows > li")


def test_r18_the_number_is_changed_and_evidence_and_telling_are_shown(
    log_in_as: LogInAs, party: Party
) -> None:
    ensure_registered(party.service, OWNER)
    with party.service.phone("owner") as phone:
        log_in(party.service, phone, OWNER)
        made = log_in_as(StaffRole.CUSTOMER_SERVICE)
        page = made.open("/console/accounts")
        find(page, "123")
        expect(page.get_by_label("手机号", exact=True)).to_be_focused()
        look(page, "accounts")
        find(page, "13700009999")
        expect(page.get_by_role("alert")).to_contain_text("not_found")
        find(page, OWNER.phone)
        expect(page.get_by_role("heading", name=OWNER.name)).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(1)
        look(page, "account")
        assert not walk(page)

        page.get_by_role("button", name="停用账号").click()
        confirm(page, "停用账号", 原因="本人来电，账号疑似被盗用")
        expect(page.locator(".chip")).to_have_text("已停用")
        expect(page.get_by_text("停用：本人来电，账号疑似被盗用")).to_be_visible()
        expect(page.get_by_text("现在没有登录")).to_be_visible()
        with pytest.raises(ProblemError) as refused:
            log_in(party.service, phone, OWNER)
        assert refused.value.code == "account_disabled"
        page.get_by_role("button", name="启用账号").click()
        confirm(page, "启用账号", 原因="本人到柜台核实")
        expect(page.locator(".chip")).to_have_text("正常")
        log_in(party.service, phone, OWNER)

        page.reload()
        page.locator("tbody").get_by_role("button", name="结束").click()
        look(page, "account-end-login")
        confirm(page, "结束", 原因="本人来电，手机借出未还")
        expect(page.get_by_text("现在没有登录")).to_be_visible()

        page.get_by_role("button", name="更改手机号").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("在所有手机和电脑上的登录立即结束")
        expect(dialog.get_by_role("button", name="更改手机号")).to_be_disabled()
        confirm(page, "更改手机号", 新手机号=NEW, 核实依据="身份证原件，工单 2026-1126")
        expect(page.get_by_text("原手机号已收到短信提醒").last).to_be_visible()
        expect(story(page).first).to_contain_text("短信提醒原手机号 137****5678")
        expect(story(page).first).to_contain_text("已发出")
        expect(story(page).nth(1)).to_contain_text("更改手机号 137****5678 → 137****5679")
        expect(story(page).nth(1)).to_contain_text("身份证原件，工单 2026-1126")
        expect(story(page).nth(1)).to_contain_text("客服")
        look(page, "account-after")
        ALBUM.take(page, "console-account")


def test_only_customer_service_sees_accounts(log_in_as: LogInAs, party: Party) -> None:
    made = log_in_as(StaffRole.AUDITOR)
    page = made.open("/console/")
    expect(page.get_by_role("link", name="账号", exact=True)).to_have_count(0)
    made.open("/console/accounts")
    expect(page).to_have_url(f"{made.origin}/console/refused")
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    answer = httpx.get(
        f"{made.origin}/api/console/accounts?phone={OWNER.phone}", cookies=cookies, trust_env=False
    )
    assert answer.status_code == 403


def test_in_english(log_in_as: LogInAs) -> None:
    page = log_in_as(StaffRole.CUSTOMER_SERVICE).open("/console/accounts")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    look(page, "accounts-english")
