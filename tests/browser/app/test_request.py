"""The app's handling of a request, from the scanned code to the answer (R13, R15, R16)."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import segno
from playwright.sync_api import Page, Playwright, expect

from mshield.server.systems.rules.business_system import SYSTEM_CACHE_MS
from tests.browser.app.camera import Camera, Screen
from tests.browser.app.exports import SAMPLE, VIEW, with_view
from tests.browser.app.pin_pad_and_pixels import PIXEL, check_page, enter_pin
from tests.browser.app.pushes import push
from tests.browser.app.read_on import read_on
from tests.browser.app.seeded import CLERK, Holder, holder
from tests.browser.conftest import Party
from tests.browser.site import Site
from tests.support.chromium import WHOLE, launch

pytestmark = pytest.mark.slow

PC: Final = {
    "address": "203.0.113.24",
    "browser": (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
    ),
}
DECLARATION: Final = (Path(__file__).parents[3] / "examples" / "declaration.xml").read_bytes()
DISPLAY: Final = [
    {"label": label, "value": value}
    for label, value in (
        ("统一编号", "310420261000118473"),
        ("申报总价", "126000.00 欧元"),
        ("申报地海关", "北仑海关（3104）"),
        ("境内收货人", "宁波北潮进出口有限公司"),
        ("境外发货人", "Musterhafen Maschinenbau GmbH"),
        ("商品", "电动往复式排液泵"),
        ("数量、毛重", "40 台，3,260 千克"),
        ("运输方式", "水路运输"),
        ("监管方式", "一般贸易"),
        ("合同协议号", "BC-MH-2026-0914"),
    )
]


def document(title: str = "进口货物报关单", content: bytes = DECLARATION, **more: Any) -> dict[str, Any]:
    """Returns a document as the business system submits it."""
    given = {"title": title, "media_type": "application/xml", "display": DISPLAY, "format": "cms"}
    return {**given, "content_b64": base64.b64encode(content).decode(), **more}


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Camera:
    """A camera that first sees an empty desk."""
    made = Camera(tmp_path_factory.mktemp("camera") / "scene.y4m")
    made.film([None])
    return made


@pytest.fixture(scope="module")
def app(party: Party, engine: Path, camera: Camera, playwright: Playwright) -> Iterator[Holder]:
    """A phone with a certificate and this camera; its browser closes after the module's last test."""
    browser = launch(playwright, *camera.flags, program=WHOLE)
    with holder(browser, party, engine, **PIXEL) as made:
        made.context.grant_permissions(["camera"], origin=party.service.origin)
        yield made
    browser.close()


@pytest.fixture
def page(app: Holder, camera: Camera) -> Iterator[Page]:
    """The scanner, above an empty desk until `film`."""
    camera.film([None])
    opened = app.page("/scan")
    yield opened
    opened.close()


def film(camera: Camera, page: Page, made: dict[str, Any]) -> None:
    """Points the camera at the PC's screen."""
    camera.film_screen(Screen.of(made))
    page.reload()


def state(party: Party, made: dict[str, Any]) -> tuple[str, str | None]:
    """Returns the request's state and reason as the business system sees them."""
    with party.service.business() as business:
        found = business.status(made["id"])
    return found.state, found.reason


def test_push_notification_has_the_apps_text_and_no_content(app: Holder, page: Page) -> None:
    app.context.grant_permissions(["camera", "notifications"], origin=app.service.origin)
    notice, request = push(page, app.service.origin, '{"kind":"request","title":"漏","body":"48 EUR"}', "漏")
    assert notice == ["notice", "手机盾", "手机盾有新通知", "notice"]
    assert request == ["request", "手机盾", "有请求等您确认，请打开手机盾查看", "request"]


def test_a_login_from_the_code_to_its_end(party: Party, app: Holder, camera: Camera, page: Page) -> None:
    made = party.ask(pc=PC)
    film(camera, page, made)
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    expect(page.locator(".match .n")).to_have_text(made["number"])
    expect(page.locator("main")).to_contain_text("singlewindow.example")
    expect(page.locator("main")).to_contain_text("已登记")
    expect(page.locator("main")).to_contain_text(CLERK.name)
    expect(page.get_by_role("definition").filter(has_text="Windows")).to_have_text("WindowsEdge 142")
    expect(page.locator("main")).to_contain_text(PC["address"])
    check_page(page)
    page.get_by_role("button", name="输入 PIN 码登录").click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    check_page(page)
    assert state(party, made) == ("signed", None)
    page.get_by_role("button", name="完成").click()
    expect(page).to_have_url(f"{party.service.origin}/app/")


def test_displayed_declaration_is_signed_after_one_wrong_pin(
    party: Party, app: Holder, camera: Camera, page: Page
) -> None:
    made = party.ask("signature", documents=[document()], pc=PC)
    film(camera, page, made)
    expect(page.get_by_role("heading", name="确认签名")).to_be_visible()
    expect(page.get_by_role("region", name="原文")).to_contain_text("<总价>126000.00</总价>")
    theirs = page.get_by_role("region", name="来自对方的说明，未核对")
    expect(theirs.get_by_role("term")).to_have_count(10)
    expect(theirs.locator("mark")).to_have_count(0)
    expect(page.locator(".amt, .alarm")).to_have_count(0)
    check_page(page)
    read_on(page)
    page.get_by_role("button", name="输入 PIN 码签名").click()
    sheet = page.get_by_role("dialog")
    expect(sheet).to_contain_text("进口货物报关单")
    enter_pin(page, "999999")
    expect(sheet.get_by_role("alert")).to_contain_text("PIN 码不正确，还可以试 4 次")
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    expect(page.locator("main")).to_contain_text("签名已送达单一窗口")
    assert state(party, made)[0] == "signed"
    with party.service.business() as business:
        assert business.result(made["id"]).documents[0].title == "进口货物报关单"


def test_contradicting_description_needs_a_second_confirmation(
    party: Party, app: Holder, camera: Camera, page: Page
) -> None:
    display = [{"label": "申报总价", "value": "美元 100.00"}, {"label": "备注", "value": "请今天签"}]
    made = party.ask("signature", documents=[document(display=display)])
    film(camera, page, made)
    alarm = page.get_by_role("alert")
    expect(alarm.get_by_role("row", name="申报总价")).to_have_text("申报总价美元 100.00原文里没有")
    theirs = page.get_by_role("region", name="来自对方的说明，未核对")
    expect(theirs.locator("mark.absent")).to_contain_text("美元 100.00")
    expect(theirs.locator("mark.unchecked")).to_contain_text("请今天签")
    expect(page.get_by_role("button", name="输入 PIN 码签名")).to_have_count(0)
    expect(page.locator(".match")).to_have_count(0)
    check_page(page)
    page.get_by_role("button", name="按原文签名…").click()
    sheet = page.get_by_role("dialog")
    expect(sheet.get_by_role("button", name="先勾选上面一项")).to_be_disabled()
    check_page(page)
    sheet.get_by_role("checkbox", name="我看过原文，按原文签").check()
    sheet.get_by_role("button", name="输入 PIN 码签名").click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    assert state(party, made)[0] == "signed"


def test_content_with_a_view_is_rendered_by_the_phone(
    party: Party, app: Holder, camera: Camera, page: Page
) -> None:
    with_view(party)
    content = SAMPLE.read_bytes()
    display = [{"label": "申报总价", "value": "美元 18,600.00"}]
    asked = document("出口货物报关单", content, display=display, view=VIEW)
    made = party.ask("signature", documents=[asked])
    film(camera, page, made)
    drawn = page.get_by_role("region", name="本机从原文读出")
    expect(drawn.locator(".amt")).to_have_text("美元186,000.00")
    expect(drawn.get_by_role("table")).to_contain_text("铝制保温杯")
    row = page.get_by_role("alert").get_by_role("row", name="申报总价")
    expect(row).to_have_text("申报总价美元 18,600.00美元 186,000.00")
    check_page(page)
    page.get_by_role("button", name="按原文签名…").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("dialog").get_by_role("button", name="输入 PIN 码签名").click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    assert state(party, made)[0] == "signed"


def test_not_me_tells_the_business_system(party: Party, app: Holder, camera: Camera, page: Page) -> None:
    made = party.ask()
    film(camera, page, made)
    page.get_by_role("button", name="不是我发起的").click()
    expect(page.get_by_role("dialog")).to_contain_text("您的证书不受影响")
    check_page(page)
    page.get_by_role("button", name="拒绝并通知对方").click()
    expect(page.get_by_text("已拒绝，并通知了对方系统。您的证书没有受影响")).to_be_visible()
    check_page(page)
    assert state(party, made) == ("declined", "not_me")


def test_photo_and_foreign_code_are_reported_and_scanning_continues(
    party: Party, app: Holder, camera: Camera, page: Page
) -> None:
    camera.film(["https://example.com/q/1"])
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("这是 example.com 的二维码")
    check_page(page)
    made = party.ask()
    screen = Screen.of(made)
    camera.film_photo(screen, 900)  # of a second in the future
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("这个二维码是旧的，这次没有登录或签名")
    tries: list[str] = []
    page.on("request", lambda request: tries.append(request.url) if "scans" in request.url else None)
    page.wait_for_timeout(2500)
    assert tries == []  # the same photo is not sent again
    assert page.url.endswith("/app/scan")
    camera.film_screen(screen)
    page.reload()
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    page.get_by_role("button", name="取消").click()
    expect(page.get_by_role("heading", name="没有登录")).to_be_visible()
    assert state(party, made) == ("declined", "declined")


def test_camera_is_off_while_the_scanner_is_hidden(page: Page) -> None:
    camera = "document.querySelector('video')?.srcObject?.getVideoTracks()[0]"
    hide = """state => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    expect(page.get_by_text("对准电脑上的二维码")).to_be_visible()
    first = page.evaluate_handle(camera)
    page.evaluate(hide, "hidden")
    expect(page.get_by_text("正在打开相机")).to_be_visible()
    assert first.evaluate("track => track.readyState") == "ended"
    page.evaluate(hide, "visible")
    expect(page.get_by_text("对准电脑上的二维码")).to_be_visible()
    second = page.evaluate_handle(camera)
    assert second.evaluate("track => track.readyState") == "live"
    page.get_by_role("button", name="关闭").click()
    expect(page.locator("video")).to_have_count(0)
    assert second.evaluate("track => track.readyState") == "ended"


def test_without_the_camera_there_are_two_other_ways(party: Party, app: Holder) -> None:
    app.context.clear_permissions()
    page = app.page("/scan")
    try:
        expect(page.get_by_role("heading", name="没有相机权限")).to_be_visible()
        expect(page.get_by_role("listitem")).to_have_count(3)
        check_page(page)
        page.get_by_role("button", name="输入").click()
        field = page.get_by_role("textbox", name="内容")
        field.fill("你好")
        page.get_by_role("button", name="识别").click()
        expect(page.get_by_role("alert").filter(has_text="短码是 8 位")).to_be_visible()
        expect(field).to_be_focused()
        check_page(page)
        made = party.ask()
        field.fill(f"  {Screen.of(made).newest} ")
        field.press("Enter")
        expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    finally:
        page.close()
        app.context.grant_permissions(["camera"], origin=party.service.origin)


def test_code_is_read_from_a_picture_of_the_album(
    party: Party, app: Holder, page: Page, tmp_path: Path
) -> None:
    made = party.ask()
    picture = tmp_path / "screen.png"
    chooser = page.get_by_label("相册").last
    segno.make(Screen.of(made).newest, error="q").save(str(picture), scale=6)
    chooser.set_input_files(picture)
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()


def test_code_opened_by_another_camera_is_used_at_once(party: Party, app: Holder) -> None:
    made = party.ask()
    text = Screen.of(made).newest
    page = app.page(text.removeprefix(party.service.origin))
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    old = Screen.of(party.ask()).text(900)
    page.goto(f"{party.service.origin}/app{old.removeprefix(party.service.origin)}")
    expect(page.get_by_role("heading", name="二维码已失效，没有人登录")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="打开扫一扫").click()
    expect(page.get_by_role("heading", name="扫一扫")).to_be_visible()
    page.close()


def test_request_expires_while_it_is_read(party: Party, app: Holder) -> None:
    made = party.ask(lifetime=60)
    page = app.page(Screen.of(made).newest.removeprefix(party.service.origin))
    expect(page.get_by_role("heading", name="确认登录")).to_be_visible()
    page.add_init_script("window.ahead = 0; const now = Date.now; Date.now = () => now() + window.ahead;")
    page.reload()
    expect(page.locator("main")).to_contain_text("还剩 0:")
    page.evaluate("left => { window.ahead = left - Date.now() - 9000; }", made["expires_at"])
    expect(page.get_by_role("status").filter(has_text="还有 10 秒失效")).to_be_attached()
    page.evaluate("window.ahead += 10_000")
    expect(page.get_by_role("heading", name="请求已失效，这部手机没有登录")).to_be_visible()
    page.get_by_role("link", name="再扫一次").click()
    expect(page.get_by_role("heading", name="扫一扫")).to_be_visible()
    page.close()


def test_reader_prolongs_a_signature_request_once(party: Party, app: Holder) -> None:
    """The business system sees the new end; afterwards the button is gone."""
    page = app.page()
    number = page.locator("[aria-label^=MS]").first.get_attribute("aria-label")
    asked = [document("合同", b"x" * 200, format="cms")]
    made = party.ask("signature", documents=asked, shield_number=number, lifetime=60)
    page.goto(f"{party.service.origin}/app/inbox")
    page.get_by_role("button", name="合同").click()
    page.get_by_role("button", name="还没看完，延长 5 分钟").click()
    expect(page.get_by_role("button", name="还没看完")).to_have_count(0)
    with party.service.business() as business:
        assert business.status(made["id"]).expires_at - made["expires_at"] == 310_000
    page.get_by_role("button", name="不签").click()
    expect(page.get_by_role("heading", name="没有签名")).to_be_visible()
    page.close()


def test_r13_r8_from_another_app_by_the_binding_and_back_to_it(party: Party, app: Holder, site: Site) -> None:
    site.files["/signed"] = "<!doctype html><title>掌上业务</title><h1>回来了</h1>"
    address = f"{site.origin}/signed"
    party.service.command("business", "return-urls", party.service.system["client_id"], address)
    time.sleep(SYSTEM_CACHE_MS / 1000)  # until the service's cache of the system expires
    made = party.ask("signature", documents=[document()], channel="app", return_url=address)
    page = app.page(made["app_link"].removeprefix(f"{party.service.origin}/app"))
    expect(page.get_by_role("heading", name="先绑定证书")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="去绑定证书").click()
    expect(page.get_by_text("绑定后自动回到刚才的请求")).to_be_visible()
    page.get_by_role("button", name="绑定证书").click()
    enter_pin(page, app.person.pin)
    expect(page.get_by_role("heading", name="确认签名")).to_be_visible()
    read_on(page)
    page.get_by_role("button", name="输入 PIN 码签名").click()
    enter_pin(page, app.person.pin)
    expect(page.get_by_role("button", name="返回单一窗口")).to_be_visible()
    expect(page.get_by_text("秒后自动返回")).to_be_visible()
    expect(page.get_by_role("heading", name="回来了")).to_be_visible(timeout=15_000)
    assert page.url.startswith(f"{address}?request={made['id']}&state=signed&return_code=")
    page.close()
    assert all(url.startswith(site.origin) for url in app.foreign)
    app.foreign.clear()


def test_lost_answer_is_recovered(party: Party, app: Holder, camera: Camera, page: Page) -> None:
    made = party.ask("signature", documents=[document()])
    film(camera, page, made)
    expect(page.get_by_role("heading", name="确认签名")).to_be_visible()
    lost: list[str] = []

    def lose(route: Any) -> None:
        # The service signs, but its answer and all later ones are lost.
        if "finish" in route.request.url and not lost:
            route.fetch()
        lost.append(route.request.url)
        route.abort()

    def carry(route: Any) -> None:
        if lost or "finish" in route.request.url:
            lose(route)
        else:
            route.continue_()

    app.context.route("**/api/phone/**", carry)
    read_on(page)
    page.get_by_role("button", name="输入 PIN 码签名").click()
    enter_pin(page, CLERK.pin)
    expect(page.get_by_role("alert")).to_contain_text("还不知道有没有完成", timeout=60_000)
    check_page(page)
    app.context.unroute("**/api/phone/**")
    page.get_by_role("button", name="再试一次").click()
    expect(page.get_by_role("heading", name="已签名")).to_be_visible()
    assert state(party, made)[0] == "signed"
