"""The service's own login page for a business system's OpenID Connect login, and its error page."""

from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Party
from tests.browser.page_checks import barriers, read_code
from tests.browser.site import Site

pytestmark = pytest.mark.slow

_SIZES: Final = pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (320, "dark"), (1440, "light"), (1440, "dark")]
)


@pytest.fixture(scope="session")
def back() -> Iterator[Site]:
    """The business system's site, shared by all tests, since the service caches a client for a while."""
    with Site("default-src 'none'") as made:
        made.files["/back"] = "<!doctype html><title>back</title>"
        yield made


@pytest.fixture(scope="session")
def address(party: Party, back: Site) -> str:
    """The address to which the business system sends the browser; it returns to /back."""
    client_id, uri = party.service.system["client_id"], f"{back.origin}/back"
    party.service.command("oidc", "client", "set", client_id, "--redirect-uri", uri)
    asked = {
        "client_id": client_id,
        "response_type": "code",
        "redirect_uri": uri,
        "scope": "openid",
        "state": "the-state",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    return f"{party.service.origin}/oidc/authorize?{urlencode(asked)}"


def shown(page: Page, address: str) -> Locator:
    """Opens the login page and waits for its code."""
    page.goto(address)
    shield = page.locator("mshield-login")
    expect(shield.locator(".qr")).to_be_visible()
    return shield


def scan(shield: Locator, party: Party) -> None:
    """Scans the code on the screen with the phone."""
    text = read_code(shield)
    assert text is not None
    party.phone.scan(text)


def came_back(page: Page, back: Site) -> dict[str, list[str]]:
    """Returns the parameters that the business system's address received."""
    page.wait_for_url(f"{back.origin}/back?*")
    return parse_qs(urlsplit(page.url).query)


def test_a_login_goes_back_with_a_code(
    open_page: Callable[..., Page], party: Party, back: Site, address: str
) -> None:
    page = open_page()
    shield = shown(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text("登录单一窗口")
    expect(page.get_by_text("singlewindow.example")).to_be_visible()
    scan(shield, party)
    expect(shield.get_by_role("status")).to_contain_text("已扫码")
    party.approve()
    answer = came_back(page, back)
    assert answer["state"] == ["the-state"]
    assert answer["code"]


def test_cancelling_goes_back_without(
    open_page: Callable[..., Page], party: Party, back: Site, address: str
) -> None:
    page = open_page()
    shown(page, f"{address}&ui_locales=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in to 单一窗口")
    link = page.get_by_role("link", name="Back to 单一窗口")
    link.focus()
    page.keyboard.press("Enter")
    assert came_back(page, back)["error"] == ["access_denied"]


def test_expired_code_can_be_replaced(
    open_page: Callable[..., Page], party: Party, back: Site, address: str
) -> None:
    page = open_page()
    shield = shown(page, address)
    before = shield.get_attribute("request")
    assert before is not None
    party.cancel(before)
    expect(shield.locator(".card .title")).to_have_text("已取消")
    page.get_by_role("link", name="换一个二维码").click()
    expect(shield.locator(".qr")).to_be_visible()
    assert shield.get_attribute("request") != before
    scan(shield, party)
    party.approve()
    assert came_back(page, back)["code"]


def test_new_code_is_available_after_declining(
    open_page: Callable[..., Page], party: Party, back: Site, address: str
) -> None:
    page = open_page()
    shield = shown(page, address)
    scan(shield, party)
    party.phone.decline(reason="declined")
    expect(shield.locator(".card .title")).to_have_text("手机上已取消")
    expect(page.locator(".leaving p")).to_be_hidden()
    page.get_by_role("link", name="换一个二维码").click()
    expect(shield.locator(".qr")).to_be_visible()
    scan(shield, party)
    party.approve()
    assert came_back(page, back)["code"]


@pytest.mark.parametrize("stays", [False, True])
def test_not_me_leads_back_or_stays(
    open_page: Callable[..., Page], party: Party, back: Site, address: str, *, stays: bool
) -> None:
    page = open_page(width=320)
    page.clock.install()
    shield = shown(page, f"{address}&ui_locales=en" if stays else address)
    scan(shield, party)
    party.phone.decline(reason="not_me")
    leaving = page.get_by_role("status").filter(has_text="Stay here" if stays else "留在本页")
    expect(leaving).to_contain_text("in 20 seconds" if stays else "20 秒后自动返回单一窗口")
    assert barriers(page) == []
    page.clock.fast_forward(10_000)
    assert page.url.startswith(party.service.origin)
    if stays:
        leaving.get_by_role("button", name="Stay here").click()
        expect(page.get_by_role("link", name="Back to 单一窗口")).to_be_focused()
        page.clock.fast_forward(60_000)
        assert page.url.startswith(party.service.origin)
        page.keyboard.press("Enter")
    else:
        page.clock.fast_forward(11_000)
    answer = came_back(page, back)
    assert answer["error"] == ["access_denied"]
    assert answer["error_description"] == ["The person reported that they did not begin this login."]


def test_declining_ends_the_login(
    open_page: Callable[..., Page], party: Party, back: Site, address: str
) -> None:
    page = open_page()
    shield = shown(page, address)
    scan(shield, party)
    party.phone.decline(reason="not_me")
    expect(shield.locator(".card .title")).to_have_text("手机上已拒绝")
    expect(page.get_by_role("link", name="换一个二维码")).to_have_count(0)
    page.get_by_role("link", name="返回单一窗口").click()
    assert came_back(page, back)["error"] == ["access_denied"]


@_SIZES
def test_login_page_is_accessible(
    open_page: Callable[..., Page], party: Party, address: str, width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme)
    shield = shown(page, address)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    ground = shield.evaluate("element => getComputedStyle(element).getPropertyValue('color-scheme')")
    assert ground == scheme
    scan(shield, party)
    party.phone.decline(reason="declined")
    expect(shield.locator(".card .title")).to_be_visible()
    assert barriers(page) == []


def test_error_without_a_return_address_is_a_page(
    open_page: Callable[..., Page], party: Party, address: str
) -> None:
    page = open_page(width=320)
    answer = page.goto(address.replace("%2Fback", "%2Felsewhere"))
    assert answer is not None
    assert answer.status == 400
    assert "content-security-policy" in answer.headers
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert barriers(page) == []
