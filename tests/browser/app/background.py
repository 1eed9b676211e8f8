"""The app goes to the background and comes back, as a browser tells a page of it; its clocks are the test's."""

import time
from typing import Final

from playwright.sync_api import Page

_SHOWN: Final = """state => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def leave(page: Page) -> None:
    """Another app comes to the front."""
    page.evaluate(_SHOWN, "hidden")


def come_back(page: Page) -> None:
    """This app comes to the front again."""
    page.evaluate(_SHOWN, "visible")


def pass_time(page: Page, seconds: int, *, timers: bool) -> None:
    """Time goes by; `timers` says whether the page's own go on, or it is frozen."""
    if timers:
        page.clock.fast_forward(seconds * 1000)
    else:
        page.clock.set_system_time(page.evaluate("Date.now()") / 1000 + seconds)


def right_time(page: Page) -> None:
    """The phone's clock agrees with the service's again."""
    page.clock.set_system_time(time.time())
