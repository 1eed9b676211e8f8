"""The component when the connection breaks or time runs out: never an expired code, always a message."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser.conftest import Party
from tests.browser.page_checks import events_of, read_code
from tests.browser.site import Site
from tests.browser.test_component import scan, show

pytestmark = pytest.mark.slow


@pytest.fixture
def short(party: Party) -> Iterator[Party]:
    """A service whose requests live for 15 seconds."""
    party.service.stop()
    party.service.settings["MSHIELD_REQUEST_SECONDS"] = "15"
    party.service.start()
    yield party
    party.service.stop()
    del party.service.settings["MSHIELD_REQUEST_SECONDS"]
    party.service.start()


def test_code_disappears_offline_and_returns_online(
    open_page: Callable[..., Page], site: Site, party: Party
) -> None:
    page = open_page()
    shield = show(page, site, party, party.ask())
    expect(shield.locator(".qr")).to_be_visible()
    party.service.kill()
    expect(shield.locator(".card .title")).to_have_text("网络不稳定", timeout=15_000)
    expect(shield.get_by_role("status")).to_contain_text("正在重新连接")
    assert read_code(shield) is None
    party.service.start()
    with suppress(PlaywrightTimeout):  # unless it has just reconnected by itself
        shield.get_by_role("button", name="再试一次").press("Enter", timeout=3_000)
    expect(shield.locator(".qr")).to_be_visible()
    scan(shield, party)
    party.approve()
    expect(shield.locator(".card .title")).to_have_text("已登录")


def test_component_polls_if_streams_are_blocked(
    open_page: Callable[..., Page], site: Site, party: Party
) -> None:
    page = open_page()
    page.route("**/events", lambda _: None)  # never answered
    shield = show(page, site, party, party.ask())
    expect(shield.locator(".qr")).to_be_visible(timeout=10_000)
    scan(shield, party)
    party.approve()
    expect(shield.locator(".card .title")).to_have_text("已登录")


def test_expiry_is_announced_and_reported(open_page: Callable[..., Page], site: Site, short: Party) -> None:
    page, made = open_page(), short.ask()
    shield = show(page, site, short, made)
    expect(shield.locator(".qr")).to_be_visible()
    expect(shield.get_by_role("status")).to_have_text(re.compile(r"^还有 \d+ 秒失效$"), timeout=12_000)
    expect(shield.locator(".card .title")).to_have_text("二维码已失效", timeout=20_000)
    expect(shield.get_by_role("status")).to_have_text("二维码已失效，没有人登录")
    assert read_code(shield) is None
    assert [each["type"] for each in events_of(page)] == ["mshield-expired"]
