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
from tests.support.live_service import LiveService, ensure_registered
from tests.support.proving import file_phone, prove

SEEN: Final = os.environ.get("MSHIELD_SEEN")


@contextmanager
def unproven_party(folder: Path) -> Iterator[Party]:
    """The legal person has an account that is theirs; the phone has nobody's."""
    service = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    service.prepare()
    service.start()
    try:
        ensure_registered(service, LEGAL_PERSON)
        file_phone(service, LEGAL_PERSON, None)
        prove(service, LEGAL_PERSON)
        with service.phone() as phone:
            yield Party(service, phone)
    finally:
        service.stop()


def seen(page: Page, name: str) -> None:
    """Judged as every screen; pictures where MSHIELD_SEEN names a folder."""

    def see(how: str) -> None:
        if SEEN and how != "large":
            page.wait_for_timeout(200)
            page.screenshot(path=Path(SEEN) / f"{name}-{how}.png")

    judged(page, see)
