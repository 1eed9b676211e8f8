"""Palm customs on a phone with the shield's app: there and back (R13, R8), and its other messages."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mshield.testkit.demo.people import OPERATOR
from tests.browser.app.seeded import CLERK
from tests.browser.demo.conftest import Scene

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
Look = Callable[[Page, str], None]


def _bind_if_asked(page: Page, scene: Scene) -> None:
    """Binds if asked: the app's first request asks, whichever test comes first."""
    expect(page.get_by_role("heading", name=re.compile("^(先绑定证书|确认登录)$"))).to_be_visible()
    if page.get_by_role("link", name="去绑定证书").is_visible():
        page.get_by_role("link", name="去绑定证书").click()
        scene.give_pin(page, "绑定证书")


def test_r13_r8_round_trip_to_the_shield_binds_on_the_way(scene: Scene, look: Look) -> None:
    page = scene.on_the_phone()
    look(page, "palm-login")
    page.get_by_role("button", name="用手机盾登录").click()
    expect(page.get_by_role("heading", name="先绑定证书")).to_be_visible()
    # The user returns by themselves, and is told what to do.
    page.goto(scene.demonstration.palm.origin)
    page.get_by_role("link", name="有一个请求还没有结果").click()
    expect(page.get_by_text("手机盾提示“先绑定证书”")).to_be_visible()
    look(page, "palm-waiting")
    page.get_by_role("link", name="再打开手机盾").click()
    page.get_by_role("link", name="去绑定证书").click()
    scene.give_pin(page, "绑定证书")
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    expect(page.get_by_role("term").filter(has_text="发起设备")).to_be_visible()
    scene.give_pin(page, "输入 PIN 码登录")
    expect(page.get_by_text("已登录掌上海关（演示），可以回到那里继续")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("电脑")
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
    # Closing a page while it navigates may hang the browser.
    expect(page.get_by_role("button", name="用手机盾登录")).to_be_visible()
    page.close()


def test_r13_link_sent_by_an_attacker_is_refused(scene: Scene, look: Look) -> None:
    attacker = scene.pc.new_context().new_page()
    attacker.goto(scene.demonstration.palm.origin)
    with attacker.expect_request(lambda request: "/app/sign" in request.url) as opened:
        attacker.get_by_role("button", name="用手机盾登录").click()
    page = scene.phone.context.new_page()
    page.goto(opened.value.url)
    _bind_if_asked(page, scene)
    scene.give_pin(page, "输入 PIN 码登录")
    expect(page.get_by_text("这个请求不是您发起的，没有登录或签名")).to_be_visible(timeout=20_000)
    look(page, "palm-relayed")
    page.close()
    attacker.goto(scene.demonstration.palm.origin)
    expect(attacker.get_by_role("heading", name=CLERK.name)).to_have_count(0)
    attacker.context.close()


def test_r13_signature_by_another_person_is_refused(scene: Scene, look: Look) -> None:
    page = scene.on_the_phone()
    page.get_by_role("button", name="用手机盾登录").click()
    _bind_if_asked(page, scene)
    scene.give_pin(page, "输入 PIN 码登录")
    expect(page.get_by_role("heading", name=CLERK.name)).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="汇总征税担保变更").click()
    task = page.url
    # The request reaches a colleague's shield instead of this phone's.
    token = page.locator('input[name="csrf"]').first.get_attribute("value") or ""
    asked = page.request.post(f"{task}/sign", form={"csrf": token}, max_redirects=0)
    other = scene.demonstration.phone
    other.bind(OPERATOR.pin)
    other.scan(asked.headers["location"])
    page.goto(other.approve(pin=OPERATOR.pin).return_address or "")
    expect(page).to_have_url(task)
    expect(page.get_by_role("heading", name="签名没有通过验证，没有采用")).to_be_visible()
    told = page.get_by_role("status")
    expect(told).to_contain_text("签名人与预期不符。 请用登录时的手机盾签名")
    expect(told).to_contain_text("unexpected_signer")
    expect(page.get_by_role("link", name="下载签名 .p7s")).to_have_count(0)
    expect(page.get_by_role("button", name="去手机盾签名")).to_be_visible()
    look(page, "palm-unexpected-signer")
    page.get_by_role("link", name="English").click()
    expect(told).to_contain_text(
        "The signer is not the one expected. Sign with the shield that logged in here"
    )
    page.get_by_role("link", name="中文").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("button", name="用手机盾登录")).to_be_visible()
    page.close()
