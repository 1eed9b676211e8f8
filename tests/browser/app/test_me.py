"""The app's "my page": certificate, signatures, devices, questions and answers, settings (R12, R17)."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from mshield.server.http.pages.faq import FAQ
from tests.browser.app.camera import Screen
from tests.browser.app.pin_pad_and_pixels import PIXEL, check_page, enter_pin
from tests.browser.app.seeded import CLERK, Holder, holder
from tests.browser.conftest import Party
from tests.support.legal_person import at_the_portal, revoke
from tests.support.live_service import apply, log_in

pytestmark = pytest.mark.slow

PC: Final = {
    "address": "203.0.113.24",
    "browser": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0.0.0 Edg/142.0.0.0",
}
LINES: Final = [
    {"label": "申报总价", "value": "126000.00 欧元"},
    {"label": "申报地海关", "value": "北仑海关（3104）"},
    {"label": "境内收货人", "value": "宁波北潮进出口有限公司"},
]
MANY: Final = 21
_APPROVE: Final = """async ([text, pin]) => {
  const { Shield } = await import("/engine/index.js");
  const { readLocally: reader } = await import("/engine/local_reader.js");
  const shield = new Shield(location.origin, { reader });
  await shield.scan(text);
  await shield.approve(pin);
}"""
_COPIED: Final = "navigator.clipboard.readText()"


def sign(party: Party, app: Holder, kind: str, **more: Any) -> None:
    """Creates a request of the business system and answers it on this phone, by the engine only."""
    made = party.ask(kind, pc=PC, **more)
    app.beside(_APPROVE, [Screen.of(made).newest, app.person.pin])


def document(title: str, **more: Any) -> dict[str, Any]:
    """Returns a document as the business system submits it."""
    content = base64.b64encode(title.encode()).decode()
    return {"title": title, "media_type": "text/plain", "format": "cms", "content_b64": content, **more}


@pytest.fixture(scope="module")
def app(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone that has signed a declaration, a login and many more documents."""
    with holder(browser, party, engine, **PIXEL) as made:
        made.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=party.service.origin)
        said = base64.b64encode("\n".join(f"{each['label']} {each['value']}" for each in LINES).encode())
        declaration = document("进口货物报关单", display=LINES, content_b64=said.decode())
        sign(party, made, "signature", documents=[declaration])
        sign(party, made, "login")
        sign(party, made, "signature", documents=[document(f"原产地证书 {n}") for n in range(MANY)])
        yield made


@pytest.fixture
def page(app: Holder) -> Iterator[Page]:
    """My page, opened by its tab."""
    opened = app.page()
    opened.get_by_role("link", name="我的").click()
    expect(opened.get_by_role("heading", name="我的", exact=True)).to_be_focused()
    yield opened
    app.context.set_offline(False)
    opened.close()


def test_r12_my_page_shows_number_phone_and_links(page: Page) -> None:
    shown = page.locator("main")
    expect(shown).to_contain_text(CLERK.name)
    expect(shown).to_contain_text("宁波北潮进出口有限公司")
    expect(shown).to_contain_text("138****6028")
    number = page.locator("[aria-label^=MS]").first.get_attribute("aria-label") or ""
    assert re.fullmatch(r"MS\d{11}", number)
    page.get_by_role("button", name="复制手机盾号").click()
    expect(page.get_by_text("已复制")).to_be_attached()
    assert page.evaluate(_COPIED) == number
    for way in ("我的证书 正常", "我的签名", "我的设备", "换手机", "常见问题", "关于"):
        expect(page.get_by_role("link", name=way, exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="设置")).to_be_visible()
    check_page(page)


def test_r12_certificate_is_shown_in_fields_and_pem_even_offline(app: Holder, page: Page) -> None:
    page.get_by_role("link", name="我的证书").click()
    shown = page.locator("main")
    for text in (
        "操作员",
        CLERK.credit_code,
        "数字签名",
        "签发",
        "/pki/issuing.crl",
        "/pki/ocsp",
        "/pki/issuing.cer",
    ):
        expect(shown).to_contain_text(text)
    check_page(page)
    page.get_by_role("button", name="复制原文").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    pem = page.evaluate(_COPIED)
    assert pem.startswith("-----BEGIN CERTIFICATE-----")
    with page.expect_download() as kept:
        page.get_by_role("button", name="下载").click()
    assert kept.value.suggested_filename.endswith(".pem")
    assert kept.value.path().read_text() == pem
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # controlled by the service worker from here on
    app.context.set_offline(True)
    page.reload()
    expect(shown).to_contain_text("以下是本机存的证书")
    expect(shown).to_contain_text(CLERK.credit_code)
    check_page(page)


def test_r12_my_signatures_page_by_page(page: Page) -> None:
    page.get_by_role("link", name="我的签名").click()
    rows = page.get_by_role("listitem")
    expect(rows).to_have_count(20)
    expect(page.get_by_role("heading", name=re.compile(r"^\d{4} 年 \d+ 月$")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^签署 \d+ 份")).first).to_be_visible()
    check_page(page)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(rows).to_have_count(MANY + 2)
    expect(page.get_by_text("没有更早的记录")).to_be_visible()
    # On return from a signature, the list is at the same position.
    page.get_by_role("link", name="进口货物报关单").click()
    expect(page.get_by_role("heading", name="签名详情")).to_be_focused()
    page.get_by_role("button", name="返回").click()
    expect(rows).to_have_count(MANY + 2)
    expect(page.get_by_role("link", name="进口货物报关单")).to_be_in_viewport()
    page.get_by_role("radio", name="登录").check()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("已登录")
    assert page.url.endswith("?kind=login")


def test_r12_a_signature_is_found_by_its_words_and_shown_in_full(page: Page) -> None:
    page.get_by_role("link", name="我的签名").click()
    field = page.get_by_role("textbox", name="名称、对方、金额、编号")
    field.fill("没有这样的")
    expect(page.get_by_role("heading", name="没有找到")).to_be_visible()
    check_page(page)
    field.press("Escape")
    expect(page.get_by_role("listitem")).to_have_count(20)
    field.fill("报关单")
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("link", name="进口货物报关单").click()
    shown = page.locator("main")
    for text in ("126000.00 欧元", "北仑海关（3104）", "singlewindow.example", "203.0.113.24", "Edge 142"):
        expect(shown).to_contain_text(text)
    # No view draws this document: what the business system says of it is neither large nor locked.
    expect(shown.locator(".amt")).to_have_count(0)
    expect(shown.locator(".theirs")).to_contain_text("来自对方的说明，未核对")
    # The time is shown in the phone's zone, here UTC, and in the service's.
    expect(shown).to_contain_text(re.compile(r"\d\d:\d\d UTC\+00:00服务时区 .* UTC\+08:00"))
    check_page(page)
    page.get_by_role("button", name="复制内容指纹（SM3）").click()
    expect(page.get_by_text("已复制")).to_be_attached()
    assert re.fullmatch(r"[0-9a-f]{64}", page.evaluate(_COPIED))
    page.goto(re.sub(r"\w+$", "0" * 32, page.url))
    expect(page.get_by_role("heading", name="没有这条记录")).to_be_visible()


def test_r12_r05_r14_my_devices_and_what_the_legal_person_did(party: Party, app: Holder, page: Page) -> None:
    service, code = party.service, CLERK.credit_code
    with service.phone("second") as second, at_the_portal(service) as portal:
        log_in(service, second, CLERK)
        apply(service, second, CLERK)
        lost = second.certificate().shield_number
        page.get_by_role("link", name="我的设备").click()
        expect(page.get_by_role("heading", name="在用 2 部，最多 6 部")).to_be_visible()
        own = page.get_by_role("listitem").filter(has_text="本机")
        # Logins by this phone only: others of the same account may have logged in at the same kind of PC.
        at_a_pc = page.get_by_role("listitem").filter(has_text="电脑 · Windows", has_not_text="用尾号")
        for text in ("Edge 142", "单一窗口", PC["address"]):
            expect(at_a_pc).to_contain_text(text)
        at_a_pc.get_by_role("button", name="不是我的").click()
        expect(page.get_by_role("dialog")).to_contain_text("手机盾不能替它退出")
        check_page(page)
        page.get_by_role("button", name="是我的，不用处理").click()
        other = page.get_by_role("listitem").filter(has=page.get_by_label(lost, exact=True))
        expect(own).to_contain_text("本机")
        expect(own).to_contain_text("上次使用")
        check_page(page)
        other.get_by_role("button", name="这部手机丢了").click()
        expect(page.get_by_role("dialog")).to_contain_text("请马上联系法人")
        check_page(page)
        page.get_by_role("button", name="返回").last.click()
        own.get_by_role("button", name="改名称").click()
        page.get_by_label("名称", exact=True).fill("办公室的手机")
        page.get_by_role("button", name="保存").click()
        expect(own).to_contain_text("办公室的手机")
        other.get_by_role("button", name="不是我的").click()
        check_page(page)
        page.get_by_role("button", name="挂失并退出那部设备").click()
        enter_pin(page, app.person.pin)
        expect(page.get_by_role("heading", name="已挂失，那部设备已退出")).to_be_visible()
        check_page(page)
        page.get_by_role("button", name="以后再改").click()
        page.get_by_role("button", name="全部退出，只留本机").click()
        check_page(page)
        page.get_by_role("button", name="全部退出", exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text("请点它的“不是我的”")
        page.get_by_role("button", name="知道了").click()
        portal.act(code, "freeze", [app.shield_number], reason="休假")
        page.reload()
        expect(other).to_contain_text("已挂失")
        page.goto(f"{service.origin}/app/me/certificate")
        newest = page.get_by_role("list").first.get_by_role("listitem").first
        for text in ("冻结", "法人", "原因：休假"):
            expect(newest).to_contain_text(text)
        check_page(page)
        portal.act(code, "unfreeze", [app.shield_number], reason="恢复使用")
        revoke(service, portal, lost)


def test_r17_every_entry_opens_from_anywhere_without_login_or_network(app: Holder, page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    app.context.set_offline(True)
    for entry in FAQ.values():
        page.goto(f"{app.service.origin}/app/faq/{entry.id}")
        expect(page.get_by_role("heading", name=entry.title_zh)).to_be_visible()
        expect(page.get_by_role("article")).to_contain_text(entry.zh)
    page.get_by_role("link", name="全部常见问题").click()
    expect(page.get_by_role("listitem")).to_have_count(len(FAQ))
    check_page(page)
    page.get_by_role("textbox").fill("码不正确，还可以试")  # words of an error message
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.get_by_role("link", name="忘记 PIN 码").click()
    page.get_by_text("出现这些提示时").click()
    expect(page.get_by_text("PIN 码不正确，还可以试 … 次")).to_be_visible()
    check_page(page)


def test_r17_an_error_leads_to_its_entry(app: Holder, page: Page) -> None:
    refused = {
        "type": "about:blank",
        "code": "too_many_requests",
        "zh": "操作太频繁",
        "en": "Too many",
        "faq": "3.1",
    }
    page.route(
        "**/api/phone/devices",
        lambda route: route.fulfill(status=429, json=refused, content_type="application/problem+json"),
    )
    page.get_by_role("link", name="我的设备").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("操作太频繁")
    alert.get_by_role("link", name="如何处理").click()
    expect(page.get_by_role("heading", name="网络异常")).to_be_visible()


def test_language_and_appearance_change_at_once(page: Page) -> None:
    page.get_by_role("link", name="设置").click()
    page.get_by_role("switch", name="打乱数字键盘").click()
    expect(page.get_by_role("switch", name="打乱数字键盘")).to_be_checked()
    check_page(page)
    page.get_by_role("radio", name="深色").check()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    page.get_by_role("radio", name="English").check()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    check_page(page)
    page.get_by_role("radio", name="As the system").check()
    page.get_by_role("switch", name="Shuffle the keypad").click()
    page.get_by_role("radio", name="中文").check()
    expect(page.get_by_role("heading", name="设置")).to_be_visible()


def test_about_page_lists_the_components(page: Page) -> None:
    page.get_by_role("link", name="关于").click()
    expect(page.get_by_text("MSHIELD/v1")).to_be_visible()
    for part in ("@vue/runtime-core", "@noble/curves", "workbox-core", "zxing-cpp"):
        expect(page.get_by_text(part, exact=True)).to_be_visible()
    page.get_by_text("@noble/curves", exact=True).click()
    expect(page.get_by_text("paulmillr.com").first).to_be_visible()
    check_page(page)


def test_logout_asks_first_and_works_offline_for_this_phone(app: Holder, page: Page) -> None:
    page.get_by_role("button", name="退出登录").click()
    sheet = page.get_by_role("dialog", name="退出登录")
    expect(sheet.get_by_role("button", name="不退出")).to_be_focused()
    sheet.get_by_role("button", name="不退出").click()
    expect(sheet).not_to_be_visible()
    app.context.set_offline(True)
    page.get_by_role("button", name="退出登录").click()
    expect(sheet.get_by_role("alert")).to_contain_text("也可以只在本机退出")
    check_page(page)
    sheet.get_by_role("button", name="只在本机退出").click()
    expect(page).to_have_url(f"{app.service.origin}/app/login")
    app.context.set_offline(False)
    page.goto(f"{app.service.origin}/app/me/certificate")
    expect(page).to_have_url(re.compile(r"/app/login\?next="))
