"""Entering a PIN on the app's keypad, and accessibility checks of its screens in several sizes and settings."""

from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Page, expect

from tests.browser.page_checks import barriers

PIXEL: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": (
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/142.0.0.0 Mobile Safari/537.36"
    ),
}

_SAFARI: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/26.1 Mobile/15E148 Safari/604.1"
)
IPHONES: Final[dict[str, dict[str, Any]]] = {
    "large": PIXEL | {"viewport": {"width": 440, "height": 956}, "user_agent": _SAFARI},
    "small": PIXEL | {"viewport": {"width": 375, "height": 553}, "user_agent": _SAFARI},  # with Safari's bars
}
# The window's own width isn't usable: on a phone it grows with overflowing content.
_TOO_WIDE: Final = """width => document.documentElement.scrollWidth <= width ? [] :
  [...document.querySelectorAll("body *:not(svg, svg *)")]
    .filter((each) => each.getBoundingClientRect().left + Math.max(each.offsetWidth, each.scrollWidth) > width + 1)
    .map((each) => `${each.tagName} ${each.className} ${each.getBoundingClientRect().right}`)
    .concat(`${document.documentElement.scrollWidth} wide`).slice(0, 12)"""
_ROUNDS: Final = 4
"""Rounds of enlarging the window: a page that is always taller than its window would grow without end."""


def enter_pin(page: Page, pin: str) -> None:
    """Enters a PIN on the keypad."""
    pad = page.get_by_role("group", name="数字键盘")
    for digit in pin:
        pad.get_by_role("button", name=digit, exact=True).click()


def check_page(page: Page, see: Callable[[str], None] = lambda _: None) -> None:
    """Checks accessibility in light and dark, narrow, and with doubled text; calls `see` with each variant's name."""
    expect(page.locator("h1").first).to_be_attached()  # the screen is there, not the empty page before it
    usual = page.viewport_size or {"width": 390, "height": 844}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        see(scheme)
        _nothing_bars(page, scheme)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for name, width, size in (("narrow", 320, "16px"), ("large", 320, "32px")):
        page.set_viewport_size({"width": width, "height": 640})
        page.evaluate("size => document.documentElement.style.fontSize = size", size)
        see(name)
        assert not (found := page.evaluate(_TOO_WIDE, width)), (name, found)
    _nothing_bars(page, "large")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(usual)
    expect(page.locator("h1").first).to_be_attached()


def _nothing_bars(page: Page, name: str) -> None:
    """Checks the whole page at once, so that elements half below tabs or footer aren't reported as too small."""
    usual = page.viewport_size or {"width": 390, "height": 844}
    height = usual["height"]
    for _ in range(_ROUNDS):
        whole = page.evaluate("document.documentElement.scrollHeight")
        if whole <= height:
            break
        height = whole
        page.set_viewport_size({"width": usual["width"], "height": height})
    found = barriers(page)
    page.set_viewport_size(usual)
    assert not found, (name, found)
