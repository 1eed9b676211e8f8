"""The installed app: manifest, icons, offline start, new versions."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from mshield.server.http.sites.assets import FOLDER
from tests.browser.app.seeded import Holder, holder
from tests.browser.conftest import Party
from tests.browser.page_checks import barriers
from tests.browser.site import Site

pytestmark = pytest.mark.slow

_CONTROLLED = "navigator.serviceWorker.ready.then(() => true)"
_CACHED = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) found.push(new URL(url).pathname);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def phone(browser: Browser, party: Party, engine: Path) -> Iterator[Holder]:
    with holder(browser, party, engine) as made:
        yield made


@pytest.fixture
def app(phone: Holder) -> Iterator[Page]:
    """The app's home page, served by its service worker."""
    page = phone.page()
    page.evaluate(_CONTROLLED)
    page.reload()
    yield page
    phone.context.set_offline(False)
    page.close()


def test_manifest_names_existing_icons(party: Party) -> None:
    with httpx.Client(base_url=f"{party.service.origin}/app/", trust_env=False) as http:
        manifest = http.get("manifest.webmanifest").raise_for_status().json()
        assert (manifest["name"], manifest["lang"], manifest["display"]) == ("手机盾", "zh-CN", "standalone")
        assert {manifest[name] for name in ("id", "scope", "start_url")} == {"/app/"}
        assert [each["name"] for each in manifest["shortcuts"]] == ["扫码登录", "扫码签名"]
        assert {each["purpose"] for each in manifest["icons"]} == {"any", "maskable", "monochrome"}
        icons = manifest["icons"] + [icon for each in manifest["shortcuts"] for icon in each["icons"]]
        for icon in [*icons, {"src": "icon-180.png", "sizes": "180x180"}]:
            drawn = Image.open(io.BytesIO(http.get(icon["src"]).raise_for_status().content))
            assert f"{drawn.width}x{drawn.height}" == icon["sizes"]


def test_browser_can_install_the_app(phone: Holder, app: Page) -> None:
    session = phone.context.new_cdp_session(app)
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {each["errorId"] for each in found} <= {"in-incognito"}  # each test context is incognito
    assert session.send("Page.getAppManifest")["errors"] == []


def test_service_worker_caches_only_the_apps_files(app: Page) -> None:
    cached = app.evaluate(_CACHED)
    assert "/app/index.html" in cached
    assert all(path.startswith("/app/") for path in cached)
    assert not [path for path in cached if path.endswith((".wasm", ".png"))]
    assert app.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)").endswith("/app/")


def test_new_version_is_offered_and_installed(open_page: Callable[..., Page]) -> None:
    with _copy_of_the_build() as site:
        page = open_page(width=390, height=844, locale="zh-CN")
        page.goto(f"{site.origin}/app/locked")
        page.evaluate(_CONTROLLED)
        page.reload()
        offer = page.get_by_role("status").filter(has_text="有新版本")
        expect(page.get_by_role("heading", name="已锁定")).to_be_visible()
        expect(offer).not_to_be_visible()
        site.files["/app/sw.js"] += "\n// newer"
        page.evaluate("navigator.serviceWorker.ready.then((registration) => void registration.update())")
        expect(offer).to_be_visible()
        assert not barriers(page)
        with page.expect_navigation():
            offer.get_by_role("button", name="更新").click()
        expect(page.get_by_role("heading", name="已锁定")).to_be_visible()
        expect(offer).not_to_be_visible()
        assert page.evaluate("navigator.serviceWorker.ready.then(({ waiting }) => waiting)") is None


def _copy_of_the_build() -> Site:
    """Returns a site with the app's files, where a newer build can replace them."""
    site = Site("default-src 'self'; require-trusted-types-for 'script'; trusted-types vue mshield")
    for file in (FOLDER / "app").rglob("*"):
        if file.suffix in {".html", ".js", ".css", ".svg", ".json", ".webmanifest"}:
            site.files[f"/app/{file.relative_to(FOLDER / 'app').as_posix()}"] = file.read_text("utf-8")
    site.files["/app/locked"] = site.files["/app/index.html"]
    return site


@pytest.mark.parametrize("path", ["/", "/faq/3.8?from=1", "/me/certificate"])
def test_app_starts_offline(phone: Holder, app: Page, path: str) -> None:
    phone.context.set_offline(True)
    app.goto(f"{phone.service.origin}/app{path}")
    expect(app.get_by_text("没有网络。可以查看证书")).to_be_visible()
