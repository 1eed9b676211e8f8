"""Every screen of the app: accessible, operable by keyboard, with names in the app's language.

The screens come from the router: a screen missing here fails the test.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app.camera import Screen
from tests.browser.app.consenting import AGREED
from tests.browser.app.keyboard import keeps, walk
from tests.browser.app.logged_out import END_LOGIN
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, check_page
from tests.browser.app.read_on import read_on
from tests.browser.app.seeded import Holder, holder
from tests.browser.app.test_request import PC, document
from tests.browser.conftest import Party

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

UNKNOWN: Final = "/:unknown(.*)*"
_ROUTES: Final = """() => {
  const { $router } = document.querySelector("#app").__vue_app__.config.globalProperties;
  return $router.getRoutes().map(({ path }) => path);
}"""
_LANGUAGE: Final = """language => {
  const settings = JSON.parse(localStorage.getItem("mshield-settings"));
  localStorage.setItem("mshield-settings", JSON.stringify({ ...settings, language }));
}"""
_IN_2100: Final = 4_102_444_800_000
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_WIDE: Final = re.compile("[，。、：；！？（）“”‘’「」]")
_NAMED: Final = re.compile(
    r'- (button|link|textbox|heading|checkbox|radio|switch|tab|img|dialog|navigation) "([^"]*)"'
)
_OWN_NAMES: Final = re.compile(
    "单一窗口|许[安澄禾景朗清越嘉言宁][东南西北中远]|宁波北潮进出口有限公司"
    "|进口货物报关单|操作员|申报总价|手机盾|中文 切换到中文|简体中文|中文"
)
"""Names that are Chinese in every language: people, and the switch to Chinese."""


@dataclass(slots=True)
class Sweep:
    """A phone, its page, and the business system."""

    party: Party
    phone: Holder
    page: Page
    is_logged_out: bool = False

    def open(self, path: str) -> None:
        """Opens a screen of the unlocked app."""
        if self.is_logged_out:
            self.page.evaluate(END_LOGIN, _IN_2100)
            self.page.evaluate("sessionStorage.clear()")
            self.is_logged_out = False
        self.page.goto(f"{self.phone.service.origin}/app{path}")

    def open_logged_out(self, path: str) -> None:
        """Opens a screen before login, from which a logged-in user is redirected."""
        self.open("/")
        settle(self.page)
        self.page.evaluate(END_LOGIN)
        self.page.goto(f"{self.phone.service.origin}/app{path}")
        self.is_logged_out = True

    def ask(self, kind: str = "signature") -> str:
        """Returns a request's code as a path of the app."""
        more: dict[str, Any] = {"documents": [document()]} if kind == "signature" else {}
        made = self.party.ask(kind, pc=PC, **more)
        return Screen.of(made).newest.removeprefix(self.phone.service.origin)

    def speak(self, language: str) -> None:
        """Sets the app's language from the next screen on."""
        self.page.evaluate(_LANGUAGE, language)


def scanned(sweep: Sweep) -> None:
    """Opens a signature's confirmation."""
    sweep.open(sweep.ask())
    expect(sweep.page.locator(".theirs")).to_be_visible()


def stale(sweep: Sweep) -> None:
    """Opens an expired code."""
    sweep.open(re.sub(r"t=\d+", "t=900", sweep.ask("login")))


def claimed(sweep: Sweep) -> None:
    """Opens a login whose code was scanned before the app was unlocked."""
    sweep.open("/")
    settle(sweep.page)
    sweep.page.evaluate(END_LOGIN)
    sweep.open(sweep.ask("login"))
    sweep.is_logged_out = True
    expect(sweep.page).to_have_url(re.compile("/app/claimed"))


def signed(sweep: Sweep) -> None:
    """Opens the screen after the PIN."""
    scanned(sweep)
    read_on(sweep.page)
    sweep.page.locator("footer button, .foot button").first.click()
    dialog = sweep.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for digit in sweep.phone.person.pin:
        dialog.get_by_role("button", name=digit, exact=True).click()
    expect(sweep.page).to_have_url(re.compile("/app/result"), timeout=30_000)


def one_signature(sweep: Sweep) -> None:
    """Opens one of the listed signatures, after signing if there is none."""
    signed(sweep)
    sweep.open("/me/signatures")
    link = sweep.page.locator("main a[href*='/me/signatures/']").first
    expect(link).to_be_visible()
    link.click()
    expect(sweep.page).to_have_url(re.compile("/me/signatures/."))


def at(path: str) -> Callable[[Sweep], None]:
    """Returns an opener for a screen without preparation."""
    return lambda sweep: sweep.open(path)


def registering(sweep: Sweep) -> None:
    """Opens the form that follows the consents."""
    sweep.page.evaluate(AGREED)
    sweep.open_logged_out("/register")


def logging_in(sweep: Sweep) -> None:
    """Opens the login on a phone that has applied."""
    sweep.open_logged_out("/login")


SCREENS: Final[dict[str, Callable[[Sweep], None]]] = {
    "/": at("/"),
    "/welcome": at("/welcome"),
    "/login": logging_in,
    "/register": registering,
    "/consent": at("/consent"),
    "/policies/:name(privacy|agreement)": at("/policies/privacy"),
    "/agree": at("/agree"),
    "/contact": at("/contact"),
    "/me/data": at("/me/data"),
    "/me/data/export": at("/me/data/export"),
    "/me/data/close": at("/me/data/close"),
    "/asks": at("/asks"),
    "/next": at("/next"),
    "/outside-login": at("/outside-login?error=access_denied"),
    "/forgot": at("/forgot"),
    "/apply": at("/apply"),
    "/identity": at("/identity"),
    "/identity/code": at("/identity/code"),
    "/identity/consent": at("/identity/consent"),
    "/identity/real-name": at("/identity/real-name"),
    "/identity/wait": at("/identity/wait"),
    "/bind": at("/bind"),
    "/pin": at("/pin"),
    "/renew": at("/renew"),
    "/replace-phone": at("/replace-phone"),
    "/locked": at("/locked"),
    "/scan": at("/scan"),
    "/q/:id": stale,
    "/claimed": claimed,
    "/sign": at("/sign?request=none"),
    "/request": scanned,
    "/result": signed,
    "/inbox": at("/inbox"),
    "/me": at("/me"),
    "/me/identity": at("/me/identity"),
    "/me/certificate": at("/me/certificate"),
    "/me/signatures": at("/me/signatures"),
    "/me/signatures/:sid": one_signature,
    "/me/devices": at("/me/devices"),
    "/me/password": at("/me/password"),
    "/me/settings": at("/me/settings"),
    "/me/about": at("/me/about"),
    "/place": at("/place"),
    "/faq": at("/faq"),
    "/faq/:id": at("/faq/3.7"),
}


@pytest.fixture(scope="module")
def sweep(browser: Browser, party: Party, engine: Path) -> Iterator[Sweep]:
    """A phone with a certificate."""
    with holder(browser, party, engine, person=newcomer(party.service), **PIXEL) as phone:
        yield Sweep(party, phone, phone.page())


def test_no_screen_is_missing(sweep: Sweep) -> None:
    sweep.open("/")
    expect(sweep.page.locator("h1").first).to_be_attached()
    assert set(sweep.page.evaluate(_ROUTES)) == {*SCREENS, UNKNOWN}
    sweep.open("/no/such/screen")
    expect(sweep.page).to_have_url(f"{sweep.phone.service.origin}/app/")


@pytest.mark.parametrize("route", SCREENS)
def test_every_screen_is_accessible_and_usable_by_keyboard(sweep: Sweep, route: str) -> None:
    sweep.speak("zh")
    SCREENS[route](sweep)
    settle(sweep.page)
    check_page(sweep.page)
    assert walk(sweep.page) == []
    unnamed = [line for line in named(sweep.page) if not line[1]]
    assert unnamed == []


@pytest.mark.parametrize("route", SCREENS)
def test_in_english_every_name_is_english(sweep: Sweep, route: str) -> None:
    sweep.speak("en")
    SCREENS[route](sweep)
    settle(sweep.page)
    check_page(sweep.page)
    foreign = [line for line in named(sweep.page) if _CHINESE.search(_OWN_NAMES.sub("", line[1]))]
    assert foreign == []
    # Full-width punctuation belongs to Chinese text: English uses its own.
    wide = [line for line in sweep.page.locator("body").inner_text().splitlines() if _WIDE.search(line)]
    assert [line for line in wide if not _CHINESE.search(line)] == []


def settle(page: Page) -> None:
    """Waits until the screen is shown and its data are loaded."""
    expect(page.locator("h1").first).to_be_attached()
    page.wait_for_load_state("networkidle")


def named(page: Page) -> list[tuple[str, str]]:
    """Returns role and name of controls and landmarks, as a screen reader reads them."""
    return _NAMED.findall(page.locator("body").aria_snapshot())


SHEETS: Final = {
    "why a function can't work": ("/", "申请证书"),
    "the wheel": ("/register", "证件类型 居民身份证"),
    "typing a code": ("/scan", "输入"),
    "the PIN": ("/bind", "绑定证书"),
}


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_keeps_the_focus_and_gives_it_back(sweep: Sweep, sheet: str) -> None:
    path, name = SHEETS[sheet]
    sweep.speak("zh")
    sweep.page.evaluate(AGREED)
    if path == "/register":
        sweep.open_logged_out(path)
    else:
        sweep.open(path)
    page = sweep.page
    settle(page)
    opener = page.get_by_role("button", name=name, exact=True).or_(
        page.get_by_role("link", name=name, exact=True)
    )
    opener.first.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert keeps(page)
    check_page(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener.first).to_be_focused()
