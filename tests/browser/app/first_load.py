"""The files of the app that a browser with an empty cache loads before the first scan, as transferred."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from playwright.sync_api import Browser

from mshield.server.http.sites.phone_app import PHONE_APP
from tests.browser.app.pin_pad_and_pixels import PIXEL

_KEPT: Final = frozenset({".html", ".js", ".css", ".svg"})
"""File types that the service worker caches (vite.config.ts), except the PDF viewer."""


@dataclass(frozen=True, slots=True)
class FirstLoad:
    """The `files` that the page itself loads; both sizes in bytes, with response headers."""

    files: frozenset[str]
    page: int
    behind: int
    """Bytes that the service worker then loads, so that the app starts offline."""


def first_load(browser: Browser, origin: str, path: str = "/") -> FirstLoad:
    """Opens the app for the first time, until the page loads nothing more."""
    context = browser.new_context(**PIXEL, service_workers="block")
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        asked: dict[str, str] = {}
        sizes: dict[str, int] = {}

        def ask(event: dict[str, Any]) -> None:
            asked[event["requestId"]] = event["request"]["url"].removeprefix(origin)

        def arrive(event: dict[str, Any]) -> None:
            sizes[event["requestId"]] = event["encodedDataLength"]

        session.on("Network.requestWillBeSent", ask)
        session.on("Network.loadingFinished", arrive)
        session.send("Network.enable")
        page.goto(f"{origin}/app{path}", wait_until="networkidle")
    finally:
        context.close()
    files = frozenset(asked.values())
    return FirstLoad(files, sum(sizes.values()), _behind(files))


def _behind(files: frozenset[str]) -> int:
    return sum(
        len(asset.packed or asset.body)
        for address, asset in PHONE_APP.by_path.items()
        if PurePosixPath(address).suffix in _KEPT and address not in files and "/pdf" not in address
    )
