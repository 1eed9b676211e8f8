"""Pushes as Chromium hands them to the app's service worker (RFC 8030), and what the phone then shows.

The whole browser: its shell for programs lets nobody show a notification.
"""

import time
from typing import Final

from playwright.sync_api import Page

_SHOWN: Final = """async () => {
  const shown = await (await navigator.serviceWorker.ready).getNotifications();
  return shown.map(({ tag, title, body, data }) => [tag, title, body, data]);
}"""
_SECONDS: Final = 20.0


def push(page: Page, origin: str, *pushed: str) -> list[list[str]]:
    """The notifications after these pushes, one for each: tag, title, body, data."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = page.context.new_cdp_session(page)
    found: list[dict[str, str]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    session.send("ServiceWorker.enable")
    deadline = time.monotonic() + _SECONDS
    while not found and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    number = next(each["registrationId"] for each in found if each["scopeURL"].endswith("/app/"))
    for data in pushed:
        about = {"origin": origin, "registrationId": number, "data": data}
        session.send("ServiceWorker.deliverPushMessage", about)
    while len(shown := page.evaluate(_SHOWN)) < len(pushed) and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    session.detach()
    return sorted(shown)
