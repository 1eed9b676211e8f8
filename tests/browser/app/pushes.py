"""Push messages as Chromium delivers them to the app's service worker (RFC 8030), and the notifications they cause.

This needs the whole browser: its headless shell can't show notifications.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from playwright.sync_api import Page

_SHOWN: Final = """async () => {
  const shown = await (await navigator.serviceWorker.ready).getNotifications();
  return shown.map(({ tag, title, body, data }) => [tag, title, body, data]);
}"""
_ENDED: Final = "BackgroundService.backgroundServiceEventReceived"
_SECONDS: Final = 20.0


def push(page: Page, origin: str, *pushed: str) -> list[list[str]]:
    """Returns the notifications after these pushes, one each: tag, title, body, data."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = page.context.new_cdp_session(page)
    registrations: list[dict[str, str]] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"])
    )
    session.send("ServiceWorker.enable")
    _wait(page, lambda: bool(registrations))
    number = next(one["registrationId"] for one in registrations if one["scopeURL"].endswith("/app/"))
    ended: list[str] = []
    session.on(_ENDED, lambda event: ended.extend(_end_of(event["backgroundServiceEvent"])))
    session.send("BackgroundService.startObserving", {"service": "pushMessaging"})
    session.send("BackgroundService.setRecording", {"service": "pushMessaging", "shouldRecord": True})
    for data in pushed:
        about = {"origin": origin, "registrationId": number, "data": data}
        session.send("ServiceWorker.deliverPushMessage", about)
    # Query only once at the end: Chromium drops a notification from its list if queried while showing it.
    _wait(page, lambda: len(ended) >= len(pushed))
    shown = page.evaluate(_SHOWN)
    session.send("BackgroundService.setRecording", {"service": "pushMessaging", "shouldRecord": False})
    session.detach()
    assert ended == ["Success"] * len(pushed)
    return sorted(shown)


def _end_of(event: dict[str, Any]) -> list[str]:
    if event["eventName"] != "Push event completed":
        return []
    return [item["value"] for item in event["eventMetadata"] if item["key"] == "Status"]


def _wait(page: Page, is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not is_true() and time.monotonic() < deadline:
        page.wait_for_timeout(20)
