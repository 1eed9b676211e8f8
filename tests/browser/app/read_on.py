"""Scrolls a document without a view to its end, which is required before it can be signed."""

import re
from contextlib import suppress
from typing import Final

from playwright.sync_api import Error, Page, expect

ONWARDS: Final = "往下看，还有内容没看到"
_ONWARDS: Final = re.compile(f"^({ONWARDS}|Scroll down, there is more to see)$")
_HEADING: Final = re.compile("^(确认签名|Confirm the signature)$")
MOST: Final = 40


def read_on(page: Page) -> None:
    """Presses the button until it no longer scrolls, but signs or leads to the next document."""
    expect(page.get_by_role("heading", name=_HEADING)).to_be_visible()
    onwards = page.get_by_role("button", name=_ONWARDS)
    for _ in range(MOST):
        page.wait_for_timeout(300)  # the browser scrolls smoothly
        if onwards.count() == 0:
            return
        with suppress(Error):  # a scroll that ends now replaces the button
            onwards.click(timeout=1_000)
    raise AssertionError("the end of the text is never on the screen")
