"""WebKitGTK, an engine like Safari's: its MiniBrowser, driven by WebDriver on a virtual screen.

Elements are found like a person finds them: fields by labels, buttons and links by names.
"""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from selenium.common.exceptions import (
    ElementNotInteractableException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver import Remote
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

DRIVER: Final = Path("/usr/bin/WebKitWebDriver")
SECONDS: Final = 40.0
"""Timeout in s for anything to appear: WebKitGTK without a graphics card is slow on a busy machine."""
_HEAR_CAPTCHA: Final = """
const through = window.fetch;
window.fetch = async (...given) => {
  const answer = await through(...given);
  if (String(given[0]).endsWith("/captchas")) window.captchaId = (await answer.clone().json()).captcha_id;
  return answer;
};
"""
_HEAR_PRESSES: Final = """
window.pressed = [];
document.addEventListener("click", ({ clientX, clientY, target }) =>
  window.pressed.push([clientX, clientY, target.outerHTML.slice(0, 100)]), true);
"""
_IS_STILL: Final = """
const [element, done] = arguments;
const place = () => JSON.stringify(element.getBoundingClientRect());
const before = place();
requestAnimationFrame(() => requestAnimationFrame(() =>
  setTimeout(() => done(element.isConnected && place() === before), 50)));
"""
"""The driver presses where it saw the element, so wait until it has stopped moving."""
_HOW_IT_STANDS: Final = """
const done = arguments[arguments.length - 1];
navigator.locks.query().catch(String).then((locks) => done(JSON.stringify({
  ready: document.readyState,
  worker: navigator.serviceWorker?.controller?.state ?? null,
  locks,
  pressed: window.pressed?.slice(-5),
  files: performance.getEntriesByType("resource").map(({ name, responseEnd }) => [name, Math.round(responseEnd)]),
})));
"""
"""Tells whether a slow page waits for its worker, a lock or a file."""
_SLIM: Final = (
    "* { min-width: 0; margin: 0; padding: 0; font-size: 1px; } image { -gtk-icon-transform: scale(0.1); }"
)
"""Space for the browser's own bar, whose buttons keep its window from being as narrow as a phone."""
_WIDTH: Final = 390
_Found = TypeVar("_Found")
_NAMED: Final = (
    "//*[self::button or self::a][not(@disabled)]"
    "[normalize-space()=$name or @aria-label=$name or .//b[normalize-space()=$name]]"
)
_HEADING: Final = "//*[self::h1 or self::h2][normalize-space()=$name]"
_FIELD: Final = "//*[self::input or self::textarea][@id=//label[normalize-space()=$name]/@for]"


@dataclass(frozen=True, slots=True)
class WebKit:
    """A browser with one window; `taps` are those so far, as counted by `benches.phone_walk`."""

    driver: Remote
    taps: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """Opens a page."""
        self.driver.get(address)
        self.driver.execute_script(_HEAR_PRESSES)

    def press(self, name: str) -> None:
        """Presses a button or link, as soon as it exists."""
        self._click(_NAMED, name)
        self.taps.append(name)

    def read_chinese(self) -> None:
        """Chooses Chinese, since this browser reports no language."""
        self._click("//button[@lang='zh-CN']", "中文")

    def fill(self, label: str, text: str) -> None:
        """Fills a field by its label."""
        element = self._find(_FIELD, label)
        element.clear()
        element.send_keys(text)
        self.taps.append(label)

    def type_now(self, label: str, text: Callable[[], str]) -> None:
        """Types a value read once the field exists: a code on a screen expires while waiting for the field."""
        element = self._find(_FIELD, label)
        element.send_keys(text())
        self.taps.append(label)

    def sees(self, heading: str) -> None:
        """Waits for a heading."""
        self._find(_HEADING, heading)

    def text(self) -> str:
        """Returns the page's whole text."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    def says(self, text: str) -> None:
        """Waits for some text."""
        self._wait(lambda: text in self.text(), text)

    def waits_for(self, script: str) -> None:
        """Waits until a script returns something true."""
        self._wait(lambda: self.driver.execute_script(script) or None, script)

    def rests(self) -> None:
        """Waits until nothing is being drawn or fetched."""
        self._wait(lambda: not self.driver.find_elements(By.CSS_SELECTOR, "[aria-busy=true]"), "rest")

    def enter_pin(self, pin: str) -> None:
        """Enters a PIN on the app's keypad, and presses a lost digit again.

        The driver presses where it saw the key, but the sheet may have moved on a busy machine.
        """
        for before, digit in enumerate(pin):
            self._wait(partial(self._has_entered, before), f"{before} digits")
            while self._has_entered(before):
                self._click("//*[@class='pad']//button[normalize-space()=$name]", digit)
                for _ in range(20):
                    if not self._has_entered(before):
                        break
                    time.sleep(0.05)
            self.taps.append(digit)

    def _has_entered(self, count: int) -> bool:
        """Reports whether the app shows this many digits as entered."""
        told: str | None = self.driver.execute_script(
            "return document.querySelector('.pin[role=img]')?.getAttribute('aria-label')"
        )
        return told is not None and re.findall(r"\d+", told)[-1:] == [str(count)]

    def choose(self, option: str) -> None:
        """Turns the wheel to an option."""
        self._click("//*[@role='option'][normalize-space()=$name]", option)
        self._find("//*[@role='option'][@aria-selected='true'][normalize-space()=$name]", option)

    def has(self, name: str, other: str) -> bool:
        """Waits for one of two buttons; reports whether it is the first."""
        self._find(f"({_NAMED} | {_NAMED.replace('$name', repr(other))})", name)
        return bool(self.driver.find_elements(By.XPATH, _NAMED.replace("$name", repr(name))))

    def captcha(self) -> str:
        """Requests a new captcha and returns its id, whose answer a demonstration service reveals."""
        self.driver.execute_script(_HEAR_CAPTCHA)
        self.press("换一张图形验证码")
        heard: str = self._wait(lambda: self.driver.execute_script("return window.captchaId"), "captcha")
        return heard

    def _click(self, path: str, name: str) -> None:
        self._wait(partial(self._has_clicked, path, name), name)

    def _has_clicked(self, path: str, name: str) -> bool:
        """Clicks unless the element or its sheet is moving; reports whether it did."""
        element = self._find(path, name)
        if not self.driver.execute_async_script(_IS_STILL, element):
            return False
        try:
            element.click()
        except ElementNotInteractableException:
            return False
        return True

    def _find(self, path: str, name: str) -> WebElement:
        assert "'" not in name
        where = path.replace("$name", f"'{name}'")

        def shown() -> WebElement | None:
            found = self.driver.find_elements(By.XPATH, where)
            return next((each for each in found if each.is_displayed()), None)

        return self._wait(shown, name)

    def _wait(self, look: Callable[[], _Found | None], what: str) -> _Found:
        def tried(_: Remote) -> _Found | None:
            try:
                return look()
            except StaleElementReferenceException:
                return None  # the page was just drawn again

        try:
            found = WebDriverWait(self.driver, SECONDS, poll_frequency=0.1).until(tried)
        except TimeoutException as error:
            # The message shows the page as it is now, not as it was when the wait began.
            told = f"no {what} at {self.driver.current_url} in: {self.text()}"
            raise AssertionError(f"{told}\n{self.driver.execute_async_script(_HOW_IT_STANDS)}") from error
        assert found is not None
        return found


@contextmanager
def webkit() -> Iterator[WebKit]:
    """Yields a phone-sized window on a virtual screen; nothing of it is stored."""
    assert DRIVER.exists(), "needs WebKitGTK: scripts/install-test-needs"
    # Its processes outlive it briefly and still write to their caches.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, _screen() as display:
        inherited = {name: value for name, value in os.environ.items() if name != "WAYLAND_DISPLAY"}
        own = {
            "DISPLAY": display,
            "GDK_BACKEND": "x11",
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "NO_AT_BRIDGE": "1",
        }
        style = Path(home, ".config", "gtk-3.0", "gtk.css")
        style.parent.mkdir(parents=True)
        style.write_text(_SLIM, "utf-8")
        options = Options()
        options.binary_location = str(_mini_browser())
        options.add_argument("--automation")
        service = Service(str(DRIVER), env=inherited | own)
        service.start()
        try:
            connection = RemoteConnection(client_config=ClientConfig(service.service_url))
            with Remote(connection, options=options) as driver:
                driver.set_window_size(_WIDTH, 844)
                assert driver.execute_script("return innerWidth") == _WIDTH
                yield WebKit(driver)
        finally:
            service.stop()


def _mini_browser() -> Path:
    """Returns the path of MiniBrowser, in a folder named after the API's version on Debian."""
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    assert found, "needs WebKitGTK's MiniBrowser: scripts/install-test-needs"
    return found[-1]


@contextmanager
def _screen() -> Iterator[str]:
    """Yields a display; the X server picks a free number."""
    command = ("Xvfb", "-displayfd", "1", "-screen", "0", "1024x1024x24", "-nolisten", "tcp")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield f":{server.stdout.readline().strip()}"
        finally:
            server.terminate()
