"""A text without a view is signed once its end was on the screen: here it is scrolled there, as its reader does."""

import re
from typing import Final

from playwright.sync_api import Page, expect

ONWARDS: Final = "往下看，还有内容没看到"
_ONWARDS: Final = re.compile(f"^({ONWARDS}|Scroll down, there is more to see)$")
_HEADING: Final = re.compile("^(确认签名|Confirm the signature)$")
MOST: Final = 40


def read_on(page: Page) -> None:
    """Presses on until the button signs, or leads to the next document."""
    expect(page.get_by_role("heading", name=_HEADING)).to_be_visible()
    onwards = page.get_by_role("button", name=_ONWARDS)
    for _ in range(MOST):
        page.wait_for_timeout(300)  # until it stands still: the browser scrolls smoothly
        if onwards.count() == 0:
            return
        onwards.click()
    raise AssertionError("the end of the text is never on the screen")
