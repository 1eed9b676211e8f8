"""The manual's chapter 2.1: installing the app, for each browser.

`make manual` also takes the pictures of docs/manual in this test.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mshield.server.http.pages.guides import GUIDES
from mshield.server.http.pages.platform import Platform
from tests.browser.app.album import Album
from tests.browser.conftest import Party
from tests.support.user_agents import USER_AGENTS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_chapter_2_1(open_page: Callable[..., Page], party: Party) -> None:
    album = Album.wanted()

    def seen_by(name: str, platform: Platform) -> Page:
        page = open_page(width=390, user_agent=USER_AGENTS[name], locale="zh-CN")
        page.goto(f"{party.service.origin}/download")
        title = page.locator("#guide h2")
        expect(title).to_have_text(GUIDES[platform].title.zh)
        title.evaluate("title => title.scrollIntoView()")
        return page

    page = seen_by("android", Platform.ANDROID)
    expect(page.locator("#guide")).to_contain_text("添加到主屏幕")
    album.take(page, "install-android")
    page = seen_by("wechat", Platform.WECHAT)
    expect(page.locator("#guide")).to_contain_text("在浏览器打开")
    album.take(page, "install-wechat")
    page = seen_by("ios", Platform.IOS)
    expect(page.locator("#guide")).to_contain_text("Safari")
    album.take(page, "install-ios")
