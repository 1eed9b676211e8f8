"""Checks of a desk page's layout: by rules, and by pictures for people."""

import os
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect

from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.desk.desk import SIZE

_SEEN: Final = os.environ.get("PAGES_SEEN")
_SIZES: Final = (
    {"width": 1024, "height": 768},
    {"width": 1280, "height": 800},
    SIZE,
    {"width": 390, "height": 844},
    {"width": 360, "height": 740},
)
_BETWEEN: Final = {"width": 768, "height": 1024}
"""A tablet, or half a screen: a table may be wider than its place, but a row's actions must be visible."""
_NARROW: Final = {"width": 320, "height": 690}
"""Size for pictures only."""
_OUT_OF_SIGHT: Final = """() => [...document.querySelectorAll("table")]
  .filter((each) => each.scrollWidth > each.parentElement.clientWidth).length"""

_ACTS_OUT_OF_SIGHT: Final = """() => [...document.querySelectorAll("table :is(.acts, .can) button")]
  .filter((each) => {
    const act = each.getBoundingClientRect(), place = each.closest(".tbw").getBoundingClientRect();
    return act.left < place.left - 1 || act.right > place.right + 1;
  }).map((each) => each.textContent.trim())"""

_CUT_HINTS: Final = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  return [...document.querySelectorAll("input[placeholder]")].filter((field) => {
    const { font, paddingLeft, paddingRight } = getComputedStyle(field);
    pen.font = font;
    const room = field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
    return pen.measureText(field.placeholder).width > room;
  }).map((field) => field.placeholder);
}"""


def hints_fit(page: Page) -> None:
    """Asserts that placeholders of empty fields are fully readable, also on a narrow phone."""
    for size in (_NARROW, SIZE):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        expect(page.locator("input[placeholder]").first).to_be_visible()
        assert page.evaluate(_CUT_HINTS) == []


def look(page: Page, name: str) -> None:
    """Checks the page at three desk sizes, on a tablet and on phones, light and dark.

    Pictures go to PAGES_SEEN, if set.
    """
    expect(page.locator("h1").first).to_be_visible()
    check_page(page)
    laid_out(page, name)


def laid_out(page: Page, name: str) -> None:
    """Checks the layout without a reload: nothing is wider than the page, all actions are visible."""
    for size in (*((_NARROW,) if _SEEN else ()), *_SIZES, _BETWEEN):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        for scheme in ("light", "dark") if _SEEN else ():
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            page.screenshot(path=Path(str(_SEEN)) / f"{name}-{size['width']}-{scheme}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= size["width"], f"{name}: {wide} wide at {size['width']}"
        acts = page.evaluate(_ACTS_OUT_OF_SIGHT)
        assert not acts, f"{name}: {acts} can't be seen at {size['width']}"
        hidden = size is not _BETWEEN and page.evaluate(_OUT_OF_SIGHT)
        assert not hidden, f"{name}: a table's columns are out of sight at {size['width']}"
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size({"width": SIZE["width"], "height": SIZE["height"]})
