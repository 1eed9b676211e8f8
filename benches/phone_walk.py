"""Number of taps and typed characters in the phone app, from the first start to signing and to a later login.

The bench goes through the screens in Chromium against the service, on a phone's screen with a camera that
films the PC's code. A tap into each filled field counts, and so does each digit of a PIN; the system's own
dialogs (camera, fingerprint) don't. Times are machine times: there is no thinking or aiming, the SMS arrives
at once, and the tool's own 20 ms per action are included.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, Playwright, expect, sync_playwright

from tests.browser.app.app_user import User
from tests.browser.app.authenticator import Authenticator
from tests.browser.app.camera import Camera, Screen
from tests.browser.app.logged_out import END_LOGIN
from tests.browser.app.more_people import newcomer
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.conftest import Party, party_in
from tests.support.chromium import WHOLE, launch

GOAL_BY_PIN: Final = 12
GOAL_BY_FINGER: Final = 3
"""Greatest allowed number of taps from a cold start to logged in."""
# Taps, fields filled without a tap, and characters, over all pages of the tab.
_COUNT: Final = """
const bump = (name, by) => (sessionStorage[name] = by + Number(sessionStorage[name] ?? 0));
const sizes = new WeakMap();
addEventListener("pointerdown", () => bump("walk-taps", 1), true);
addEventListener("input", ({ target }) => {
  if (!/^(text|tel|password|)$/.test(target.type ?? "")) return;
  if (!sizes.has(target)) bump("walk-taps", 1);
  const before = sizes.get(target) ?? 0;
  sizes.set(target, target.value.length);
  if (target.value.length > before) bump("walk-typed", target.value.length - before);
}, true);
"""
_COUNTED: Final = "() => ['walk-taps', 'walk-typed'].map((name) => Number(sessionStorage[name] ?? 0))"


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the walk: taps, characters, seconds of machine time."""

    name: str
    taps: int
    typed: int
    seconds: float


@dataclass(slots=True)
class Walk:
    """One person with one phone; `steps` collects the measurements."""

    user: User
    party: Party
    camera: Camera
    steps: list[Step] = field(default_factory=list)

    @property
    def page(self) -> Page:
        """Returns the page that the person sees."""
        return self.user.page

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Counts what is done in the body."""
        taps, typed = self._counted()
        begun = time.monotonic()
        yield
        now_taps, now_typed = self._counted()
        self.steps.append(Step(name, now_taps - taps, now_typed - typed, time.monotonic() - begun))

    def _counted(self) -> tuple[int, int]:
        taps, typed = self.page.evaluate(_COUNTED)
        return int(taps), int(typed)

    def ask(self, kind: str) -> dict[str, Any]:
        """Makes a request as a business system; the camera films its code from then on."""
        document = {"title": "出口货物报关单", "media_type": "text/plain", "content_b64": "aGVsbG8="}
        made = self.party.ask(kind, **({"documents": [document]} if kind == "signature" else {}))
        self.camera.film_screen(Screen.of(made), seconds=20)
        return made


def walk(party: Party, page: Page, camera: Camera) -> list[Step]:
    """Walks from the first start to a later login."""
    person = newcomer(party.service)
    all_of_it = Walk(User(party.service, page, person), party, camera)
    for part in (_to_certificate, _to_signatures, _come_back):
        part(all_of_it)
    return all_of_it.steps


def _to_certificate(walk: Walk) -> None:
    user = walk.user
    user.open()
    with walk.step("first start → registered, logged in"):
        user.begin()
        user.register()
    page = user.page
    with walk.step("logged in → certificate"):
        page.locator("main a[href$='/apply'], footer a[href$='/apply']").first.click()
        page.get_by_role("button", name="用户类型").click()
        page.get_by_role("option", name="企业操作员").click()
        user.press("完成")
        user.fill("统一社会信用代码", user.person.credit_code)
        user.get_code("apply")
        user.press("提交")
        user.choose_pin(user.pin)
        user.sees("证书已签发")


def _to_signatures(walk: Walk) -> None:
    user, page = walk.user, walk.page
    user.open()
    for kind, tile, act, done in (
        ("login", "扫码登录", "输入 PIN 码登录", "已登录"),
        ("signature", "扫码签名", "输入 PIN 码签名", "已签名"),
    ):
        walk.ask(kind)
        with walk.step(f"app open → {'logged in by QR' if kind == 'login' else 'signed'}"):
            page.get_by_role("navigation", name="功能").get_by_role("link", name=tile).click()
            page.get_by_role("button", name=act).click(timeout=30_000)
            enter_pin(page, user.pin)
            expect(page.get_by_role("heading", name=done)).to_be_visible()
        user.open()


def _come_back(walk: Walk) -> None:
    user, page = walk.user, walk.page
    Authenticator.on(page)

    def cold(made: dict[str, Any]) -> None:
        page.evaluate(END_LOGIN)
        page.goto(Screen.of(made).newest.replace("/q/", "/app/q/", 1))

    cold(walk.ask("login"))
    with walk.step("cold start → logged in by QR, by PIN"):
        page.get_by_role("button", name="输入 PIN 码登录").click()
        enter_pin(page, user.pin)
        expect(page.get_by_role("heading", name="已登录")).to_be_visible()
    user.open("/me/settings")
    page.get_by_role("switch", name="用指纹或面容代替输入 PIN 码").click()
    enter_pin(page, user.pin)
    expect(page.get_by_role("switch", name="用指纹或面容代替输入 PIN 码")).to_have_attribute(
        "aria-checked", "true"
    )
    for name, act in (("PIN", "用 PIN 码打开"), ("finger", "用指纹或面容打开")):
        user.open()
        page.evaluate(END_LOGIN)
        user.open()
        with walk.step(f"cold start → app open, by {name}"):
            page.get_by_role("button", name=act).click()
            if name == "PIN":
                enter_pin(page, user.pin)
            expect(page.get_by_role("navigation", name="功能")).to_be_visible()
    cold(walk.ask("login"))
    with walk.step("cold start → logged in by QR, by finger"):
        page.get_by_role("button", name="用指纹、面容或 PIN 码登录").click()
        page.get_by_role("dialog").get_by_role("button", name="指纹或面容").click()
        expect(page.get_by_role("heading", name="已登录")).to_be_visible()


@contextmanager
def counted_page(playwright: Playwright, party: Party, camera: Camera) -> Iterator[Page]:
    """Yields a page on a new phone, in a browser of its own with this camera; the page counts taps and characters."""
    browser = launch(playwright, *camera.flags, program=WHOLE)
    try:
        context = browser.new_context(**PIXEL, locale="zh-CN")
        context.grant_permissions(["camera"], origin=party.service.origin)
        context.add_init_script(_COUNT)
        yield context.new_page()
    finally:
        browser.close()


def measure() -> list[Step]:
    """Runs the walk with a service and a browser of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        party_in(Path(folder)) as party,
        sync_playwright() as playwright,
    ):
        camera = Camera(Path(folder) / "scene.y4m")
        camera.film([None])
        with counted_page(playwright, party, camera) as page:
            return walk(party, page, camera)


def show(steps: list[Step], say: Callable[[str], object] = print) -> bool:
    """Prints the table; returns whether a later login meets its goals."""
    say("| | taps | characters typed | machine time |")
    say("|---|---|---|---|")
    for step in steps:
        say(f"| {step.name} | {step.taps} | {step.typed} | {step.seconds:.1f} s |")
    goals = {
        f"cold start → {end}, by {name}": goal
        for end in ("app open", "logged in by QR")
        for name, goal in (("PIN", GOAL_BY_PIN), ("finger", GOAL_BY_FINGER))
    }
    return all(step.taps <= goals.get(step.name, step.taps) for step in steps)


if __name__ == "__main__":
    sys.exit(0 if show(measure()) else 1)
