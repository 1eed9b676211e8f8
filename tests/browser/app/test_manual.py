"""The manual's chapter 2.3 from the first section to the last: one person, one phone, the real service.

`make manual` also takes the pictures of docs/manual in this test.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from mshield.testkit.demo.people import Person
from mshield.wire.portal import Act
from tests.browser.app.album import Album
from tests.browser.app.app_user import WORK_MS, User
from tests.browser.app.camera import Camera, Screen
from tests.browser.app.consenting import agree
from tests.browser.app.exports import export, with_view
from tests.browser.app.pin_pad_and_pixels import PIXEL
from tests.browser.app.read_on import read_on
from tests.browser.app.test_request import PC, document
from tests.browser.conftest import Party
from tests.browser.page_checks import read_code
from tests.browser.site import Site
from tests.browser.test_component import show
from tests.support.chromium import WHOLE, launch
from tests.support.legal_person import at_the_portal
from tests.support.live_service import LiveService

# Markers by which `make manual` selects this test.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CREDIT_CODE: Final = "91350502MA8UK3T57L"
OPERATOR: Final = Person(
    name="苏望舒",
    id_number="350502199509035822",
    role="operator",
    credit_code=CREDIT_CODE,
    phone="13800006127",
    password="Demo-manual-2026",  # an invented test account
    pin="295173",
)
LEGAL_PERSON: Final = Person(
    name="程远岫",
    id_number="350502197806142211",
    role="legal_person",
    credit_code=CREDIT_CODE,
    phone="13900005127",
    password="Demo-portal-2026",  # an invented test account
    pin="314159",
)
NEW_PIN: Final = "862094"
ENTERPRISE: Final = "泉州海帆贸易有限公司"
RENAMED: Final = "泉州海帆供应链有限公司"
"""New name of the enterprise, which makes renewals of its people's certificates due."""
ACTS: Final[dict[Act, str | None]] = {
    "report_loss": "手机盾已挂失",
    "freeze": "手机盾已挂失、已冻结",
    "lift_loss": "手机盾已冻结",
    "unfreeze": None,
}
"""Acts of the legal representative (R14), and the app's text after each."""
FUNCTIONS: Final = ("申请证书", "绑定证书", "修改 PIN 码", "更新证书", "扫码登录", "扫码签名")
"""The six functions of the home page (R3), by the manual's names."""


def file(service: LiveService, enterprise: str) -> None:
    """Imports the enterprise's filing, as customer service does."""
    listed = service.folder / "manual.csv"
    with listed.open("w", encoding="utf-8", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(("企业名称", "统一社会信用代码", "姓名", "证件类型", "证件号码", "用户类型", "手机号"))
        for person, role in ((LEGAL_PERSON, "法人"), (OPERATOR, "操作员")):
            filed = (person.name, "居民身份证", person.id_number, role, person.phone)
            rows.writerow((enterprise, CREDIT_CODE, *filed))
    service.by_two("filing", "import", str(listed))


@dataclass(frozen=True, slots=True)
class Scene:
    """The operator with their phone, its camera, a PC beside it, and the pictures."""

    party: Party
    user: User
    camera: Camera
    pc: Page
    site: Site
    album: Album

    @property
    def page(self) -> Page:
        """The phone's page."""
        return self.user.page

    def picture(self, name: str) -> None:
        """Takes a picture for the manual."""
        self.album.take(self.page, name)


@pytest.fixture
def scene(party: Party, site: Site, tmp_path: Path, playwright: Playwright) -> Iterator[Scene]:
    """A phone on which the app was never opened."""
    camera = Camera(tmp_path / "scene.y4m")
    camera.film([None])
    file(party.service, ENTERPRISE)
    with_view(party)
    browser = launch(playwright, *camera.flags, program=WHOLE)
    phone = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **PIXEL)
    phone.grant_permissions(["camera"], origin=party.service.origin)
    user = User(party.service, phone.new_page(), OPERATOR)
    yield Scene(party, user, camera, _pc(browser), site, Album.wanted())
    browser.close()


def _pc(browser: Browser) -> Page:
    opened = browser.new_context(viewport={"width": 1280, "height": 800})
    # Makes the component's closed shadow tree open for the test.
    opened.add_init_script(
        """const attach = Element.prototype.attachShadow;
        Element.prototype.attachShadow = function (options) {
          return attach.call(this, { ...options, mode: "open" });
        };"""
    )
    return opened.new_page()


def test_chapter_2_3(scene: Scene) -> None:
    first_login(scene)
    usual_login(scene)
    apply(scene)
    bind(scene)
    change_pin(scene)
    renew(scene)
    look_up(scene)
    app_to_app(scene)
    manage(scene)
    scan_to_log_in(scene)
    scan_to_sign(scene)


def first_login(scene: Scene) -> None:
    """2.3.1.1 首次登录: registers by 我要注册."""
    user, page = scene.user, scene.page
    user.open()
    expect(page.get_by_role("button", name="开始使用")).to_be_visible()
    scene.picture("first-start")
    user.begin()
    expect(page.get_by_role("img", name="图形验证码")).to_be_visible()
    scene.picture("login-register")
    page.get_by_role("link", name="我要注册").click()
    agree(page)
    user.fill_registration()
    scene.picture("register")
    user.press("注册")
    user.sees("接下来")
    page.get_by_role("link", name="以后再办").click()
    expect(page.get_by_role("navigation", name="功能")).to_be_visible()
    log_out(scene)


def log_out(scene: Scene) -> None:
    """Logs out after the registration, which logged in."""
    user, page = scene.user, scene.page
    user.open("/me")
    user.press("退出登录")
    page.get_by_role("dialog").get_by_role("button", name="退出登录").click()
    expect(page.get_by_label("密码", exact=True)).to_be_visible()


def usual_login(scene: Scene) -> None:
    """2.3.1.2 正常登录: account, password and captcha; home has the six functions."""
    user, page = scene.user, scene.page
    user.open("/login")
    user.fill_login()
    scene.picture("login")
    user.press("登录")
    functions = page.get_by_role("navigation", name="功能").get_by_role("link")
    expect(functions).to_have_count(6)
    shown = "".join(functions.all_inner_texts())
    assert [name for name in FUNCTIONS if name not in shown] == []
    scene.picture("home")


def apply(scene: Scene) -> None:
    """2.3.1.3 申请证书: filed data, SMS code, PIN twice; the certificate brings the shield number."""
    user, page = scene.user, scene.page
    user.open()
    page.get_by_role("link", name="申请证书").first.click()
    user.fill_application("apply")
    expect(page.get_by_role("link", name="? 遇到问题")).to_be_visible()
    scene.picture("apply")
    user.press("提交")
    expect(page.get_by_text("第 1 步，共 2 步")).to_be_visible()
    scene.picture("apply-pin")
    user.choose_pin(OPERATOR.pin)
    user.sees("证书已签发")
    expect(page.locator("[aria-label^=MS]")).to_be_visible()
    scene.picture("apply-done")
    page.get_by_role("link", name="完成").click()


def bind(scene: Scene) -> None:
    """2.3.1.4 绑定证书, with the PIN."""
    user, page = scene.user, scene.page
    page.get_by_role("link", name="绑定证书").click()
    expect(page.get_by_role("button", name="绑定证书")).to_be_visible()
    scene.picture("bind")
    user.press("绑定证书")
    asks_for_the_pin(page)
    scene.picture("bind-pin")
    user.give_pin()
    expect(page.get_by_text("已绑定。")).to_be_visible(timeout=WORK_MS)
    page.get_by_role("link", name="回到首页").click()


def change_pin(scene: Scene) -> None:
    """2.3.1.5 修改口令: the old PIN, then the new one twice, which is valid from then on."""
    user, page = scene.user, scene.page
    page.get_by_role("link", name="修改 PIN 码").click()
    expect(page.get_by_text("第 1 步，共 3 步")).to_be_visible()
    user.press("输入现在的 PIN 码")
    expect(page.get_by_text("输入现在的 PIN 码，新的下一步再设")).to_be_visible()
    asks_for_the_pin(page)
    scene.picture("pin-confirm")
    user.give_pin()
    expect(page.get_by_text("第 2 步，共 3 步")).to_be_visible()
    scene.picture("pin")
    user.choose_pin(NEW_PIN, change=True)
    user.sees("PIN 码已修改")
    user.pin = NEW_PIN
    page.get_by_role("link", name="完成").click()


def renew(scene: Scene) -> None:
    """2.3.1.6 更新证书: the filing changed; old and new data are shown, and an SMS code is needed."""
    user, page = scene.user, scene.page
    file(scene.party.service, RENAMED)
    user.open()
    expect(page.get_by_text("备案信息有变化")).to_be_visible()
    scene.picture("renew-home")
    page.get_by_role("navigation", name="功能").get_by_role("link", name="更新证书").click()
    changed = page.get_by_role("row").filter(has_text=RENAMED)
    expect(changed.locator("s")).to_have_text(ENTERPRISE)
    user.fill_application("renew")
    scene.picture("renew")
    user.press("核对无误，更新")
    user.give_pin()
    user.sees("证书已更新")
    expect(page.get_by_text(RENAMED)).to_be_visible()
    scene.picture("renew-done")
    page.get_by_role("link", name="完成").click()


def look_up(scene: Scene) -> None:
    """2.3.1.7 信息查看: my page with shield number and account phone; certificate, signatures, FAQ."""
    user, page = scene.user, scene.page
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="我的").click()
    user.sees("我的")
    expect(page.locator("main [aria-label^=MS]")).to_be_visible()
    expect(page.locator("main").get_by_text("138****6127")).to_be_visible()
    scene.picture("me")
    page.get_by_role("link", name="我的证书").click()
    user.sees("我的证书")
    expect(page.get_by_text(RENAMED).first).to_be_visible()
    scene.picture("me-certificate")
    user.open("/me")
    page.get_by_role("link", name="我的签名").click()
    user.sees("我的签名")
    user.open("/me")
    page.get_by_role("link", name="常见问题", exact=True).click()
    expect(page.locator("main").get_by_role("link")).to_have_count(11)  # ten answers, and customer service
    scene.picture("faq")


def app_to_app(scene: Scene) -> None:
    """2.3.1.8 数字签名: a business app opens this app, the PIN signs, and the user returns to that app."""
    user, page, party = scene.user, scene.page, scene.party
    link = ask_from_app(scene)
    page.goto(f"{scene.site.origin}/declare")
    page.get_by_role("link", name="用手机盾签名").click()
    user.sees("确认签名")
    scene.picture("app-to-app")
    read_on(page)
    user.press("输入 PIN 码签名")
    user.give_pin()
    expect(page.get_by_role("button", name="返回单一窗口")).to_be_visible(timeout=WORK_MS)
    scene.picture("app-to-app-done")
    user.sees("回到掌上海关")
    assert page.url.startswith(f"{scene.site.origin}/signed?request={link['id']}&state=signed&return_code=")
    code = page.url.rpartition("return_code=")[2]
    with party.service.business() as business:
        assert business.result(link["id"], return_code=code).documents[0].title == "进口货物报关单"


def ask_from_app(scene: Scene) -> dict[str, Any]:
    """Returns the business app's request, with the link to the shield's app and its return address."""
    party, site = scene.party, scene.site
    address = f"{site.origin}/signed"
    party.service.command("business", "return-urls", party.service.system["client_id"], address)
    made = party.ask("signature", documents=[document()], channel="app", return_url=address)
    page = "<!doctype html><title>掌上海关</title><h1>{}</h1>"
    site.files["/declare"] = page.format("申报") + f"<a href='{made['app_link']}'>用手机盾签名</a>"
    site.files["/signed"] = page.format("回到掌上海关")
    return made


def manage(scene: Scene) -> None:
    """2.3.1.9 证书管理: the legal representative acts by shield number; the app shows the state."""
    user, page, service = scene.user, scene.page, scene.party.service
    user.open()
    number = page.locator("[aria-label^=MS]").first.get_attribute("aria-label")
    assert number is not None
    with at_the_portal(service, LEGAL_PERSON) as client:
        for act, heading in ACTS.items():
            client.act(CREDIT_CODE, act, [number], reason="手机遗失")
            user.open()
            if heading:
                user.sees(heading)
            else:
                expect(page.locator("main").get_by_text("正常")).to_be_visible()
            if act == "report_loss":
                scene.picture("lost")


def scan_to_log_in(scene: Scene) -> None:
    """2.3.1.10 扫码登录: the PC shows a code, the app scans it, the PIN logs the PC in."""
    user, page, party = scene.user, scene.page, scene.party
    user.open()
    page.get_by_role("navigation", name="功能").get_by_role("link", name="扫码登录").click()
    expect(page.get_by_text("对准电脑上的二维码")).to_be_visible()
    scene.picture("scan")
    made = party.ask(pc=PC)
    shield = show(scene.pc, scene.site, party, made)
    film(scene, made)
    page.reload()
    user.sees("确认登录")
    scene.picture("scan-login")
    user.press("输入 PIN 码登录")
    user.give_pin()
    user.sees("已登录")
    scene.picture("scan-login-done")
    expect(shield.locator(".card .title")).to_have_text("已登录")
    user.press("完成")
    expect(page.get_by_role("navigation", name="功能")).to_be_visible()


def scan_to_sign(scene: Scene) -> None:
    """2.3.1.11 扫码签名: likewise, with the signed content on display."""
    user, page, party = scene.user, scene.page, scene.party
    made = party.ask("signature", documents=[export("E20260000118473", "48000.00", currency="EUR")], pc=PC)
    shield = show(scene.pc, scene.site, party, made)
    film(scene, made)
    page.get_by_role("navigation", name="功能").get_by_role("link", name="扫码签名").click()
    user.sees("确认签名")
    expect(page.locator("main")).to_contain_text("48,000.00")
    scene.picture("scan-sign")
    read_on(page)
    user.press("输入 PIN 码签名")
    asks_for_the_pin(page)
    scene.picture("scan-sign-pin")
    user.give_pin()
    user.sees("已签名")
    scene.picture("scan-sign-done")
    expect(shield.locator(".card .title")).to_have_text("已签名")
    with party.service.business() as business:
        assert business.result(made["id"]).documents[0].title == "出口货物报关单"
    user.press("完成")
    user.open("/me/signatures")
    expect(page.locator("main a[href*='/me/signatures/']")).to_have_count(3)
    scene.picture("me-signatures")


def asks_for_the_pin(page: Page) -> None:
    """Waits for the PIN sheet with all attempts left."""
    expect(page.get_by_role("dialog").get_by_role("link", name="忘记 PIN 码？")).to_be_visible()


def film(scene: Scene, made: dict[str, Any]) -> None:
    """Points the camera at the PC's page, which shows the code that it films."""
    expect(scene.pc.locator(".qr")).to_be_visible()
    screen = Screen.of(made)
    before = screen.coming(1)
    assert read_code(scene.pc.locator(".qr")) in {*before, *screen.coming(2)}
    scene.camera.film_screen(screen)
