"""A service whose legal person is proven and whose operators aren't, and the look at a page with pictures of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from mshield.demo.people import LEGAL_PERSON
from tests.browser.app.pin_pad_and_pixels import judged
from tests.browser.conftest import Party
from tests.support.identity import prove
from tests.support.live_service import LiveService, log_in, register

SEEN: Final = os.environ.get("PAGES_SEEN")


@contextmanager
def unproven_party(folder: Path, **settings: str) -> Iterator[Party]:
    """The legal person has an account that is theirs, and is logged in on the phone; it has no certificate."""
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
    """Judged as every screen; pictures where PAGES_SEEN names a folder."""

    def see(how: str) -> None:
        if SEEN and how != "large":
            page.wait_for_timeout(200)
            page.screenshot(path=Path(SEEN) / f"{name}-{how}.png")

    judged(page, see)
