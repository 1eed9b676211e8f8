"""/verify/ in Chromium: the time from choosing a bundle to the verdict, and responsiveness with a file of 100 MB.

The main thread is four times slower than this machine's, like a phone's. Each run has a browser context of
its own. The bounds are this project's own: one second for a wait, half a second for a page that doesn't
respond.
"""

import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, expect, sync_playwright

from benches.figures import SLOWER, Figure, show
from tests.browser.conftest import party_in
from tests.browser.verify.conftest import sign_into
from tests.browser.verify.visitor import Visitor, visiting
from tests.support.chromium import WHOLE, launch

VERDICT_BOUND: Final = 1000.0
STILL_BOUND: Final = 500.0
_LARGE: Final = 100 * 1024 * 1024
_WATCH: Final = """() => {
  document.addEventListener("change", () => (window.begunAt = performance.now()), { capture: true });
  new MutationObserver(() => {
    if (document.querySelector(".verdict")) window.judgedAt ??= performance.now();
  }).observe(document.body, { childList: true, subtree: true });
  window.still = 0;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    window.still = Math.max(window.still, now - last);
    last = now;
  }, 20);
}"""


def _bundle(browser: Browser, origin: str, files: Path) -> float:
    with visiting(browser, origin) as visit:
        visitor = visit()
        visitor.page.get_by_role("checkbox", name="不查询证书目前的状态").check()
        session = visitor.page.context.new_cdp_session(visitor.page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        visitor.page.evaluate(_WATCH)
        visitor.give(files / "cms.json").head("签名有效")
        return _took(visitor)


def _large(browser: Browser, origin: str, files: Path) -> tuple[float, float]:
    """Returns the milliseconds until the verdict, and the longest time in which the page didn't respond."""
    with visiting(browser, origin) as visit:
        visitor = visit()
        visitor.page.evaluate(_WATCH)
        visitor.give(files / "large.bin", files / "cms_detached.p7s")
        expect(visitor.page.locator(".verdict .head.invalid")).to_be_visible(timeout=60_000)
        return _took(visitor), float(visitor.page.evaluate("still"))


def _took(visitor: Visitor) -> float:
    return float(visitor.page.evaluate("judgedAt - begunAt"))


def measure(runs: int) -> list[Figure]:
    """Measures all figures of the page."""
    with (
        tempfile.TemporaryDirectory() as name,
        sync_playwright() as playwright,
        party_in(Path(name)) as party,
    ):
        (files := Path(name, "signed")).mkdir()
        sign_into(files, party)
        with (files / "large.bin").open("wb") as file:
            file.truncate(_LARGE)
        browser = launch(playwright, program=WHOLE)
        origin = party.service.origin
        bundles = [_bundle(browser, origin, files) for _ in range(runs)]
        large = [_large(browser, origin, files) for _ in range(runs)]
        browser.close()
    return [
        Figure(f"bundle chosen to verdict, {SLOWER} times slower", "ms", bundles, VERDICT_BOUND),
        Figure("100 MB chosen to verdict", "ms", [took for took, _ in large], None),
        Figure("  longest freeze of the page during that", "ms", [still for _, still in large], STILL_BOUND),
    ]


def main() -> None:
    """Measures and prints the figures."""
    show(measure, str(__doc__), runs=5)


if __name__ == "__main__":
    main()
