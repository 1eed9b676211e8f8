"""The component on a page of another origin: its display and events, from the code to each end."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Party
from tests.browser.page_checks import barriers, events_of, read_code
from tests.browser.site import Site
from tests.browser.unproven import seen

pytestmark = pytest.mark.slow

PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>登录</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="{scheme}">
<script type="module" src="{origin}/mshield.js"></script></head>
<body><main><h1>业务系统</h1>
<mshield-{element} request="{id}" token="{token}" {more}><button slot="again">换一个</button></mshield-{element}>
</main></body></html>"""

DOCUMENT = {"title": "报关单", "media_type": "text/plain", "content_b64": "aGVsbG8="}
IN_SHADOWS = """lang => {
  const outer = document.createElement("section");
  if (lang !== null) outer.lang = lang;
  document.querySelector("main").append(outer);
  let place = outer;
  for (const tag of ["div", "p"]) {
    place = place.appendChild(document.createElement(tag)).attachShadow({ mode: "open" });
  }
  place.append(document.createElement("mshield-sign"));
}"""
"""Puts a component two shadow roots deep into an element of this language."""


def show(
    page: Page, site: Site, party: Party, made: dict[str, str], more: str = "", *, scheme: str = "light dark"
) -> Locator:
    """Opens the site's page with the component for this request; `scheme` is the page's colour scheme."""
    element = "login" if made["kind"] == "login" else "sign"
    site.files["/"] = PAGE.format(
        origin=party.service.origin,
        element=element,
        id=made["id"],
        token=made["status_token"],
        more=more,
        scheme=scheme,
    )
    page.goto(site.origin)
    return page.locator(f"mshield-{element}")


def scan(shield: Locator, party: Party) -> None:
    """Scans the code on the screen with the phone; the code changes each second."""
    expect(shield.locator(".qr")).to_be_visible()
    text = read_code(shield)
    assert text is not None
    party.phone.scan(text)


def test_a_login_from_the_code_to_its_end(open_page: Callable[..., Page], site: Site, party: Party) -> None:
    page, made = open_page(), party.ask()
    shield = show(page, site, party, made)
    expect(shield.locator(".match .number")).to_have_text(made["number"])
    first = read_code(shield)
    scan(shield, party)
    expect(shield.locator(".card .number")).to_have_text(made["number"])
    expect(shield.get_by_role("status")).to_contain_text("已扫码，请在手机上确认")
    assert read_code(shield) is None
    party.approve()
    expect(shield.locator(".card .title")).to_have_text("已登录")
    assert first is not None
    assert first.startswith(f"{party.service.origin}/q/{made['id']}?t=")
    assert events_of(page) == [
        {"type": "mshield-scanned", "id": made["id"], "state": "scanned", "reason": None},
        {"type": "mshield-signed", "id": made["id"], "state": "signed", "reason": None},
    ]


def test_code_changes_each_second(open_page: Callable[..., Page], site: Site, party: Party) -> None:
    shield = show(open_page(reduced_motion="reduce"), site, party, party.ask())
    expect(shield.locator(".qr")).to_be_visible()
    seen: set[str | None] = set()
    until = time.monotonic() + 15
    while len(seen) < 4 and time.monotonic() < until:
        seen.add(read_code(shield))
    assert None not in seen
    assert len(seen) == 4


def test_short_code_of_eight_characters_replaces_scanning(
    open_page: Callable[..., Page], site: Site, party: Party
) -> None:
    page, made = open_page(width=390), party.ask("signature", documents=[DOCUMENT])
    shield = show(page, site, party, made)
    short = shield.locator(".short b")
    expect(shield.locator(".qr")).to_be_visible()
    expect(short).to_be_hidden()
    shield.get_by_role("button", name="扫不了？输入短码").click()
    expect(short).to_have_text(re.compile(r"^[0-9A-Z]{4}[ -]?[0-9A-Z]{4}$"))
    expect(shield.locator(".short")).to_contain_text("20 秒内输完")
    expect(shield.get_by_role("button", name="扫不了？输入短码")).to_be_hidden()
    first = short.inner_text()
    seen(page, "component-short")
    expect(short).not_to_have_text(first)  # it is valid as long as the code beside it
    party.phone.scan(short.inner_text(), typed_ms=3_000)
    expect(shield.get_by_role("status")).to_contain_text("已扫码，请在手机上确认")
    party.phone.decline()


@pytest.mark.parametrize(
    ("reason", "words"),
    [("declined", "手机上已取消"), ("not_me", "手机上已拒绝")],
)
def test_page_reports_a_request_declined_on_the_phone(
    open_page: Callable[..., Page], site: Site, party: Party, reason: str, words: str
) -> None:
    page, made = open_page(), party.ask()
    shield = show(page, site, party, made)
    scan(shield, party)
    party.phone.decline(reason=reason)  # type: ignore[arg-type]  # one of its literals
    expect(shield.locator(".card .title")).to_have_text(words)
    expect(shield.get_by_role("status")).to_contain_text("没有人登录")
    expect(page.get_by_role("button", name="换一个")).to_be_visible()
    assert events_of(page)[-1] == {
        "type": "mshield-declined", "id": made["id"], "state": "declined", "reason": reason,
    }  # fmt: skip


def test_cancelled_by_the_business_system(open_page: Callable[..., Page], site: Site, party: Party) -> None:
    page, made = open_page(), party.ask()
    shield = show(page, site, party, made, 'lang="en"')
    expect(shield.locator(".qr")).to_be_visible()
    party.cancel(made["id"])
    expect(shield.locator(".card .title")).to_have_text("Cancelled")
    assert read_code(shield) is None
    shield.evaluate("element => document.body.prepend(element)")
    expect(shield.locator(".card .title")).to_have_text("Cancelled")
    assert [each["type"] for each in events_of(page)] == ["mshield-cancelled"]


@pytest.mark.parametrize("over", [False, True])
def test_component_follows_the_pages_language(
    open_page: Callable[..., Page], site: Site, party: Party, *, over: bool
) -> None:
    page, made = open_page(), party.ask()
    shield = show(page, site, party, made)
    expect(shield.locator(".qr")).to_be_visible()
    if over:
        party.cancel(made["id"])
    expect(shield.locator(".card .title")).to_have_text("已取消" if over else "请用手机盾扫码登录")
    page.evaluate("document.documentElement.lang = 'en'")
    expect(shield.locator(".panel")).to_have_attribute("lang", "en")
    expect(shield.locator(".card .title")).to_have_text(
        "Cancelled" if over else "Scan with Mobile Shield to log in"
    )
    if not over:
        expect(shield.locator(".qr")).to_be_visible()


def test_a_signature_says_signed(open_page: Callable[..., Page], site: Site, party: Party) -> None:
    shield = show(open_page(), site, party, party.ask("signature", documents=[DOCUMENT]))
    scan(shield, party)
    party.approve()
    expect(shield.locator(".card .title")).to_have_text("已签名")


def test_a_wrong_token_shows_no_code(open_page: Callable[..., Page], site: Site, party: Party) -> None:
    made = party.ask()
    shield = show(open_page(), site, party, made | {"status_token": "x" * 43})
    expect(shield.locator(".card .title")).to_have_text("这个二维码已不能用")
    assert read_code(shield) is None


def test_shadow_tree_is_closed(open_page: Callable[..., Page], site: Site, party: Party) -> None:
    page = open_page(closed=True)
    shield = show(page, site, party, party.ask())
    deadline = time.monotonic() + 20
    while read_code(shield) is None and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert read_code(shield) is not None
    assert shield.evaluate("element => element.shadowRoot") is None


@pytest.mark.parametrize(
    ("lang", "panel", "title"),
    [
        (None, "zh-CN", "正在取二维码"),
        ("en-GB", "en", "Fetching the code"),
        ("fr", "en", "Fetching the code"),
        ("zh-Hant", "zh-CN", "正在取二维码"),
    ],
)
def test_component_uses_and_declares_the_pages_language(
    open_page: Callable[..., Page], site: Site, party: Party, *, lang: str | None, panel: str, title: str
) -> None:
    page = open_page()
    show(page, site, party, party.ask(), 'lang="en"')
    page.evaluate(IN_SHADOWS, lang)
    deep = page.locator("mshield-sign")
    expect(deep.locator(".panel")).to_have_attribute("lang", panel)
    expect(deep.locator(".card .title")).to_have_text(title)
    beside = page.locator("mshield-login")
    expect(beside.locator(".panel")).to_have_attribute("lang", "en")
    beside.evaluate("element => { element.lang = 'zh' }")
    expect(beside.locator(".panel")).to_have_attribute("lang", "zh-CN")
    assert barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("kind", ["login", "signature"])
def test_component_is_accessible(
    open_page: Callable[..., Page], site: Site, party: Party, *, scheme: str, width: int, kind: str
) -> None:
    documents = {"documents": [DOCUMENT]} if kind == "signature" else {}
    page, made = open_page(width=width, color_scheme=scheme), party.ask(kind, **documents)
    shield = show(page, site, party, made)
    expect(shield.locator(".qr")).to_be_visible()
    assert barriers(page) == []
    scan(shield, party)
    expect(shield.locator(".card .number")).to_be_visible()
    assert barriers(page) == []
    party.phone.decline(reason="not_me")
    expect(page.get_by_role("button", name="换一个")).to_be_visible()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_theme_can_be_forced(open_page: Callable[..., Page], site: Site, party: Party) -> None:
    page, made = open_page(color_scheme="light"), party.ask()
    shield = show(page, site, party, made, 'theme="dark"')
    colour = shield.evaluate("element => getComputedStyle(element).color")
    assert colour == "rgb(233, 240, 237)"
    expect(shield.locator(".code")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_component_stays_light_on_a_page_without_dark_mode(
    open_page: Callable[..., Page], site: Site, party: Party
) -> None:
    page = open_page(color_scheme="dark")
    shield = show(page, site, party, party.ask(), scheme="light")
    expect(shield.locator(".qr")).to_be_visible()
    expect(shield.locator(".panel")).to_have_css("background-color", "rgb(255, 255, 255)")
    assert barriers(page) == []


def test_component_fits_a_narrow_column_with_doubled_text(
    open_page: Callable[..., Page], site: Site, party: Party
) -> None:
    page = open_page(width=280)
    shield = show(page, site, party, party.ask())
    expect(shield.locator(".qr")).to_be_visible()
    page.evaluate("document.querySelector('mshield-login').style.fontSize = '32px'")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert read_code(shield) is not None
    box = shield.locator(".match").bounding_box()
    assert box is not None
    assert box["height"] > 100  # it wraps, nothing is cut off


def test_the_countdown_counts(open_page: Callable[..., Page], site: Site, party: Party) -> None:
    shield = show(open_page(), site, party, party.ask())
    expect(shield.get_by_role("timer")).to_have_text(re.compile(r"^\d+ (秒|分钟)后失效$"))
