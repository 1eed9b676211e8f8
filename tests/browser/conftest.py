"""A browser, the running service with a phone that has a certificate, and a business system's site.

The browser is Debian's Chromium. It is closed before the process runs tests of another folder: Playwright's
event loop must not exist when other tests run their own.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.browser.site import Site
from tests.support.chromium import launch
from tests.support.live_service import LiveService, enrolled

# Makes the component's closed tree open for locators and axe; what is drawn and sent is unchanged.
OPEN: Final = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) {
  return attach.call(this, { ...options, mode: "open" });
};
"""
expect.set_options(timeout=20_000)  # for a busy machine; what is already there is found at once
_HEARD: Final = """
window.heard = [];
for (const name of ["scanned", "signed", "declined", "expired", "cancelled"]) {
  addEventListener(`mshield-${name}`, ({ type, detail }) => window.heard.push({ type, ...detail }));
}
"""


@dataclass(slots=True)
class Party:
    """The service, its phone, and the calls of the business system's server."""

    service: LiveService
    phone: VirtualPhone

    def ask(self, kind: str = "login", **more: Any) -> dict[str, Any]:
        """Creates a request, like the business system's server."""
        answer = self._call("POST", "/api/business/requests", {"kind": kind, **more})
        made: dict[str, Any] = answer.json()
        return made

    def cancel(self, request_id: str) -> None:
        """Cancels a request, like the business system."""
        self._call("POST", f"/api/business/requests/{request_id}/cancel")

    def approve(self) -> None:
        """The phone's holder looks and enters the PIN."""
        self.phone.approve(pin=OPERATOR.pin)

    def _call(self, method: str, path: str, document: object = None) -> httpx.Response:
        system = self.service.system
        auth = (system["client_id"], system["client_secret"])
        url, patience = self.service.origin + path, 30.0  # the client's own timeout
        answer = httpx.request(method, url, json=document, auth=auth, timeout=patience, trust_env=False)
        assert answer.is_success, answer.text
        return answer


@contextmanager
def party_in(folder: Path) -> Iterator[Party]:
    """Yields a service with its files in this folder."""
    service = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    service.prepare()
    service.start()
    try:
        with enrolled(service) as phone:
            yield Party(service, phone)
    finally:
        service.stop()


@pytest.fixture(scope="session")
def party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Party]:
    """One service for all tests of a worker."""
    with party_in(tmp_path_factory.mktemp("service")) as made:
        yield made


@dataclass(slots=True)
class _Kept:
    """Playwright and the browser, shared by consecutive modules."""

    playwright: Playwright | None = None
    browser: Browser | None = None

    def close(self) -> None:
        if self.browser is not None:
            self.browser.close()
        if self.playwright is not None:
            self.playwright.stop()
        self.playwright = self.browser = None


_KEPT: Final = _Kept()
_FOLDER: Final = Path(__file__).parent


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """Closes the browser after all fixtures that this test is the last to use."""
    try:
        yield
    finally:
        if nextitem is None or _FOLDER not in nextitem.path.parents:
            _KEPT.close()


@pytest.fixture(scope="module")
def playwright() -> Playwright:
    """The launcher of browsers."""
    _KEPT.playwright = _KEPT.playwright or sync_playwright().start()
    return _KEPT.playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Headless Chromium without any context."""
    if _KEPT.browser is None or not _KEPT.browser.is_connected():
        _KEPT.browser = launch(playwright)
    browser = _KEPT.browser
    yield browser
    for context in browser.contexts:
        context.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Makes pages of a given size and colour scheme; records the browser's complaints and the component's events."""
    contexts = []
    complaints: list[str] = []

    def make(*, width: int = 1440, height: int = 900, closed: bool = False, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.add_init_script(_HEARD if closed else OPEN + _HEARD)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None
        )
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def site(party: Party) -> Iterator[Site]:
    """A business system's site, which allows only the service's script and calls."""
    origin = party.service.origin
    policy = (
        f"default-src 'none'; script-src 'self' {origin}; connect-src {origin}; img-src 'self';"
        " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    with Site(policy) as made:
        yield made
