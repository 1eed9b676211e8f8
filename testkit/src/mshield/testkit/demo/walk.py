"""Steps at both business systems: a person's actions in their browser and on their (virtual) phone."""

import time
from typing import Final

from mshield.testkit.demo.browser import Browser
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.demo.service import StepFailed
from mshield.testkit.phone import VirtualPhone

_WEBHOOK_SECONDS: Final = 15.0


def log_in_by_scan(browser: Browser, phone: VirtualPhone) -> str:
    """Logs in at the Single Window: the phone scans the page's code, and the page continues."""
    browser.open("/login")
    phone.scan(browser.leads_to("/login/code"))
    phone.approve(pin=OPERATOR.pin)
    browser.press("/login")
    _require(browser, OPERATOR.name)
    return f"{OPERATOR.name} at {browser.origin}{browser.path}"


def declare_and_sign(browser: Browser, phone: VirtualPhone) -> str:
    """Fills in a declaration and signs it; a webhook then updates its state, without the browser.

    Raises: StepFailed (no webhook).
    """
    browser.open("/declarations/new?example=1")
    browser.press("/declarations")
    declaration = browser.path
    browser.press("/signings", id=declaration.rpartition("/")[2])
    phone.scan(browser.leads_to(f"{browser.path}/code"))
    phone.approve(pin=OPERATOR.pin)
    until = time.monotonic() + _WEBHOOK_SECONDS
    while "签名有效" not in browser.open(declaration).text:
        if time.monotonic() > until:
            raise StepFailed("the webhook did not come")
        time.sleep(0.1)
    evidence = browser.open(f"{declaration}/evidence")
    return f"{browser.origin}{declaration}: signed, verified; evidence of {len(evidence.content)} bytes"


def sign_app_to_app(browser: Browser, phone: VirtualPhone) -> str:
    """At palm customs, switches to the shield's app and back, for the login and for the first task."""
    phone.bind(OPERATOR.pin)
    browser.open("/")
    _visit_shield_app(browser, phone, "/login")
    _require(browser, OPERATOR.name)
    browser.open("/tasks/1")
    _visit_shield_app(browser, phone, "/tasks/1/sign")
    _require(browser, "签名有效")
    return f"{browser.origin}{browser.path}: signed, verified"


def _visit_shield_app(browser: Browser, phone: VirtualPhone, action: str) -> None:
    phone.scan(browser.press(action).headers["Location"])
    back = phone.approve(pin=OPERATOR.pin).return_address
    browser.open(back or "")


def _require(browser: Browser, text: str) -> None:
    if text not in browser.page:
        raise StepFailed(f"{browser.origin}{browser.path} does not say {text}")
