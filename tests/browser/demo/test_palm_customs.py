"""Palm customs on a phone that has the shield's app: over to it and back (R13, R8), and what a user sees otherwise."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app.seeded import CLERK
from tests.browser.demo.conftest import Scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Look = Callable[[Page, str], None]


def test_r13_r8_to_the_shield_with_the_binding_on_the_way_and_back(scene: Scene, look: Look) -> None:
    page = scene.on_the_phone()
    look(page, "palm-login")
    page.get_by_role("button", name="用手机盾登录").click()
    expect(page.get_by_role("heading", name="先绑定证书")).to_be_visible()
    # He goes back by himself, and is told what to do.
    page.goto(scene.demonstration.palm.origin)
    page.get_by_role("link", name="有一个请求还没有结果").click()
    expect(page.get_by_text("手机盾提示“先绑定证书”")).to_be_visible()
    look(page, "palm-waiting")
    page.get_by_role("link", name="再打开手机盾").click()
    page.get_by_role("link", name="去绑定证书").click()
    scene.give_pin(page, "绑定证书")
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    scene.give_pin(page, "输入 PIN 码登录")
    expect(page).to_have_url(f"{scene.demonstration.palm.origin}/", timeout=30_000)
    expect(page.get_by_role("heading", name=CLERK.name)).to_be_visible()
    look(page, "palm-tasks")

    page.get_by_role("link", name="税款缴纳确认").click()
    page.get_by_role("button", name="去手机盾签名").click()
    expect(page.get_by_role("heading", name="确认签名")).to_be_visible()
    expect(page.locator("main")).to_contain_text("掌上海关")
    scene.give_pin(page, "输入 PIN 码签名")
    page.get_by_role("button", name="返回掌上海关").click()
    expect(page.get_by_role("heading", name="签名有效")).to_be_visible(timeout=20_000)
    look(page, "palm-signed")

    page.get_by_role("link", name="我的事项").click()
    page.get_by_role("link", name="查验预约").click()
    page.get_by_role("button", name="去手机盾签名").click()
    page.get_by_role("button", name="不签").click()
    page.get_by_role("link", name="返回掌上海关").click()
    expect(page.get_by_role("heading", name="没有签名：在手机盾里没有同意")).to_be_visible(timeout=20_000)
    look(page, "palm-declined")
    page.get_by_role("link", name="English").click()
    expect(
        page.get_by_role("heading", name="Not signed: it was declined in the shield's app")
    ).to_be_visible()
    look(page, "palm-english")
    page.get_by_role("link", name="中文").click()
    page.get_by_role("button", name="退出登录").click()
    page.close()


def test_r13_a_link_that_somebody_else_sent(scene: Scene, look: Look) -> None:
    attacker = scene.pc.new_context().new_page()
    attacker.goto(scene.demonstration.palm.origin)
    with attacker.expect_request(lambda request: "/app/sign" in request.url) as opened:
        attacker.get_by_role("button", name="用手机盾登录").click()
    page = scene.phone.context.new_page()
    page.goto(opened.value.url)
    scene.give_pin(page, "输入 PIN 码登录")
    expect(page.get_by_text("这个请求不是您发起的，没有登录或签名")).to_be_visible(timeout=20_000)
    look(page, "palm-relayed")
    page.close()
    attacker.goto(scene.demonstration.palm.origin)
    expect(attacker.get_by_role("heading", name=CLERK.name)).to_have_count(0)
    attacker.context.close()
