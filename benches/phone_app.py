"""The phone app in Chromium against the service: first load, first paint, signing, opening a PDF.

Each figure is the median of several runs, each under its own conditions: the first load with an empty cache
and Lighthouse's mobile setting (1.6 Mbps, 150 ms, processor four times slower), the signature with the real
number of rounds for the PIN's key. Chromium throttles the page but not its workers, so the worker times of
the PIN and of drawing a view are multiplied by four.
"""

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

from benches.figures import SLOWER, Figure, show
from mshield.gm.mask import PIN_ROUNDS
from tests.browser.app.camera import Camera, Screen, milliseconds_to_read
from tests.browser.app.exports import long_export, with_view
from tests.browser.app.first_load import first_load
from tests.browser.app.pin_pad_and_pixels import PIXEL, enter_pin
from tests.browser.app.seeded import CLERK, Holder, bundle, holder
from tests.browser.conftest import Party
from tests.support.chromium import WHOLE, launch
from tests.support.live_service import LiveService, enrolled
from tests.support.pdfs import heavy

LOAD_BOUND: Final = 200.0
PAINT_BOUND: Final = 1500.0
SIGN_BOUND: Final = 1000.0
READ_BOUND: Final = 500.0
PDF_BOUND: Final = 2000.0
DRAW_BOUND: Final = 50.0
LONG_BOUND: Final = 1000.0
_NETWORK: Final = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
_PAINTED: Final = """
window.painted = 0;
new PerformanceObserver((list) => {
  for (const { startTime } of list.getEntries()) window.painted = startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
"""
# Times of the sixth digit and of the visible result, and the duration of each order to the worker in between.
_SIGNED: Final = """
window.pressed = 0;
window.signed = 0;
window.inWorker = 0;
addEventListener("click", ({ target }) => {
  if (target.closest(".pad")) [window.pressed, window.inWorker] = [performance.now(), 0];
}, true);
addEventListener("DOMContentLoaded", () => {
  new MutationObserver(() => {
    if (!window.signed && document.body.textContent.includes("已签名")) {
      requestAnimationFrame(() => window.signed ||= performance.now());
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
});
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message, ...rest) {
  const began = performance.now();
  const done = ({ data }) => {
    if (data?.id === message.id) {
      window.inWorker += performance.now() - began;
      this.removeEventListener("message", done);
    }
  };
  this.addEventListener("message", done);
  return postMessage.call(this, message, ...rest);
};
"""
# The app's own measurements: the duration of the worker's order, and of the screen's wait for the drawing.
_CHECKED: Final = "mshield-drawn"
_OPENED_DRAWING: Final = "mshield-drawing-opened"
_IS_MEASURED: Final = "(name) => performance.getEntriesByName(name).length > 0"
_MEASURED: Final = "(name) => performance.getEntriesByName(name)[0].duration"
_GOODS_OF_MEGABYTE: Final = 2_900
_FIRST_PAGE: Final = ".page[aria-busy=false] canvas"
# Navigation inside the app to the request, without loading the page.
_OPENED: Final = """
(page) => new Promise((resolve) => {
  const began = performance.now();
  new MutationObserver((_, observer) => {
    if (document.querySelector(page)) {
      observer.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - began));
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
  history.pushState(history.state, "", "/app/request");
  dispatchEvent(new PopStateEvent("popstate", { state: history.state }));
})
"""


def _loads(browser: Browser, origin: str, runs: int) -> list[Figure]:
    found = [first_load(browser, origin) for _ in range(runs)]
    paints = [_paint(browser, origin) for _ in range(runs)]
    return [
        Figure(
            "first load on an empty cache, gzipped", "kB", [each.page / 1e3 for each in found], LOAD_BOUND
        ),
        Figure(
            "  then, in the background, all screens for offline use",
            "kB",
            [each.behind / 1e3 for each in found],
            None,
        ),
        Figure("largest paint, Lighthouse's mobile setting", "ms", paints, PAINT_BOUND),
    ]


def _paint(browser: Browser, origin: str) -> float:
    context = browser.new_context(**PIXEL)
    try:
        page = context.new_page()
        page.add_init_script(_PAINTED)
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", _NETWORK)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.goto(f"{origin}/app/")
        page.get_by_role("heading", level=1).wait_for()
        page.wait_for_timeout(2000)  # a later paint may be larger
        return float(page.evaluate("painted"))
    finally:
        context.close()


def _signatures(party: Party, app: Holder, camera: Camera, runs: int) -> list[Figure]:
    signing, in_worker, reading = [], [], []
    for _ in range(runs + 1):
        page = _scanned(party, app, camera)
        reading.append(milliseconds_to_read(page))
        whole, worker = _sign(app, page)
        signing.append(whole + (SLOWER - 1) * worker)
        in_worker.append(SLOWER * worker)
        page.close()
    # The first run starts without compiled code in the browser's caches, like a phone after an update.
    return [
        Figure(f"PIN entered to signed, {SLOWER} times slower", "ms", signing[1:], SIGN_BOUND),
        Figure("  of which the worker: the PIN's key and the share's half", "ms", in_worker[1:], None),
        Figure("camera open to code read", "ms", reading[1:], READ_BOUND),
    ]


def _scanned(party: Party, app: Holder, camera: Camera) -> Page:
    made = party.ask(
        "signature",
        documents=[{"title": "合同", "media_type": "text/plain", "content_b64": "5ZCI5ZCM", "format": "cms"}],
    )
    camera.film_screen(Screen.of(made))
    page = app.page("/scan")
    page.get_by_role("heading", name="确认签名").wait_for()
    return page


def _drawings(party: Party, app: Holder, camera: Camera, runs: int) -> list[Figure]:
    """Measures documents of 100 goods and of 1 MB: the worker's check, and how long the screen then waits."""
    with_view(party)
    figures = []
    for name, goods, bound in (("100 goods", 100, DRAW_BOUND), ("1 MB", _GOODS_OF_MEGABYTE, LONG_BOUND)):
        document = long_export(goods)
        drawings = [_drawing(party, app, camera, document) for _ in range(runs)]
        for purpose, column in (("check", 0), ("screen", 1)):
            times = [SLOWER * each[column] for each in drawings]
            what = f"{name} drawn for the {purpose}, {SLOWER} times slower"
            figures.append(Figure(what, "ms", times, bound))
    return figures


def _drawing(party: Party, app: Holder, camera: Camera, document: dict[str, Any]) -> tuple[float, float]:
    """Returns the milliseconds of the check and of the screen's wait."""
    # No code is in view when the scanner opens; during that second the worker warms up.
    camera.film_screen(Screen.of(party.ask("signature", documents=[document])), aiming=1)
    page = app.page("/scan")
    page.get_by_role("heading", name="确认签名").wait_for()
    page.wait_for_function(_IS_MEASURED, arg=_OPENED_DRAWING)
    checked, opened = (float(page.evaluate(_MEASURED, name)) for name in (_CHECKED, _OPENED_DRAWING))
    page.close()
    return checked, opened


def _sign(app: Holder, page: Page) -> tuple[float, float]:
    """Returns the milliseconds from the sixth digit to the visible result, and the worker's share of them."""
    app.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.get_by_role("button", name="输入 PIN 码签名").click()
    enter_pin(page, CLERK.pin)
    page.get_by_role("heading", name="已签名").wait_for()
    page.wait_for_timeout(300)
    whole, worker = page.evaluate("[signed - pressed, inWorker]")
    return float(whole), float(worker)


def _pdfs(party: Party, app: Holder, runs: int) -> list[Figure]:
    """Measures from the request's screen to the first page; the viewer's worker isn't throttled."""
    content = heavy()
    document = {"title": "合同", "media_type": "application/pdf", "format": "cms"}
    made = party.ask("signature", documents=[{**document, "content_b64": base64.b64encode(content).decode()}])
    page = app.page(Screen.of(made).newest.removeprefix(party.service.origin))
    page.locator(_FIRST_PAGE).wait_for()
    app.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    took = []
    for _ in range(runs):
        page.goto(f"{party.service.origin}/app/me")
        page.get_by_role("heading", level=1).wait_for()
        took.append(float(page.evaluate(_OPENED, _FIRST_PAGE)))
    page.close()
    return [
        Figure(
            f"a PDF of 100 pages and 10 MB to its first page, {SLOWER} times slower", "ms", took, PDF_BOUND
        )
    ]


@contextmanager
def _service() -> Iterator[tuple[Party, Path]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        service = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}", fresh=True)
        service.prepare()
        service.start()
        try:
            with enrolled(service) as phone:
                yield Party(service, phone), folder
        finally:
            service.stop()


def measure(runs: int) -> list[Figure]:
    """Measures all figures of the app."""
    with _service() as (party, folder), sync_playwright() as playwright:
        engine = folder / "engine"
        bundle(engine)
        camera = Camera(folder / "scene.y4m")
        camera.film([None])
        browser = launch(playwright, *camera.flags, program=WHOLE)
        try:
            figures = _loads(browser, party.service.origin, runs)
            with holder(browser, party, engine, pin_rounds=PIN_ROUNDS, **PIXEL) as app:
                app.context.grant_permissions(["camera"], origin=party.service.origin)
                app.context.add_init_script(_SIGNED)
                figures += _signatures(party, app, camera, runs)
                return figures + _drawings(party, app, camera, runs) + _pdfs(party, app, runs)
        finally:
            browser.close()


def main() -> None:
    """Measures and prints the figures."""
    show(measure, str(__doc__), runs=7)


if __name__ == "__main__":
    main()
