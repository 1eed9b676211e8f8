"""Revoking an issuing CA at the console, by two officers at two browsers: it issues nothing afterwards."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from mshield.server.staff.rules import StaffRole
from tests.browser.app.album import DeskAlbum
from tests.browser.app.keyboard import press
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.conftest import Party, party_in
from tests.browser.desk.console import LogInAs
from tests.browser.desk.desk import Desk
from tests.browser.desk.page_look import look

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
ALBUM: Final = DeskAlbum.wanted()
OFFICER: Final = StaffRole.SECURITY_OFFICER


@pytest.fixture(scope="module")
def party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    """A service for this module only, since without its CA other tests couldn't use it."""
    with party_in(tmp_path_factory.mktemp("service-without-ca")) as made:
        yield made


def _approve(page: Page, officer: Desk) -> None:
    """Approves by keyboard: types the CA's name, ticks the box, enters the second factor, first a wrong one."""
    red = page.get_by_role("button", name="批准并立即吊销")
    name, code = page.get_by_label("输入证书名称 issuing"), page.get_by_label("您的动态码")
    press(page, name, "End")
    page.keyboard.type("issuing-2")
    press(page, code, "End")
    page.keyboard.type("000000")
    press(page, page.get_by_role("checkbox", name="我已和"), "Space")
    expect(red).to_be_disabled()
    press(page, name, "End")
    for _ in "-2":
        page.keyboard.press("Backspace")
    look(page, "ca-approve-ready")
    press(page, red)
    expect(page.locator("form")).to_contain_text("动态码不正确或已经用过")
    expect(red).to_be_disabled()
    look(page, "ca-approve-factor")
    press(page, code, "End")
    page.keyboard.type(officer.code())
    press(page, red, "Space")


def _ask(one: Desk) -> Page:
    """Requests the revocation because of a doubtful key."""
    page = one.open("/console/ca")
    page.get_by_role("button", name="申请吊销 issuing").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("密钥从何时起可能泄露").fill("2026-01-01T08:30")
    dialog.get_by_label("给批准人的说明").fill("机房进水，密钥备份下落不明")
    dialog.get_by_label("输入 issuing 以确认").fill("issuing")
    dialog.get_by_role("button", name="提交吊销申请").click()
    expect(page.get_by_role("status").first).to_contain_text("等另一位安全管理员")
    return page


def _refuse(page: Page) -> None:
    """Reads the listed consequences, and refuses with a reason."""
    main = page.locator("main")
    for said in (
        "几分钟内，这个签发机构发出的证书都不能登录和签名",
        "不能撤回。1 张能用的证书会一起失效",
        "机房进水，密钥备份下落不明",
        "早于现在：此后的 0 次签名存疑",
        "提出时已核对第二因素",
        "等您批准，还剩 71 小时",
    ):
        expect(main).to_contain_text(said)
    expect(main.locator("dl div", has_text="业务系统").first).to_contain_text("1")
    page.get_by_text("受影响最多的 1 家企业").click()
    expect(main).to_contain_text("宁波北潮进出口有限公司")
    expect(page.get_by_role("button", name="批准并立即吊销")).to_be_disabled()
    look(page, "ca-approve")
    ALBUM.take(page, "console-ca-approve")
    page.get_by_role("button", name="不批准").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("会看到您写的原因")
    look(page, "ca-refuse")
    dialog.get_by_role("textbox").fill("请先电话说明")
    dialog.get_by_role("button", name="拒绝").click()
    expect(main).to_contain_text("请先电话说明")
    expect(page.get_by_role("button", name="批准并立即吊销")).to_have_count(0)


def test_one_officer_asks_and_another_revokes_the_ca(log_in_as: LogInAs) -> None:
    one, other = log_in_as(OFFICER), log_in_as(OFFICER)
    page = _ask(one)
    page.get_by_role("link", name="双人审批").click()
    own = page.get_by_role("article", name="吊销 CA 证书: issuing")
    expect(own).to_contain_text("您提交的，等另一位工作人员批准")
    expect(own.get_by_role("button")).to_have_text(["撤回"])

    page = other.open("/console/ca")
    issuing = page.get_by_role("region", name="issuing", exact=True)
    expect(issuing).to_contain_text("正在签发")
    page.get_by_role("link", name="双人审批").click()
    asked = page.get_by_role("article", name="吊销 CA 证书: issuing")
    expect(asked).to_contain_text("机房进水，密钥备份下落不明")
    expect(asked).to_contain_text("密钥可能泄露")
    expect(asked.locator("div", has_text="随之失效的证书").last).to_contain_text("1")
    expect(asked.locator("div", has_text="涉及的企业").last).to_contain_text("1")
    expect(asked.get_by_role("button", name="批准并执行")).to_have_count(0)
    asked.get_by_role("link", name="查看并决定").click()
    _refuse(page)
    page = one.open("/console/approvals")
    expect(own).to_contain_text("请先电话说明")
    look(page, "ca-refused")

    _ask(one)
    page = other.open("/console/approvals")
    asked.filter(has_text="等待批准").get_by_role("link", name="查看并决定").click()
    _approve(page, other)
    expect(page.locator("main .chip").first).to_contain_text("已批准")
    page.get_by_role("link", name="签发机构").click()
    expect(issuing.locator(".chip")).to_contain_text("已吊销")
    expect(page.get_by_role("button", name="申请吊销 issuing")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("no_issuing_ca")
    look(page, "ca-revoked")
    page.get_by_role("button", name="English").click()
    expect(issuing).to_contain_text("Revoked")
    check_page(page)

    page = one.open("/console/approvals")
    expect(own.filter(has_text="已批准")).to_have_count(1)
    expect(own.get_by_role("button")).to_have_count(0)
