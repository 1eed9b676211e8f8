"""The page that leads to the app, in Chromium with the user agents of the five platforms."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from mshield.server.http.pages.guides import GUIDES
from mshield.server.http.pages.platform import Platform
from tests.browser.conftest import Party
from tests.browser.page_checks import barriers, read_code
from tests.support.user_agents import IPAD_AS_MAC, USER_AGENTS

pytestmark = pytest.mark.slow

_OFFER: Final = """
() => {
  const offers = [1, 2].map(() => new Event("beforeinstallprompt", { cancelable: true }));
  for (const offer of offers) {
    offer.prompt = () => {
      document.title = document.title === "asked" ? "asked twice" : "asked";
      dispatchEvent(new Event("appinstalled"));
    };
    dispatchEvent(offer);
  }
  return offers.every(({ defaultPrevented }) => defaultPrevented);
}
"""
"""Some browsers repeat the offer, which replaces the previous one."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "width"), [("android", 320), ("ios", 390), ("wechat", 320), ("360", 390), ("pc", 1280)]
)
def test_r23_download_page_is_accessible(
    open_page: Callable[..., Page], party: Party, name: str, width: int, scheme: str
) -> None:
    page = open_page(width=width, color_scheme=scheme, user_agent=USER_AGENTS[name], locale="zh-CN")
    page.goto(f"{party.service.origin}/download")
    expect(page.locator("#guide h2")).to_have_text(GUIDES[Platform(name)].title.zh)
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="English").click()
    expect(page.locator("#guide h2")).to_have_text(GUIDES[Platform(name)].title.en)
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_r23_the_code_on_a_pc_leads_here(open_page: Callable[..., Page], party: Party) -> None:
    page = open_page(user_agent=USER_AGENTS["pc"], color_scheme="dark")
    page.goto(party.service.origin)
    expect(page).to_have_url(f"{party.service.origin}/download")
    assert read_code(page.locator(".qr")) == f"{party.service.origin}/download"


def test_r23_the_guides_work_without_script(open_page: Callable[..., Page], party: Party) -> None:
    page = open_page(width=390, user_agent=USER_AGENTS["android"], java_script_enabled=False, locale="zh-CN")
    page.goto(f"{party.service.origin}/download")
    page.get_by_role("link", name="iPhone").click()
    expect(page.locator("#guide h2")).to_have_text(GUIDES[Platform.IOS].title.zh)
    expect(page.get_by_role("link", name="iPhone")).to_have_attribute("aria-current", "page")


def test_r23_ipad_with_a_mac_user_agent_is_recognised(open_page: Callable[..., Page], party: Party) -> None:
    page = open_page(width=820, user_agent=IPAD_AS_MAC, has_touch=True, locale="zh-CN")
    page.goto(f"{party.service.origin}/download")
    expect(page.locator("#guide h2")).to_have_text(GUIDES[Platform.IOS].title.zh)
    page.get_by_role("link", name="安卓").click()
    expect(page.locator("#guide h2")).to_have_text(GUIDES[Platform.ANDROID].title.zh)


def test_r23_button_uses_the_browsers_install_prompt(open_page: Callable[..., Page], party: Party) -> None:
    page = open_page(width=390, user_agent=USER_AGENTS["android"], locale="zh-CN")
    page.goto(f"{party.service.origin}/download")
    button = page.get_by_role("button", name="安装到手机")
    expect(button).to_be_hidden()
    assert page.evaluate(_OFFER)
    button.click()
    expect(page).to_have_title("asked")
    expect(page.get_by_role("status")).to_have_text("已安装，请从桌面图标打开")
    expect(button).to_be_hidden()
    expect(page.get_by_role("link", name="打开手机盾")).to_have_attribute("href", "/app/")
