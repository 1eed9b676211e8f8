"""A running service, a phone, a registered client, and a person at a PC, for real-world clients.

The person's browser is httpx with cookies; it reads the page and its stream of QR codes like the component.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
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
        """Opens the address, logs in at the login page, and returns the next address that starts with `until`."""
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
        """Scans the page's code, enters the PIN, and returns the page's next address."""
        self.phone.scan(self._qr(page))
        self.phone.approve(pin=OPERATOR.pin)
        return page.done

    def _qr(self, page: Page) -> str:
        """Returns the current QR code from the page's stream."""
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
    """Registers a new business system as a client; returns id and secret."""
    made = service.by_two("business", "add", "单一窗口", "--domain", "singlewindow.example")
    service.command("oidc", "client", "set", made["client_id"], *arguments)
    return made["client_id"], made["client_secret"]


def text_of(folder: Path, name: str) -> str:
    """Returns a program's output so far, for failure messages."""
    file = folder / name
    return file.read_text("utf-8", "replace")[-4000:] if file.exists() else ""
