"""The page `/demo/`, the start for newcomers to the demonstration."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo.conftest import Scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_demo_page_links_both_systems_and_the_rest(scene: Scene, look: Callable[[Page, str], None]) -> None:
    origin = scene.demonstration.service.origin
    page = scene.pc.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN").new_page()
    page.goto(f"{origin}/demo/")
    expect(page.get_by_role("heading", name="演示", exact=True)).to_be_visible()
    look(page, "demo")
    for name, heading in (
        ("国际贸易单一窗口", "用手机盾登录"),
        ("掌上海关", "掌上海关"),
        ("短信", "短信 SMS"),
    ):
        page.get_by_role("link", name=name).first.click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        page.goto(f"{origin}/demo/")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Demonstration")).to_be_visible()
    look(page, "demo-english")
    page.context.close()
