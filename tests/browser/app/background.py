"""The app goes to the background and returns, as a browser reports it to the page; the test controls the clocks."""

import time
from typing import Final

from playwright.sync_api import Page

_SHOWN: Final = """state => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def leave(page: Page) -> None:
    """Sends the app to the background."""
    page.evaluate(_SHOWN, "hidden")


def come_back(page: Page) -> None:
    """Brings the app to the foreground."""
    page.evaluate(_SHOWN, "visible")


def pass_time(page: Page, seconds: int, *, timers: bool) -> None:
    """Advances time; `timers` says whether the page's own timers run, or the page is frozen."""
    if timers:
        page.clock.fast_forward(seconds * 1000)
    else:
        page.clock.set_system_time(page.evaluate("Date.now()") / 1000 + seconds)


def right_time(page: Page) -> None:
    """Sets the phone's clock to the service's time again."""
    page.clock.set_system_time(time.time())
