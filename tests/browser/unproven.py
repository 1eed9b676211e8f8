"""A service with a proven legal representative and unproven operators, and checks of a page with pictures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from mshield.testkit.demo.people import LEGAL_PERSON
from tests.browser.app.pin_pad_and_pixels import check_page
from tests.browser.conftest import Party
from tests.support.identity import prove
from tests.support.live_service import LiveService, log_in, register

SEEN: Final = os.environ.get("PAGES_SEEN")


@contextmanager
def unproven_party(folder: Path, **settings: str) -> Iterator[Party]:
    """Yields a party whose phone has the legal representative logged in, proven and without a certificate."""
    service = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}", settings=settings)
    service.prepare()
    service.start()
    try:
        with service.phone() as phone:
            register(service, phone, LEGAL_PERSON)
            log_in(service, phone, LEGAL_PERSON)
            prove(service, phone, LEGAL_PERSON)
            yield Party(service, phone)
    finally:
        service.stop()


def seen(page: Page, name: str) -> None:
    """Checks a page like every screen; pictures go to PAGES_SEEN, if set."""

    def see(how: str) -> None:
        if SEEN and how != "large":
            page.wait_for_timeout(200)
            page.screenshot(path=Path(SEEN) / f"{name}-{how}.png")

    check_page(page, see)
