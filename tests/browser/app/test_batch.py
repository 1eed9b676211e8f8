"""Several documents under one PIN: of one request, and of several in the inbox (R16)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app.camera import Screen
from tests.browser.app.exports import export, with_view
from tests.browser.app.pin_pad_and_pixels import check_page, enter_pin
from tests.browser.app.seeded import CLERK, Holder, holder
from tests.browser.app.test_request import document, state
from tests.browser.conftest import Party

pytestmark = pytest.mark.slow

MUST_BE_OPENED: Final = {
    "title": "装箱单", "media_type": "application/pdf", "format": "cms_detached",
    "digest_sm3": "ab" * 32, "size": 1_532_000,
}  # fmt: skip


@pytest.fixture(scope="module")
def app(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone with a certificate; its business system has a view."""
    with_view(party)
    client_id = party.service.system["client_id"]
    party.service.by_two("business", "unshown", "allow", client_id, "--reason", "在单一窗口看得到")
    with holder(browser, party, engine) as made:
        yield made
    # Other tests of this module may run later on the same service.
    party.service.command("business", "unshown", "end", client_id, "--reason", "不再需要")


def opened(app: Holder, made: dict[str, Any]) -> Page:
    """Opens the app on this request, like the phone's own camera does."""
    page = app.page(Screen.of(made).newest.removeprefix(app.service.origin))
    expect(page.get_by_role("heading", name="批量签名")).to_be_visible()
    return page


def ends(party: Party, made: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Returns each document's final state, as the business system gets it."""
    with party.service.business() as business:
        return [(each.state, each.reason) for each in business.result(made["id"]).documents]


def test_r16_listed_documents_need_no_tap_and_one_is_excluded_with_a_reason(
    party: Party, app: Holder
) -> None:
    documents = [
        export("E20261127000011", "12500.00"),
        export("E20261127000012", "86000.10"),
        export("E20261127000013", "240000.00", buyer="Nordkai UG"),
        export("E20261127000014", "31800.00", currency="EUR", buyer="Musterhafen Handels GmbH"),
    ]
    made = party.ask("signature", documents=documents)
    page = opened(app, made)
    expect(page.locator(".match")).to_contain_text(made["number"])
    expect(page.locator(".batch-sum")).to_contain_text("签 4 份，共 4 份")
    expect(page.locator(".batch-sum li")).to_have_text(["美元 338,500.10", "欧元 31,800.00"])
    row = page.get_by_role("listitem").filter(has_text="E20261127000013")
    expect(row).to_contain_text("Nordkai UG")
    expect(row).to_contain_text("美元 240,000.00")
    check_page(page)
    row.get_by_role("checkbox").click()
    sheet = page.get_by_role("dialog", name="这一份不签")
    expect(sheet.get_by_role("button", name="先选一个理由")).to_be_disabled()
    check_page(page)
    sheet.get_by_role("radio", name="其他理由").check()
    sheet.get_by_role("textbox", name="理由").fill("比平时高很多，先问清楚")
    sheet.get_by_role("button", name="不签这一份").click()
    expect(row).to_contain_text("这次不签：比平时高很多，先问清楚")
    expect(page.locator(".batch-sum li")).to_have_text(["美元 98,500.10", "欧元 31,800.00"])
    check_page(page)
    page.get_by_role("button", name="输入一次 PIN 码，签 3 份").click()
    pin = page.get_by_role("dialog", name="确认签名")
    expect(pin).to_contain_text("签署 3 份出口货物报关单")
    expect(pin).to_contain_text("美元 98,500.10 · 欧元 31,800.00")
    expect(pin).to_contain_text("不签 1 份：E20261127000013")
    check_page(page)
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="签了 3 份")).to_be_visible()
    expect(page.get_by_role("heading", name="未签署")).to_be_visible()
    check_page(page)
    page.close()
    assert state(party, made)[0] == "signed"
    signed, left_out = ("signed", None), ("declined", "比平时高很多，先问清楚")
    assert ends(party, made) == [signed, signed, left_out, signed]
    again = app.page(Screen.of(made).newest.removeprefix(app.service.origin))
    expect(again.get_by_role("heading", name="已在这部手机上签好 3 份")).to_be_visible()
    check_page(again)
    again.get_by_role("list", name="已签的文件").get_by_role("link").nth(2).click()
    expect(again.get_by_role("heading", name="签名详情")).to_be_visible()
    again.close()


def test_batch_shows_unlisted_content_before_one_pin_signs_all(party: Party, app: Holder) -> None:
    contract = document("合同", "总价 126000 欧元".encode(), media_type="text/plain", format="raw")
    wrong = [{"label": "申报总价", "value": "美元 1.00"}]
    documents = [export("E20261127000021", "9750.00", display=wrong), contract, MUST_BE_OPENED]
    made = party.ask("signature", documents=documents)
    page = opened(app, made)
    expect(page.get_by_role("button", name="还有 3 份要先看")).to_be_disabled()
    expect(page.get_by_text("另有 2 份没有读出金额")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="出口货物报关单").click()
    expect(page.get_by_role("alert")).to_contain_text("对方说明与原文不一致")
    # A document whose description contradicts it is excluded, and the others are signed.
    page.get_by_role("button", name="不签，告诉对方不一致").click()
    page.get_by_role("radio", name="金额不对").check()
    page.get_by_role("button", name="不签这一份").click()
    expect(page.get_by_role("heading", name="第 2 份，共 3 份")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("对方说明与原文不一致")
    check_page(page)
    page.get_by_role("button", name="返回", exact=True).click()
    expect(page.get_by_role("button", name="还有 2 份要先看")).to_be_disabled()
    page.get_by_role("link", name="合同").click()
    page.get_by_role("button", name="按原文签名…").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="确认，看下一份").click()
    expect(page.get_by_role("alert")).to_contain_text("原文不在这部手机上")
    # The end of the digest comes from the other page: here it is masked, so it can't be read or copied.
    expect(page.locator("main")).to_contain_text("ABAB ABAB ABAB ????")
    expect(page.get_by_role("button", name="复制内容指纹")).to_have_count(0)
    page.get_by_role("button", name="仍要签名…").click()
    page.get_by_role("checkbox", name="我在单一窗口打开过原文").check()
    expect(page.get_by_role("button", name="先输入最后 4 位")).to_be_disabled()
    last = page.get_by_role("textbox", name="对方页面上内容指纹的最后 4 位")
    last.fill("abac")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("还可以试 2 次")
    check_page(page)
    last.fill("abab")
    page.get_by_role("button", name="确认，看下一份").click()
    page.get_by_role("button", name="输入一次 PIN 码，签 2 份").click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="签了 2 份")).to_be_visible()
    page.close()
    assert ends(party, made) == [("declined", "金额不对"), ("signed", None), ("signed", None)]


def test_several_inbox_requests_are_signed_under_one_pin(party: Party, app: Holder) -> None:
    number = app.shield_number
    first, second, third, fourth = (
        party.ask("signature", documents=documents, shield_number=number)
        for documents in (
            [export("E20261127000031", "186000.00")],
            [export("E20261127000032", "43200.00"), export("E20261127000033", "1.00")],
            [export("E20261127000034", "5.00")],
            [document(), document("合同")],
        )
    )
    page = app.page("/inbox")
    # Each total is shown before the request is opened; the business system isn't notified.
    row = page.get_by_role("listitem").filter(has_text="E20261127000031")
    expect(row.locator(".sum-of")).to_have_text("美元 186,000.00")
    expect(page.locator(".inbox .sum-of")).to_have_text(
        ["", "美元 5.00", "美元 43,201.00", "美元 186,000.00"]
    )
    assert state(party, first)[0] == "waiting"
    page.get_by_role("button", name="选这 4 个").click()
    chosen = page.get_by_role("status").filter(has_text="已选 4 个")
    expect(chosen).to_contain_text("共 6 份文件")
    expect(chosen).to_contain_text("美元 229,206.00 · 另有 2 份没有读出金额")
    page.get_by_role("checkbox", name="选上：进口货物报关单等 2 份").press("Space")
    expect(page.get_by_role("status").filter(has_text="已选 3 个")).not_to_contain_text("另有")
    check_page(page)
    page.get_by_role("button", name="合并查看后签署").click()
    expect(page.get_by_role("heading", name="一起签名")).to_be_visible()
    expect(page.locator(".match")).to_have_count(0)
    expect(page.locator(".batch-sum")).to_contain_text("229,206.00")
    # A whole request is left in place, and no reason is sent.
    row = page.get_by_role("listitem").filter(has_text="E20261127000034")
    row.get_by_role("checkbox").click()
    expect(row).to_contain_text("这次不签，留在待办")
    page.get_by_role("button", name="输入一次 PIN 码，签 3 份").click()
    enter_pin(page, "000000")
    expect(page.get_by_role("alert")).to_contain_text("还可以试 4 次")
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="签了 3 份")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="下一个：进口货物报关单").click()
    expect(page.get_by_role("heading", name="批量签名")).to_be_visible()
    # The selection is stored, even if the app is closed in between.
    page.close()
    page = app.page("/inbox")
    page.get_by_role("link", name="进口货物报关单").click()
    page.get_by_role("button", name="都不签").click()
    page.get_by_role("button", name="完成").click()
    expect(page.get_by_role("heading", name="待办")).to_be_visible()
    expect(page.get_by_role("button", name="出口货物报关单")).to_have_count(1)
    page.goto(f"{party.service.origin}/app/request")
    expect(page.get_by_role("heading", name="没有待确认的请求")).to_be_visible()
    page.close()
    states = [state(party, made)[0] for made in (first, second, third, fourth)]
    assert states == ["signed", "signed", "scanned", "declined"]
    party.cancel(third["id"])
