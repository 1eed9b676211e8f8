"""A system at the console: one officer submits a view or requests unshown content, another decides."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from mshield.server.staff.rules import StaffRole
from tests.browser.conftest import Party
from tests.browser.desk.console import LogInAs
from tests.browser.desk.page_look import look

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
OFFICER: Final = StaffRole.SECURITY_OFFICER
_RETURN_URL: Final = "https://broker.example/back"
_SHIPPED: Final = Path(__file__).parents[3] / "vectors/views/shipped"
_CONTENT: Final = _SHIPPED / "contents/declaration.xml"
_VIEW: Final = _SHIPPED / "declaration.view.json"


def _second_version(folder: Path) -> Path:
    """Returns a view that renames one row and leaves out another."""
    view: dict[str, Any] = json.loads(_VIEW.read_bytes())
    rows = view["body"][2]["rows"]
    rows[0]["label"] += "（新）"
    left_out = rows.pop()
    view["ignore"] = [*view.get("ignore", []), left_out["path"]]
    file = folder / "second.view.json"
    file.write_text(json.dumps(view | {"version": 2}, ensure_ascii=False), "utf-8")
    return file


def _hand_in(page: Page, view: Path, other: Path) -> None:
    """Submits a view, first with a sample of another kind, which is reported in words."""
    page.get_by_label("选择文件").set_input_files(view)
    page.get_by_label("添加文件").set_input_files([_CONTENT, other])
    page.get_by_role("button", name="看显示效果").click()
    main = page.locator("main")
    expect(main).to_contain_text("1 份样例不能显示，不能提交")
    expect(main).to_contain_text("内容不是格式正确的 XML 或 JSON")
    look(page, "view-hand-in-bad")
    page.get_by_role("button", name=f"移除 {other.name}").click()
    page.get_by_role("button", name="看显示效果").click()
    expect(main).to_contain_text("1 份样例都能显示")
    look(page, "view-hand-in")
    page.get_by_label("为什么改").fill("品名改用新接口的写法")
    page.get_by_role("button", name="提交，等另一位安全管理员批准").click()
    expect(page.get_by_role("status").first).to_contain_text("等另一位安全管理员批准")


def _approve(page: Page) -> None:
    """Approves after seeing the same samples rendered by both versions, and what is no longer shown."""
    card = page.get_by_role("article").filter(has_text="登记展示规则")
    look(page, "view-approvals")
    card.get_by_role("link", name="查看并决定").click()
    main = page.locator("main")
    for said in ("第 1 版（生效）", "第 2 版（提交）", "品名改用新接口的写法", "原来显示，这一版起不显示"):
        expect(main).to_contain_text(said)
    look(page, "view-approve")
    page.get_by_text("只看不同之处").click()
    expect(page.locator("tr.same")).to_have_count(0)
    expect(page.locator("tr.gone").first).to_contain_text("不再显示")
    look(page, "view-approve-changes")
    page.get_by_role("button", name="批准，立即生效").click()
    expect(page.locator(".chip").first).to_contain_text("已批准")


def _let_ask_for_what_no_phone_shows(page: Page, other: Page) -> None:
    """One requests it on the system's page, the other approves it, and either can end it alone."""
    panel = page.get_by_role("region", name="手机看不到的内容")
    expect(panel).to_contain_text("不允许")
    panel.get_by_role("button", name="申请允许").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("签名的人在手机上看不到原文，要再确认一次才能签")
    expect(dialog.get_by_role("button", name="申请允许")).to_be_disabled()
    dialog.get_by_role("textbox").fill("用户在报关行自己的页面上看得到原文")
    look(page, "unshown-ask")
    dialog.get_by_role("button", name="申请允许").click()
    expect(panel).to_contain_text("已提交，等另一位安全管理员批准")
    look(page, "unshown-asked")
    other.reload()
    card = other.get_by_role("article").filter(has_text="允许请求手机看不到的内容")
    expect(card).to_contain_text("用户在报关行自己的页面上看得到原文")
    card.get_by_role("button", name="批准并执行").click()
    other.get_by_role("dialog").get_by_role("button", name="批准并执行").click()
    expect(other.get_by_role("status").filter(has_text="已批准并执行")).to_be_visible()
    page.reload()
    expect(panel).to_contain_text("允许，自")
    panel.get_by_role("button", name="不再允许").click()
    dialog.get_by_role("textbox").fill("改为发送原文")
    look(page, "unshown-end")
    dialog.get_by_role("button", name="不再允许").click()
    expect(panel).to_contain_text("不允许")


def test_two_officers_register_a_view_and_one_withdraws_it(
    party: Party, log_in_as: LogInAs, tmp_path: Path
) -> None:
    service = party.service
    # A separate system: from now on its content needs a view, which other tests don't provide.
    system = service.command(
        "business", "add", "报关行", "--domain", "broker.example", "--return-url", _RETURN_URL
    )
    client_id = system["client_id"]
    service.by_two("business", "view", "add", client_id, str(_VIEW), "--sample", str(_CONTENT))
    other = tmp_path / "a.txt"
    other.write_text("not one", "utf-8")

    one, two = log_in_as(OFFICER), log_in_as(OFFICER)
    page = one.open("/console/systems")
    page.get_by_role("link", name=system["name"]).click()
    page.get_by_role("link", name="提交展示规则").click()
    _hand_in(page, _second_version(tmp_path), other)
    decider = two.open("/console/approvals")
    _approve(decider)

    page = one.open(f"/console/systems/{client_id}")
    listed = page.locator("section.pan", has=page.get_by_role("heading", name="展示规则")).locator("li")
    expect(listed).to_have_count(2)
    expect(listed.first).to_contain_text("第 2 版")
    expect(listed.first).to_contain_text("生效")
    expect(listed.last).to_contain_text("已有新版")
    expect(listed.last).to_contain_text("在服务器上由两人登记")
    look(page, "views")
    with page.expect_download() as download:
        listed.first.get_by_role("link", name="下载").click()
    assert json.loads(Path(download.value.path()).read_bytes())["version"] == 2
    listed.first.get_by_role("button", name="停用").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("漏了一行")
    look(page, "view-withdraw")
    dialog.get_by_role("button", name="停用", exact=True).click()
    expect(listed.first).to_contain_text("新的请求不能再用")
    expect(listed.last).to_contain_text("已有新版")

    decider.goto(f"{service.origin}/console/approvals")
    _let_ask_for_what_no_phone_shows(page, decider)
