"""WebKitGTK, the engine of Safari's kin: its MiniBrowser, driven by WebDriver on a screen of its own.

Elements are found as a person finds them: fields by their labels, buttons and links by their names.
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
"""For anything to appear: WebKitGTK without a graphics card shares a busy machine."""
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
"""The driver presses where an element stood when it looked: not while that moves."""
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
"""What tells a page that waits for its worker, a lock or a file from one that is slow."""
_SLIM: Final = (
    "* { min-width: 0; margin: 0; padding: 0; font-size: 1px; } image { -gtk-icon-transform: scale(0.1); }"
)
"""For the browser's own bar, whose buttons keep its window from being as narrow as a phone."""
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
    """One browser with one window; `taps` are those so far, as `benches.phone_walk` counts them."""

    driver: Remote
    taps: list[str] = field(default_factory=list)

    def open(self, address: str) -> None:
        """A page."""
        self.driver.get(address)
        self.driver.execute_script(_HEAR_PRESSES)

    def press(self, name: str) -> None:
        """A button or link, as soon as it is there."""
        self._click(_NAMED, name)
        self.taps.append(name)

    def read_chinese(self) -> None:
        """Here the browser says of no language that its user reads it."""
        self._click("//button[@lang='zh-CN']", "中文")

    def fill(self, label: str, text: str) -> None:
        """A field by its label."""
        element = self._find(_FIELD, label)
        element.clear()
        element.send_keys(text)
        self.taps.append(label)

    def type_now(self, label: str, text: Callable[[], str]) -> None:
        """What a screen shows once the field is there: waiting for the field, a code of the screen gets old."""
        element = self._find(_FIELD, label)
        element.send_keys(text())
        self.taps.append(label)

    def sees(self, heading: str) -> None:
        """A heading, soon."""
        self._find(_HEADING, heading)

    def text(self) -> str:
        """All that the page says."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    def says(self, text: str) -> None:
        """Some words, soon."""
        self._wait(lambda: text in self.text(), text)

    def rests(self) -> None:
        """Nothing is being drawn or fetched any more, soon."""
        self._wait(lambda: not self.driver.find_elements(By.CSS_SELECTOR, "[aria-busy=true]"), "rest")

    def enter_pin(self, pin: str) -> None:
        """On the app's keypad, as a person does: a digit that didn't arrive is pressed again.

        The driver presses where the key stood when it looked, and the sheet may have moved on a busy machine.
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
        """Whether the app says that it has so many digits."""
        told: str | None = self.driver.execute_script(
            "return document.querySelector('.pin[role=img]')?.getAttribute('aria-label')"
        )
        return told is not None and re.findall(r"\d+", told)[-1:] == [str(count)]

    def choose(self, option: str) -> None:
        """Turns the wheel to it."""
        self._click("//*[@role='option'][normalize-space()=$name]", option)
        self._find("//*[@role='option'][@aria-selected='true'][normalize-space()=$name]", option)

    def has(self, name: str, other: str) -> bool:
        """Waits for the one button or the other; whether it is the first."""
        self._find(f"({_NAMED} | {_NAMED.replace('$name', repr(other))})", name)
        return bool(self.driver.find_elements(By.XPATH, _NAMED.replace("$name", repr(name))))

    def captcha(self) -> str:
        """The id of a captcha that the app draws anew; the service tells its answer in a demonstration."""
        self.driver.execute_script(_HEAR_CAPTCHA)
        self.press("换一张图形验证码")
        heard: str = self._wait(lambda: self.driver.execute_script("return window.captchaId"), "captcha")
        return heard

    def _click(self, path: str, name: str) -> None:
        self._wait(partial(self._has_clicked, path, name), name)

    def _has_clicked(self, path: str, name: str) -> bool:
        """Not while it moves, nor while the sheet that it stands on still comes up."""
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
                return None  # the page was just drawn anew

        try:
            found = WebDriverWait(self.driver, SECONDS, poll_frequency=0.1).until(tried)
        except TimeoutException as error:
            # What the page says now, not when the wait began.
            told = f"no {what} at {self.driver.current_url} in: {self.text()}"
            raise AssertionError(f"{told}\n{self.driver.execute_async_script(_HOW_IT_STANDS)}") from error
        assert found is not None
        return found


@contextmanager
def webkit() -> Iterator[WebKit]:
    """A phone-sized window on a screen that nobody sees; nothing of it is kept."""
    assert DRIVER.exists(), "needs WebKitGTK: scripts/install-test-needs"
    # Its processes outlive it by a moment, in which they still write to their caches.
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
    """Debian keeps it beside the library, which ends in its API's version."""
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    assert found, "needs WebKitGTK's MiniBrowser: scripts/install-test-needs"
    return found[-1]


@contextmanager
def _screen() -> Iterator[str]:
    """The X server picks a number that is free."""
    command = ("Xvfb", "-displayfd", "1", "-screen", "0", "1024x1024x24", "-nolisten", "tcp")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        try:
            yield f":{server.stdout.readline().strip()}"
        finally:
            server.terminate()
