"""Operations at the console: jobs, business systems, certificates, and acts."""

import json
import re
import time
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.tlog.act_proof import parse_act_proof
from mshield.pki.tlog.note import VerifierKey
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.browser.app.album import DeskAlbum
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs
from tests.browser.desk.dead_letters import dead_letters
from tests.browser.desk.desk import Desk
from tests.browser.desk.figures import put_figures
from tests.browser.desk.page_look import look

pytestmark = pytest.mark.slow
ALBUM: Final = DeskAlbum.wanted()
OFFICER: Final = StaffRole.SECURITY_OFFICER


UNLIKE: Final = iter(
    (
        ("口岸舱单申报", "manifest.example"),
        ("通关物流助手", "logistics.example"),
        ("税费支付", "duties.example"),
        ("原产地证明签发", "origin-proof.example"),
        ("检验检疫预约", "quarantine.example"),
    )
)
"""Names unlike any other system's: look-alikes take two."""


@pytest.fixture
def officer(log_in_as: LogInAs) -> Desk:
    return log_in_as(OFFICER)


def where_it_is_evening() -> str:
    """Returns a time zone in which most of today is over, so that the chart has data."""
    east = (17 - time.gmtime().tm_hour + 11) % 24 - 11
    return f"Etc/GMT{-east:+d}"


def test_overview_shows_figures_a_line_and_alarms(log_in_as: LogInAs, party: Party) -> None:
    put_figures(party.service)
    desk = log_in_as(OFFICER, timezone_id="America/Caracas")
    zone = {"name": where_it_is_evening(), "zh": "傍晚的时区", "en": "Where it is evening"}
    desk.page.route(
        "**/api/about",
        lambda route: route.fulfill(response=(at := route.fetch()), json={**at.json(), "time_zone": zone}),
    )
    desk.open("/console/login")
    expect(desk.page.get_by_role("heading", name="登录运行控制台")).to_be_visible()
    page = desk.open("/console/")
    expect(page.locator("main .foot")).to_contain_text("时间按 傍晚的时区 显示")
    expect(page.get_by_role("heading", name="总览")).to_be_visible()
    figure = page.get_by_role("region", name="签名", exact=True)
    expect(figure).to_contain_text("昨天同一时间")
    expect(page.get_by_role("region", name="签名用时（95%）")).to_contain_text("ms")
    chart = page.get_by_role("img", name=re.compile("每小时签名：最高"))
    expect(chart).to_be_visible()
    expect(page.locator("main")).to_contain_text("wrong_pin")
    look(page, "overview")
    ALBUM.take(page, "console-overview")
    page.get_by_text("以表格查看").click()
    expect(page.get_by_role("columnheader", name="昨天")).to_be_visible()
    check_page(page)
    page.get_by_text("以表格查看").click()
    page.get_by_role("combobox", name="时间范围").press("Enter")
    page.get_by_role("option", name="近 30 天").click()
    expect(page.get_by_role("heading", name="每天签名")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    check_page(page)


def test_overview_links_the_counted_certificates(officer: Desk) -> None:
    page = officer.open("/console/")
    for group, option in (
        ("正常", "正常"),
        ("即将到期", "即将到期"),
        ("挂失、冻结、暂停", "挂失、冻结、暂停"),
        ("锁死", "PIN 码已锁死"),
        ("过期、作废", "过期、作废"),
    ):
        page.locator("main").get_by_role("link", name=group, exact=True).click()
        expect(page.get_by_role("heading", name="证书", exact=True)).to_be_visible()
        expect(page.locator("main .choice")).to_contain_text(option)
        expect(
            page.locator("main").get_by_role("table").or_(page.get_by_text("没有找到证书"))
        ).to_be_visible()
        if group.startswith("过期"):
            look(page, "certificates-ended")
        page.go_back()
        expect(page.get_by_role("heading", name="总览")).to_be_visible()


def test_a_system_is_registered_and_its_secret_shown_once(officer: Desk) -> None:
    page = officer.open("/console/systems")
    expect(page.get_by_role("link", name="单一窗口").first).to_be_visible()
    look(page, "systems")
    ALBUM.take(page, "console-systems")
    page.get_by_role("button", name="登记业务系统").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("名称")).to_be_focused()
    dialog.get_by_label("名称").fill("掌上海关")
    dialog.get_by_label("域名").fill("no domain")
    dialog.get_by_label("返回地址").fill("palmcustoms://signed")
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("invalid_system")
    look(page, "register")
    dialog.get_by_label("域名").fill("palm.example")
    dialog.get_by_role("button", name="登记", exact=True).click()
    expect(page.get_by_role("heading", name="密钥只显示这一次")).to_be_visible()
    secret = page.get_by_role("dialog").locator("code").nth(1).inner_text()
    check_page(page)
    ALBUM.take(page, "console-secret")
    page.get_by_role("button", name="我已保存").click()
    expect(page.get_by_role("heading", name="掌上海关")).to_be_visible()
    expect(page.locator("main")).to_contain_text("palmcustoms://signed")
    assert secret not in page.content()
    look(page, "system")


@pytest.fixture
def palm(officer: Desk) -> Page:
    """The page of a registered system of this test's own."""
    page = officer.open("/console/systems")
    page.get_by_role("button", name="登记业务系统").click()
    dialog = page.get_by_role("dialog")
    name, domain = next(UNLIKE)
    dialog.get_by_label("名称").fill(name)
    dialog.get_by_label("域名").fill(domain)
    dialog.get_by_role("button", name="登记", exact=True).click()
    page.get_by_role("button", name="我已保存").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    return page


def test_a_secret_is_changed_and_the_old_one_ended(palm: Page) -> None:
    page = palm
    page.get_by_role("button", name="更换密钥").click()
    expect(page.get_by_role("dialog")).to_contain_text("新密钥只显示一次")
    look(page, "rotate")
    ALBUM.take(page, "console-rotate")
    page.get_by_role("dialog").get_by_role("button", name="更换密钥").click()
    expect(page.get_by_role("dialog").locator("code")).to_have_text(re.compile(r"[\w-]{43}"))
    page.get_by_role("button", name="我已保存").click()
    expect(page.locator("main")).to_contain_text("旧密钥有效至")
    page.get_by_role("button", name="更换密钥").click()
    expect(page.get_by_role("dialog").get_by_text("会立即失效")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="立即停用旧密钥").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="保留旧密钥")).to_be_focused()
    dialog.get_by_role("button", name="立即停用旧密钥").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("main").get_by_role("button", name="立即停用旧密钥")).to_be_hidden()


def test_a_system_gets_webhook_and_login_and_is_disabled(palm: Page) -> None:
    page = palm
    name = page.locator("h1").inner_text()
    page.get_by_role("button", name="添加通知地址").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("通知地址").fill("https://palm.example/hook")
    dialog.get_by_role("button", name="添加通知地址").click()
    expect(page.get_by_role("dialog")).to_contain_text("whsec_")
    page.get_by_role("button", name="我已保存").click()
    expect(page.locator("main")).to_contain_text("https://palm.example/hook")
    for ends_before in (False, True):
        page.get_by_role("button", name="更换通知密钥").click()
        dialog = page.get_by_role("dialog")
        warned = dialog.get_by_text("会立即失效")
        expect(warned).to_be_visible() if ends_before else expect(warned).to_be_hidden()
        dialog.get_by_role("button", name="更换密钥").click()
        expect(page.get_by_role("dialog")).to_contain_text("whsec_")
        page.get_by_role("button", name="我已保存").click()
    page.get_by_role("button", name="启用登录").click()
    page.get_by_label("登录后返回的地址").fill("https://palm.example/cb")
    look(page, "oidc")
    page.get_by_role("dialog").get_by_role("button", name="保存修改").click()
    expect(page.locator("main")).to_contain_text("https://palm.example/cb")

    page.get_by_role("button", name="停用", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="不停用")).to_be_focused()
    stop = dialog.get_by_role("button", name="停用", exact=True)
    expect(stop).to_be_disabled()
    dialog.get_by_label("原因").fill("合同到期")
    check_page(page)
    stop.click()
    expect(page.locator(".chip").first).to_have_text("已停用")
    page.get_by_role("link", name="业务系统").last.click()
    expect(page.locator("tbody tr").filter(has_text=name).last).to_contain_text("已停用")


def test_a_certificate_is_found_with_its_story_and_its_chain(log_in_as: LogInAs) -> None:
    clerk = log_in_as(StaffRole.CUSTOMER_SERVICE)
    page = clerk.open("/console/certificates")
    number = clerk.party.phone.certificate().shield_number
    expect(page.locator("tbody tr").first).to_be_visible()
    look(page, "certificates")
    ALBUM.take(page, "console-certificates")
    row = page.locator("tbody tr").filter(has=page.get_by_label(number, exact=True))
    search = page.get_by_label("姓名、企业、手机盾号，或盾号、手机、证件的末 4 位")
    ends = (number[-4:], OPERATOR.phone[-4:], OPERATOR.id_number[-4:])
    for words in (number.lower(), OPERATOR.name, *ends, OPERATOR.credit_code):
        search.fill(words)
        expect(row).to_be_visible()
    assert OPERATOR.id_number not in page.content()
    search.fill("没有这个人")
    expect(page.get_by_role("heading", name="没有找到证书")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="显示全部").click()
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="经过")).to_be_visible()
    expect(page.locator(".tl")).to_contain_text("签发")
    look(page, "certificate")
    ALBUM.take(page, "console-certificate")
    with page.expect_download() as saved:
        page.get_by_role("link", name="下载 DER 本证书").click()
    found = parse_certificate(Path(saved.value.path()).read_bytes())
    assert found.pem() == clerk.party.phone.certificate().pem
    expect(page.get_by_role("link", name="后台任务")).to_be_hidden()


def test_ca_page_shows_its_state(officer: Desk) -> None:
    page = officer.open("/console/ca")
    expect(page.get_by_role("heading", name="Mobile Shield Root CA")).to_be_visible()
    expect(page.get_by_role("region", name="issuing", exact=True)).to_contain_text("正在签发")
    look(page, "ca")
    ALBUM.take(page, "console-ca")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("region", name="issuing", exact=True)).to_contain_text("Issues now")
    check_page(page)


def test_request_to_revoke_a_ca_is_withdrawn(officer: Desk) -> None:
    page = officer.open("/console/ca")
    page.get_by_role("button", name="申请吊销 issuing").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="不吊销")).to_be_focused()
    expect(dialog).to_contain_text("无法撤回")
    asks = dialog.get_by_role("button", name="提交吊销申请")
    dialog.get_by_label("给批准人的说明").fill("密钥备份下落不明")
    expect(asks).to_be_disabled()
    dialog.get_by_label("输入 issuing 以确认").fill("issuing")
    look(page, "ca-revoke")
    ALBUM.take(page, "console-ca-revoke")
    asks.click()
    expect(page.get_by_role("status").first).to_contain_text("等另一位安全管理员")
    page.get_by_role("link", name="双人审批").click()
    card = page.get_by_role("article", name="吊销 CA 证书: issuing")
    expect(card).to_contain_text("密钥可能泄露")
    check_page(page)
    card.get_by_role("button", name="撤回").click()
    expect(card.get_by_role("button", name="撤回")).to_be_hidden()


def test_a_job_is_run_now(officer: Desk) -> None:
    page = officer.open("/console/jobs")
    row = page.locator("tbody tr").filter(has_text="清理过期数据")
    expect(row).to_be_visible()
    look(page, "jobs")
    ALBUM.take(page, "console-jobs")
    row.get_by_role("button", name="立即运行 purge").click()
    expect(page.get_by_role("status").first).to_contain_text("几秒内开始运行")
    expect(page.get_by_text("没有未送达的通知")).to_be_visible()


def test_dead_letters_are_listed_with_their_reason(officer: Desk) -> None:
    with dead_letters(officer.party.service):
        page = officer.open("/console/jobs")
        dead = page.get_by_role("region", name="未送达的通知")
        expect(dead).to_contain_text("对方答复 410，地址已停用")
        expect(dead.get_by_role("button", name="重新发送")).to_have_count(3)
        look(page, "dead-letters")
        dead.scroll_into_view_if_needed()
        ALBUM.take(page, "console-dead-letters")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("region", name="Abandoned webhooks")).to_contain_text("Timed out")


def test_sent_sms_are_listed_without_codes(log_in_as: LogInAs) -> None:
    clerk = log_in_as(StaffRole.CUSTOMER_SERVICE)
    page = clerk.open("/console/sms")
    expect(page.locator("tbody tr").filter(has_text="注册").first).to_contain_text("****")
    look(page, "sms")
    ALBUM.take(page, "console-sms")
    field = page.get_by_label("手机号或末 4 位，姓名、企业，或盾号、证件的末 4 位")
    field.fill("138 0000 6027")
    expect(page.locator("tbody tr").filter(has_text="注册").first).to_contain_text("138****6027")
    field.fill("13900000000")
    expect(page.get_by_role("heading", name="没有发送记录")).to_be_visible()
    assert "13900000000" not in page.url
    shown = set(re.findall(r"\d+", page.locator("main").inner_text()))
    assert not shown & set(clerk.party.service.codes)


def test_readings_are_listed_by_member_and_subject(log_in_as: LogInAs, clerk: VirtualPhone) -> None:
    assert clerk.certificate().state == "active"
    service = log_in_as(StaffRole.CUSTOMER_SERVICE)
    searching = service.open("/console/accounts")
    searching.get_by_label("姓名、企业、信用代码，或完整的证件号码、手机号、盾号").fill(OPERATOR.phone)
    searching.get_by_role("link", name=OPERATOR.name).first.click()
    expect(searching.locator("h1")).to_contain_text(OPERATOR.name)
    page = log_in_as(StaffRole.AUDITOR).open("/console/readings")
    rows = page.locator("tbody tr")
    opened = rows.filter(has_text="账号详情").filter(has_text=OPERATOR.name).first
    expect(opened).to_contain_text("客服")
    expect(rows.filter(has_text="查找账号").first).to_contain_text("*******6027")
    look(page, "readings")
    opened.get_by_role("button", name="只看").click()
    expect(rows.filter(has_not_text=OPERATOR.name)).to_have_count(0)
    expect(page).to_have_url(re.compile("subject="))
    page.get_by_role("combobox", name="员工").click()
    page.get_by_role("option", name="服务命令").click()
    expect(page.get_by_role("heading", name="没有符合条件的记录")).to_be_visible()
    look(page, "readings-none")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Data access")).to_be_visible()
    page.get_by_label("Name, enterprise, credit code").fill("")
    look(page, "readings-english")


@pytest.mark.long
def test_an_act_is_proven_in_the_browser_and_offline(log_in_as: LogInAs, tmp_path: Path) -> None:
    auditor = log_in_as(StaffRole.AUDITOR)
    page = auditor.open("/console/audit")
    proof = page.get_by_role("button", name=re.compile("查看证明"))
    row = page.locator("tbody tr").filter(has_text="staff.").filter(has=proof).first
    for _ in range(20):  # the newest act enters the log a moment later
        expect(page.locator("tbody tr").first).to_be_visible()
        if row.is_visible():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(row).to_be_visible()
    made = page.locator("tbody tr").filter(has_text="staff.add").first
    expect(made.locator("dl")).to_contain_text("角色审计员")
    expect(page.locator("tbody")).not_to_contain_text(re.compile(r"[\[{]|\w_\w+:"))
    look(page, "audit")
    ALBUM.take(page, "console-audit")
    page.get_by_role("button", name="English").click()
    expect(made.locator("dl")).to_contain_text("RolesAuditor")
    # Whatever was done before, the longest possible name and act must fit.
    page.evaluate("""() => { const cells = document.querySelectorAll("tbody tr:first-child td");
      cells[1].firstChild.textContent = "Katharina Wolfsberger-Schmitt of Operations";
      cells[2].firstChild.textContent = "A security key's counter went back; it may have been copied"; }""")
    look(page, "audit-english")
    page.get_by_role("button", name="中文").click()
    row.get_by_role("button", name=re.compile("查看证明")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("status").first).to_contain_text("证明成立")
    look(page, "proof")
    ALBUM.take(page, "console-proof")
    key = dialog.locator("code").first.inner_text()
    with page.expect_download() as saved:
        dialog.get_by_role("button", name="保存证明").click()
    file = tmp_path / "proof.json"
    saved.value.save_as(file)
    parse_act_proof(file.read_text("utf-8")).check(VerifierKey.parse(key))
    dialog.get_by_role("button", name="关闭").click()

    def forge(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]  # Playwright's, given as an object
        found = answer.json()
        found["file"]["act"]["subject"] = "somebody else"
        route.fulfill(response=answer, body=json.dumps(found))  # type: ignore[attr-defined]  # Playwright's, given as an object

    page.route("**/proof", forge)
    row.get_by_role("button", name=re.compile("查看证明")).click()
    expect(dialog.get_by_role("status").first).to_contain_text("证明不成立")
    expect(dialog.locator("li.bad")).to_have_count(1)
    check_page(page)
