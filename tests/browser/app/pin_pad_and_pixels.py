"""What a person does with the app and what they meet: their thumb on the keypad, their eyes, their settings."""

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
# The window's own width would not do: on a phone it grows with what doesn't fit.
_TOO_WIDE: Final = """width => document.documentElement.scrollWidth <= width ? [] :
  [...document.querySelectorAll("body *:not(svg, svg *)")]
    .filter((each) => each.getBoundingClientRect().left + Math.max(each.offsetWidth, each.scrollWidth) > width + 1)
    .map((each) => `${each.tagName} ${each.className} ${each.getBoundingClientRect().right}`)
    .concat(`${document.documentElement.scrollWidth} wide`).slice(0, 12)"""
_ROUNDS: Final = 4
"""Of growing with its parts: a page that is always some pixels taller than its window would grow for ever."""


def enter_pin(page: Page, pin: str) -> None:
    """On the keypad, as a thumb does."""
    pad = page.get_by_role("group", name="数字键盘")
    for digit in pin:
        pad.get_by_role("button", name=digit, exact=True).click()


def judged(page: Page, see: Callable[[str], None] = lambda _: None) -> None:
    """Nothing bars anyone, in light and dark, narrow, and with text of twice the size; `see` is told each by name."""
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
    """The whole page at once: what just then stands half under the tabs or the feet is no small target."""
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
