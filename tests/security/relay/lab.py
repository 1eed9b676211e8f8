"""The relay lab's parts: the real service, a business system's page, and the victim's phone.

The attacker opens the business system's login page on their own PC, so the system reports that PC's address
and browser.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from mshield.client import BusinessClient
from mshield.client.business.values import Created, Pc
from mshield.client.errors import ClientError
from mshield.server.systems.register import register_system
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.messages import Scan
from tests.support.application import ORIGIN
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, mortal_service

ATTACKERS_PC: Final = Pc(address="198.51.100.7", browser="Chrome 143, Linux")
BETWEEN_SECONDS: Final = 61
"""Pause in s between two attacks, so that limits of one don't affect the next."""


@dataclass(slots=True)
class Lab:
    """One service and one victim; each attack starts its own login."""

    service: Mortal
    victim: VirtualPhone
    business: BusinessClient
    other_business: BusinessClient
    other_client_id: str

    def login(self) -> Created:
        """Starts a login at the business system on the attacker's own PC."""
        return self.business.request_login(pc=ATTACKERS_PC)

    def code_after(self, created: Created, seconds: float) -> str:
        """Returns the QR text on the attacker's screen `seconds` after the login began, and moves the clock there."""
        shown = created.qr_text(at=created.received_at + round(seconds * 1000))
        self.service.clock.advance(seconds=seconds)
        return shown

    def later(self, seconds: float) -> None:
        """Lets time pass: a chat, a phone call, a slow stream."""
        self.service.clock.advance(seconds=seconds)

    def scan(self, code: str) -> Scan:
        """The victim scans a code."""
        return self.victim.scan(code)

    def approve(self) -> None:
        """The victim enters their PIN."""
        self.victim.approve(pin=OPERATOR.pin)

    def root(self) -> bytes:
        """Returns the root certificate pinned by a business system."""
        return self.service.handle(httpx.Request("GET", f"{ORIGIN}/pki/root.cer")).content

    def call(self, method: str, path: str, token: str) -> httpx.Response:
        """Calls with a stolen status token."""
        request = httpx.Request(method, ORIGIN + path, headers={"Authorization": f"Bearer {token}"})
        return self.service.handle(request)


def stopped_by(lab: Lab, play: Callable[[Lab], None]) -> str | None:
    """Returns the code of the refusal that ended the attack; None if it succeeded."""
    lab.later(BETWEEN_SECONDS)
    try:
        play(lab)
    except ClientError as refused:
        return refused.code
    return None


@contextmanager
def open_lab(database_url: str, folder: Path, clock: Clock) -> Iterator[Lab]:
    """Yields a lab on a migrated database."""
    with (
        pytest.MonkeyPatch.context() as patch,
        mortal_service(database_url, folder, clock, patch) as service,
        service.business() as business,
    ):
        client_id, secret = service.run(
            register_system(service.db.db, name="掌上海关", domain="palm.example", now=clock())
        )
        transport = httpx.MockTransport(service.handle)
        with BusinessClient(ORIGIN, client_id=client_id, client_secret=secret, transport=transport) as other:
            yield Lab(service, service.enrolled(folder / "phone"), business, other, client_id)
