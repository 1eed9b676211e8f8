"""The demonstration with two browsers: the PC's, and the phone's with the shield's app and a camera."""

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from mshield.testkit.phone import VirtualPhone
from tests.browser.app.camera import Camera
from tests.browser.app.pin_pad_and_pixels import PIXEL, check_page, enter_pin
from tests.browser.app.seeded import Holder, bundle, holder
from tests.browser.conftest import Party
from tests.support.chromium import WHOLE, launch
from tests.support.demonstration import Demonstration, demonstration_in
from tests.support.once import once


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """All running parts of the demonstration."""
    with demonstration_in(tmp_path_factory.mktemp("demonstration")) as made:
        yield made


_CONFIRM: Final = re.compile("^确认(登录|签名)$")


@dataclass(slots=True)
class Scene:
    """A desk with a PC and a phone."""

    demonstration: Demonstration
    pc: Browser
    phone: Holder
    camera: Camera
    complaints: list[str] = field(default_factory=list)

    def at_the_pc(self, path: str = "/", *, origin: str = "") -> Page:
        """Opens a new browser of the PC at the Single Window, or at another one of this origin."""
        page = self.pc.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN").new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: self.complaints.append(line.text) if "Content Security" in line.text else None,
        )
        page.goto((origin or self.demonstration.window.origin) + path)
        return page

    def on_the_phone(self) -> Page:
        """Opens palm customs in the phone's browser."""
        page = self.phone.context.new_page()
        page.goto(self.demonstration.palm.origin)
        return page

    def hold_the_phone_before(self, page: Page, *, told: str | None = None) -> Page:
        """Points the phone's scanner at this page's code until it has read it, like a person who retries.

        The phone then asks for an answer or, if `told` is given, has shown that refusal.
        """
        scanner = self.phone.page("/")
        seen = (
            scanner.get_by_role("heading", name=_CONFIRM)
            if told is None
            else scanner.locator("main").filter(has_text=told)
        )
        for _ in range(6):
            self.camera.film(self.codes_of(page))
            scanner.goto(f"{self.phone.service.origin}/app/scan")
            with contextlib.suppress(AssertionError):
                expect(seen).to_be_visible(timeout=10_000)
                return scanner
        raise AssertionError(f"the code was not read: {scanner.locator('body').inner_text()}")

    def codes_of(self, page: Page) -> list[str]:
        """Returns the page's code now and in the coming seconds, from the page's own source."""
        element = page.locator("mshield-login, mshield-sign")
        request, token = element.get_attribute("request"), element.get_attribute("token")
        address = f"{self.demonstration.service.origin}/api/pc/requests/{request}/events"
        with httpx.stream(
            "GET", address, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        ) as answer:
            is_code = False
            for line in answer.iter_lines():
                if is_code and line.startswith("data: "):
                    texts: list[str] = httpx.Response(200, content=line[6:]).json()["texts"]
                    return texts
                is_code = line == "event: qr" or (is_code and line != "")
        raise AssertionError("no code came")

    def give_pin(self, page: Page, button: str) -> None:
        """Confirms on the phone."""
        page.get_by_role("button", name=button).click()
        enter_pin(page, self.phone.person.pin)

    def logged_in(self, *, origin: str = "") -> Page:
        """Returns the PC's page, logged in by scan."""
        page = self.at_the_pc("/login", origin=origin)
        scanner = self.hold_the_phone_before(page)
        self.give_pin(scanner, "输入 PIN 码登录")
        expect(page.get_by_role("heading", name="报关单", exact=True)).to_be_visible(timeout=20_000)
        scanner.close()
        return page

    def logged_in_by(self, phone: VirtualPhone, pin: str) -> Page:
        """Returns the PC's page, logged in by this virtual phone."""
        page = self.at_the_pc("/login")
        phone.scan(self.codes_of(page)[0])
        phone.approve(pin=pin)
        expect(page.get_by_role("heading", name="报关单", exact=True)).to_be_visible(timeout=20_000)
        return page

    def change(self, statement: str, *values: object) -> None:
        """Changes stored data as time or the operator would; the service sees it at its next read."""
        connection = sqlite3.connect(
            self.demonstration.service.database.removeprefix("sqlite:///"), timeout=10
        )
        with connection:
            assert connection.execute(statement, values).rowcount == 1
        connection.close()
        self.demonstration.service.seal()


def declare(page: Page) -> str:
    """Makes a declaration from the example; returns its number."""
    page.get_by_role("link", name="用示例新建").click()
    page.get_by_role("button", name="保存", exact=True).last.click()
    expect(page.get_by_text("草稿，还没有签名")).to_be_visible()
    return page.url.rpartition("/")[2]


@pytest.fixture(scope="module")
def scene(
    demonstration: Demonstration,
    playwright: Playwright,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Scene]:
    """A scene, whose phone browser closes after the module's last test."""
    camera = Camera(tmp_path_factory.mktemp("camera") / "scene.y4m")
    camera.film([None])
    engine = once("engine", bundle)
    party = Party(demonstration.service, demonstration.phone)
    mobile = launch(playwright, *camera.flags, program=WHOLE)
    with holder(mobile, party, engine, **PIXEL) as phone:
        phone.context.grant_permissions(["camera"], origin=demonstration.service.origin)
        made = Scene(demonstration, browser, phone, camera)
        yield made
        # The phone's browser visited palm customs too, as intended.
        phone.foreign[:] = [each for each in phone.foreign if not each.startswith(demonstration.palm.origin)]
    mobile.close()
    assert not made.complaints


@pytest.fixture
def look(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Page, str], None]:
    """Returns a check of a page in Chinese and English; pictures go to PAGES_SEEN, if set."""
    import os

    kept = os.environ.get("PAGES_SEEN")

    def judge(page: Page, name: str) -> None:
        def see(how: str) -> None:
            if kept:
                page.screenshot(path=Path(kept) / f"{name}-{how}.png", full_page=True)

        page.wait_for_load_state()
        check_page(page, see)

    return judge
