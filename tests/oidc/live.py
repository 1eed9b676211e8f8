"""A running service, a phone, a registered client, and a person in front of a PC: for clients as people use them.

The person's browser is httpx with cookies; it reads the page and the page's stream of QR codes as the component does.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from mshield.client.phone import VirtualPhone
from mshield.demo.people import OPERATOR
from tests.oidc.client import Page
from tests.support.live_service import LiveService

_HOPS: Final = 10


@dataclass(slots=True)
class Person:
    """The example's operator with their phone, and a browser."""

    service: LiveService
    phone: VirtualPhone
    browser: httpx.Client

    def log_in(self, address: str, *, until: str) -> httpx.URL:
        """Goes to the address, logs in where the login page comes, and gives where they then are sent under `until`."""
        answer = self.browser.get(address)
        for _ in range(_HOPS):
            if answer.is_redirect:
                target = answer.next_request.url if answer.next_request else httpx.URL()
                if str(target).startswith(until):
                    return target
                answer = self.browser.get(target)
            else:
                answer = self.browser.get(self.scan(Page.of(answer)))
        raise AssertionError(f"not sent to {until}")

    def scan(self, page: Page) -> str:
        """Scans what the page shows, enters the PIN, and gives where the page goes."""
        self.phone.scan(self._qr(page))
        self.phone.approve(pin=OPERATOR.pin)
        return page.done

    def _qr(self, page: Page) -> str:
        """The QR code of this second, from the stream that the page reads."""
        address = f"{self.service.origin}/api/pc/requests/{page.request_id}/events"
        bearer = {"Authorization": f"Bearer {page.token}"}
        with self.browser.stream("GET", address, headers=bearer) as stream:
            event = ""
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "qr":
                    text: str = json.loads(value)["texts"][0]
                    return text
        raise AssertionError("no QR code")


def new_client(service: LiveService, *arguments: str) -> tuple[str, str]:
    """A new business system as a client: its id and secret."""
    made = service.command(
        "business", "add", "单一窗口", "--domain", "singlewindow.example", "--second-person", "许安然"
    )
    service.command("oidc", "client", "set", made["client_id"], *arguments)
    return made["client_id"], made["client_secret"]


def text_of(folder: Path, name: str) -> str:
    """What a program wrote so far, for the message of a failure."""
    file = folder / name
    return file.read_text("utf-8", "replace")[-4000:] if file.exists() else ""
