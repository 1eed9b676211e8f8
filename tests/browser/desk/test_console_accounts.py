"""Customer service at the console: an account found by number, its logins, a new number, disabling (R18)."""

import re
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from mshield.client.errors import ProblemError
from mshield.server.staff.rules import StaffRole
from mshield.server.values.names import mask_phone
from mshield.testkit.demo.people import OPERATOR, Person
from tests.browser.app.album import DeskAlbum
from tests.browser.app.keyboard import walk
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs, open_account, waiting_for
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
EVIDENCE = "身份证原件，工单 2026-1126"


def begin_change(page: Page, phone: str) -> None:
    """Does the first step: the new number, and the evidence."""
    expect(page.get_by_role("heading", name="更改登录手机号")).to_be_visible()
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("请写明看到了什么能证明是本人")).to_be_visible()
    page.get_by_label("新手机号", exact=True).fill(phone)
    page.get_by_label("核实依据", exact=True).fill(EVIDENCE)


def confirm(page: Page, act: str, **fields: str) -> None:
    """Fills in the dialog and confirms it."""
    dialog = page.get_by_role("dialog")
    for label, value in fields.items():
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_role("button", name=act, exact=True).click()
    expect(dialog).to_be_hidden()


def story(page: Page) -> Locator:
    """Returns the account's history, newest first."""
    return page.locator(".rows > li")


def change_by_codes(page: Page, party: Party) -> None:
    """Changes the open account's number by codes to both numbers."""
    page.get_by_role("link", name="更改手机号").click()
    begin_change(page, NEW)
    look(page, "phone-1")
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="给新号码发验证码").click()
    expect(page.get_by_text(f"验证码已发到新号码 {NEW[:3]}****{NEW[-4:]}")).to_be_visible()
    look(page, "phone-2")
    assert not walk(page)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("验证码是 6 位数字")).to_be_visible()
    page.get_by_label("新号码的验证码").fill("000000")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("短信验证码不正确")).to_be_visible()
    expect(page.get_by_label("新号码的验证码")).to_be_focused()
    look(page, "phone-2-wrong")
    page.get_by_label("新号码的验证码").fill(party.service.sms_code("new_phone", replace(OWNER, phone=NEW)))
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="给旧号码发验证码").click()
    expect(page.get_by_text("验证码已发到旧号码")).to_be_visible()
    page.get_by_label("旧号码的验证码").fill("000000")
    look(page, "phone-3")
    page.get_by_role("button", name="更改手机号").click()
    expect(page.get_by_role("alert")).to_contain_text("短信验证码不正确")
    page.get_by_label("旧号码的验证码").fill(party.service.sms_code("old_phone", OWNER))
    page.get_by_role("button", name="更改手机号").click()
    expect(page.get_by_text("原手机号已收到短信提醒")).to_be_visible()
    look(page, "phone-4")
    page.get_by_role("link", name="返回账号").click()


def test_r18_changed_number_shows_evidence_and_notices(log_in_as: LogInAs, party: Party) -> None:
    ensure_registered(party.service, OWNER)
    with party.service.phone("owner") as phone:
        log_in(party.service, phone, OWNER)
        made = log_in_as(StaffRole.CUSTOMER_SERVICE)
        page = made.open("/console/accounts")
        expect(page.get_by_role("heading", name="输入要找的人")).to_be_visible()
        look(page, "accounts")
        open_account(page, OWNER.phone)
        expect(page.get_by_role("heading", name=OWNER.name)).to_be_visible()
        expect(page.locator("tbody tr")).to_have_count(2)  # the registration's login, and another
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

        change_by_codes(page, party)
        expect(story(page).first).to_contain_text("短信提醒原手机号 137****5678")
        expect(story(page).first).to_contain_text("已发出")
        expect(story(page).nth(1)).to_contain_text("更改手机号 137****5678 → 137****5679")
        expect(story(page).nth(1)).to_contain_text(EVIDENCE)
        expect(story(page).nth(1)).to_contain_text("客服")
        look(page, "account-after")
        ALBUM.take(page, "console-account")


def test_r18_without_the_old_number_a_second_member_approves(log_in_as: LogInAs, party: Party) -> None:
    owner = replace(OWNER, phone="13700005688", id_number="110105194912310038", name="马思齐")
    new = "13700005689"
    ensure_registered(party.service, owner)
    one, other = log_in_as(StaffRole.CUSTOMER_SERVICE), log_in_as(StaffRole.CUSTOMER_SERVICE)
    before, page = waiting_for(other.open("/console/")), one.open("/console/accounts")
    open_account(page, owner.phone)
    page.get_by_role("link", name="更改手机号").click()
    begin_change(page, new)
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("button", name="给新号码发验证码").click()
    expect(page.get_by_text(f"验证码已发到新号码 {new[:3]}****{new[-4:]}")).to_be_visible()
    page.get_by_label("新号码的验证码").fill(party.service.sms_code("new_phone", replace(owner, phone=new)))
    page.get_by_role("button", name="下一步").click()
    page.get_by_text("旧号码收不到短信").click()
    page.get_by_role("button", name="交第二人批准").click()
    expect(page.get_by_text("请写明原因")).to_be_visible()
    page.get_by_label("为什么旧号码收不到").fill("旧手机丢失，号码已停机")
    look(page, "phone-3-two")
    page.get_by_role("button", name="交第二人批准").click()
    expect(page.get_by_text("已交第二人批准，还没有更改")).to_be_visible()
    look(page, "phone-asked")
    page.get_by_role("link", name="双人审批").last.click()
    own = page.get_by_role("article", name=owner.name)  # among other decided requests
    expect(own).to_contain_text("您提交的")
    expect(own.get_by_role("button", name="批准并执行")).to_have_count(0)

    page = other.open("/console/")
    place = page.get_by_role("link", name="双人审批")
    expect(place).to_contain_text(f"双人审批{before + 1}项待处理")
    place.click()
    asked = page.get_by_role("article", name=owner.name)
    for said in ("137****5688", "137****5689", EVIDENCE, "号码已停机", owner.name):
        expect(asked).to_contain_text(said)
    asked.get_by_role("button", name="批准并执行").click()
    expect(page.get_by_role("dialog")).to_contain_text("请自己核对依据")
    look(page, "phone-approve")
    page.get_by_role("dialog").get_by_role("button", name="批准并执行").click()
    expect(page.get_by_role("status").filter(has_text="生效，此前可以叫停")).to_be_visible()
    page = other.open("/console/accounts")
    open_account(page, owner.phone)
    expect(page.get_by_role("heading", name=owner.name)).to_be_visible()
    expect(page.get_by_text("已批准改绑到 137****5689")).to_be_visible()
    expect(page.get_by_role("link", name="更改手机号")).to_have_count(0)
    look(page, "phone-waits")
    page.get_by_role("button", name="叫停").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("机主来电，未曾申请")
    look(page, "phone-stop")
    page.get_by_role("dialog").get_by_role("button", name="叫停").click()
    expect(page.get_by_text("已叫停，手机号没有更改").first).to_be_visible()
    expect(story(page).first).to_contain_text("137****5688 → 137****5689")
    expect(story(page).first).to_contain_text("机主来电，未曾申请")
    expect(page.get_by_text("已批准改绑到")).to_have_count(0)


def test_an_account_leads_to_its_certificates_and_its_sms(log_in_as: LogInAs, party: Party) -> None:
    page = log_in_as(StaffRole.CUSTOMER_SERVICE).open("/console/accounts")
    open_account(page, OPERATOR.phone)
    expect(page.get_by_role("heading", name=OPERATOR.name)).to_be_visible()
    main = page.locator("main")
    look(page, "account-lists")
    main.get_by_role("link", name="证书", exact=True).click()
    expect(page).to_have_url(re.compile(r"/console/certificates\?account=[0-9a-f-]{36}$"))
    expect(main.get_by_role("link", name=OPERATOR.name, exact=True)).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text(OPERATOR.name)
    look(page, "account-certificates")
    page.go_back()
    main.get_by_role("link", name="收到的短信").click()
    expect(main.get_by_role("link", name=OPERATOR.name, exact=True)).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text(mask_phone(OPERATOR.phone))
    look(page, "account-sms")
    page.get_by_role("button", name="不限账号").click()
    expect(page).to_have_url(re.compile("/console/sms$"))


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


def test_accounts_page_is_available_in_english(log_in_as: LogInAs) -> None:
    page = log_in_as(StaffRole.CUSTOMER_SERVICE).open("/console/accounts")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    look(page, "accounts-english")


def test_personal_data_are_erased_by_two_after_a_preview(log_in_as: LogInAs, party: Party) -> None:
    owner = replace(OWNER, phone="13700005690", name="丁一苇", id_number="110105194912310118")
    ensure_registered(party.service, owner)
    one, other = log_in_as(StaffRole.CUSTOMER_SERVICE), log_in_as(StaffRole.SECURITY_OFFICER)
    page = one.open("/console/accounts")
    open_account(page, owner.phone)
    page.get_by_role("button", name="删除个人信息").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("region", name="将删除")).to_contain_text("账户：姓名、手机号、证件号码、密码")
    expect(dialog.get_by_role("region", name="依法保留")).to_contain_text("网络安全法第二十一条")
    send = dialog.get_by_role("button", name="交第二人批准")
    expect(send).to_be_disabled()
    dialog.get_by_label("依据").fill("来信 2026-7")
    look(page, "erase-ask")
    send.click()
    expect(page.get_by_text("还没有删除").first).to_be_visible()
    page = other.open("/console/approvals")
    asked = page.get_by_role("article").filter(has_text="按本人要求删除个人信息").first
    expect(asked).to_contain_text(owner.name)  # from the account: the request doesn't store it
    asked.get_by_role("link", name="查看并决定").click()
    main, red = page.locator("main"), page.get_by_role("button", name="批准并立即删除")
    expect(main).to_contain_text("依法保留")
    page.get_by_label(f"输入本人姓名 {owner.name}").fill(owner.name)
    page.get_by_text("我已和").click()
    expect(red).to_be_disabled()
    look(page, "erase-approve")
    page.get_by_label("您的动态码").fill(other.code())
    red.click()
    expect(main.locator(".chip").first).to_contain_text("已批准")
    expect(main).to_contain_text("已删除")
    expect(main).not_to_contain_text(owner.name)
