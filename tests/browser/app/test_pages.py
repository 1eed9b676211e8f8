"""PDFs and images in the app, page by page: signing needs the last page first (R16, docs/threat-model.md)."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.app.camera import Screen
from tests.browser.app.contracts import printed
from tests.browser.app.pin_pad_and_pixels import check_page, enter_pin
from tests.browser.app.seeded import CLERK, Holder, holder
from tests.browser.conftest import Party
from tests.security.display.test_image import drawn
from tests.security.display.test_pdf import JAVASCRIPT
from tests.support.pdfs import contract, heavy, pdf

pytestmark = pytest.mark.slow

ACT: Final = "输入 PIN 码签名"
LARGEST: Final = 20 * 1024 * 1024
"""Maximum size of a PDF in bytes."""


@pytest.fixture(scope="module")
def app(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    """A phone with a certificate."""
    with holder(browser, party, engine) as made:
        yield made


def ask(party: Party, *contents: tuple[str, bytes], form: str = "cms") -> dict[str, Any]:
    """Creates a request with these documents, given as type and content."""
    documents = [
        {
            "title": f"附件 {n}",
            "media_type": kind,
            "content_b64": base64.b64encode(content).decode(),
            "format": form,
        }
        for n, (kind, content) in enumerate(contents, 1)
    ]
    return party.ask("signature", documents=documents)


def opened(app: Holder, made: dict[str, Any], heading: str = "确认签名") -> Page:
    """Opens the app on this request, like the phone's own camera does."""
    page = app.page(Screen.of(made).newest.removeprefix(app.service.origin))
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    return page


def see(page: Page) -> None:
    """Scrolls so that the whole page is visible."""
    expect(page.locator(".page:not([aria-busy=true]) :is(canvas, img)")).to_be_visible()
    page.locator(".pages").evaluate("place => place.scrollIntoView()")


def test_r16_a_contract_is_signed_after_its_last_page(browser: Browser, party: Party, app: Holder) -> None:
    made = ask(party, ("application/pdf", printed(browser)))
    page = opened(app, made)
    waiting = page.get_by_role("button", name="看完 5 页后可以签名")
    expect(waiting).to_be_disabled()
    expect(page.get_by_role("region", name="第 1 页，共 5 页")).to_contain_text("¥1,284,000.00")
    page.get_by_role("button", name="缩小").click()
    page.get_by_role("button", name="缩小").click()
    check_page(page)
    see(page)
    page.wait_for_timeout(1500)
    expect(page.locator(".reading")).to_contain_text("已看到 0/5 页")
    page.get_by_role("button", name="放大").click()
    for n in range(1, 6):
        see(page)
        told = f"已看到 {n}/5 页" if n < 5 else "5 页已全部显示"
        expect(page.locator(".reading")).to_contain_text(told)
        if n < 5:
            page.get_by_role("button", name="下一页").click()
    page.get_by_role("button", name=ACT).click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    page.close()
    with party.service.business() as business:
        assert business.status(made["id"]).state == "signed"


def test_r16_unread_pages_need_a_tick_and_images_are_signed_too(party: Party, app: Holder) -> None:
    page = opened(app, ask(party, ("application/pdf", contract(3))))
    see(page)
    expect(page.locator(".reading")).to_contain_text("已看到 1/3 页")
    page.get_by_role("button", name="不看完就签…").click()
    sheet = page.get_by_role("dialog", name="还有 2 页没看")
    expect(sheet).to_contain_text("第 2、3 页没有在这部手机上显示过。签名对全部 3 页有效。")
    expect(sheet.get_by_role("button", name="先勾选上面一项")).to_be_disabled()
    sheet.get_by_role("button", name="继续看第 2 页").click()
    expect(page.locator(".reading")).to_contain_text("已看到 2/3 页")
    page.get_by_role("button", name="不看完就签…").click()
    page.get_by_label("我在别处看过全文").check()
    page.get_by_role("button", name="不看完也签").click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    page.close()

    both = ("image/png", drawn("PNG")), ("text/plain", "附件 2".encode())
    page = opened(app, ask(party, *both), "批量签名")
    page.get_by_role("link", name=re.compile("附件 1")).click()
    expect(page.locator(".reading")).to_contain_text("图片已全部显示")
    page.get_by_role("button", name="看下一份").click()
    page.get_by_role("button", name="看完了，回到清单").click()
    expect(page.get_by_role("button", name="输入一次 PIN 码，签 2 份")).to_be_enabled()
    page.close()


def test_r16_largest_pdf_is_signed_from_the_inbox(party: Party, app: Holder) -> None:
    content = heavy(3, LARGEST)
    assert LARGEST - 20_000 < len(content) <= LARGEST
    document = {"title": "附件", "media_type": "application/pdf", "format": "cms"}
    document["content_b64"] = base64.b64encode(content).decode()
    asked = party.ask("signature", documents=[document], shield_number=app.shield_number)
    page = app.page("/inbox")
    page.get_by_role("button", name="附件").click()
    for n in range(1, 4):
        see(page)
        page.locator(".reading").get_by_text(re.compile(f"{n}/3 页|3 页已全部显示")).wait_for()
        if n < 3:
            page.get_by_role("button", name="下一页").click()
    page.get_by_role("button", name=ACT).click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    page.close()
    with party.service.business() as business:
        assert business.status(asked["id"]).state == "signed"


def test_phone_refuses_bad_pdfs_and_reports_undrawable_ones(party: Party, app: Holder) -> None:
    """The test replaces the service's answer on its way, to simulate a faulty service."""
    for bad, told in (
        (pdf(o90=JAVASCRIPT), "里面有脚本"),
        (b"no PDF at all", "不是 PDF"),
    ):
        made = ask(party, ("application/pdf", pdf()), form="raw")  # otherwise the attributes reveal it first
        honest = base64.b64encode(pdf()).decode()

        def exchange(route: Route, _: Request, honest: str = honest, bad: bytes = bad) -> None:
            answer = route.fetch()
            route.fulfill(response=answer, body=answer.text().replace(honest, base64.b64encode(bad).decode()))

        app.context.route("**/api/phone/**", exchange)
        page = app.page(Screen.of(made).newest.removeprefix(app.service.origin))
        expect(page.locator("main")).to_contain_text(told)
        expect(page.get_by_role("button", name="不签，请对方换一份")).to_be_enabled()
        expect(page.get_by_role("button", name=ACT)).to_have_count(0)
        app.context.unroute("**/api/phone/**")
        page.close()
