"""Checks of a page: its QR code as a camera reads it, and findings of axe-core."""

import io
from pathlib import Path
from typing import Any, Final

import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page

_AXE: Final = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def read_code(place: Locator) -> str | None:
    """Returns the text of the QR code drawn there, from a screenshot; None if there is none."""
    picture = Image.open(io.BytesIO(place.screenshot(animations="allow")))
    found = zxingcpp.read_barcodes(picture)
    return found[0].text if found else None


def events_of(page: Page) -> list[dict[str, Any]]:
    """Returns the component's events received by the window so far."""
    heard: list[dict[str, Any]] = page.evaluate("window.heard")
    return heard


def barriers(page: Page) -> list[str]:
    """Returns axe-core's findings, one line each."""
    if not page.evaluate("'axe' in window"):  # once per document: it is half a megabyte
        page.evaluate(_AXE.read_text("utf-8"))
    found = page.evaluate("rules => axe.run({ runOnly: rules })", _RULES)
    return [
        f"{each['id']}: {each['help']} {[node['html'][:120] for node in each['nodes']]}"
        for each in found["violations"]
    ]
