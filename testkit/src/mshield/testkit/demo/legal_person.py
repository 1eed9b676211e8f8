"""Legal person's part of the demonstration: portal login, and refusal of a lost shield."""

from collections.abc import Callable

from mshield.client import BusinessClient, ProblemError
from mshield.testkit.demo.people import LEGAL_PERSON
from mshield.testkit.demo.service import StepFailed
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.portal import PortalClient
from mshield.wire.portal import PortalSessionMessage

Read = Callable[[str], str]
"""Function that returns what a person would read.

- `captcha ID`: the characters of the picture
- `sms PURPOSE`: the code on the legal person's phone
- `sms PURPOSE NUMBER`: the code on another person's phone
"""


def log_in(portal: PortalClient, read: Read, *, activation_code: str | None = None) -> PortalSessionMessage:
    """Logs in with password and captcha (the first time also the activation code), then with the SMS code."""
    captcha = portal.captcha()
    login = portal.begin_login(
        account=LEGAL_PERSON.phone,
        password=LEGAL_PERSON.password,
        captcha_id=captcha.captcha_id,
        captcha=read(f"captcha {captcha.captcha_id}"),
        activation_code=activation_code,
    )
    return portal.finish_login(login.login_id, read("sms portal"))


def report_loss(
    portal: PortalClient,
    phone: VirtualPhone,
    business: BusinessClient,
    read: Read,
) -> str:
    """Reports the operator's shield lost, checks that it is refused, and lifts the loss."""
    session = log_in(portal, read)
    (enterprise,) = session.enterprises
    (shield,) = portal.shields(enterprise.credit_code).items
    portal.act(enterprise.credit_code, "report_loss", [shield.shield_number], reason="手机遗失（演示）")
    _must_be_held(phone, business)
    portal.act(enterprise.credit_code, "lift_loss", [shield.shield_number], reason="已找回（演示）")
    events = portal.shield(enterprise.credit_code, shield.shield_number).events
    portal.logout()
    return f"{session.name}, {enterprise.name}: {shield.shield_number}, {' → '.join(event.event for event in events)}"


def _must_be_held(phone: VirtualPhone, business: BusinessClient) -> None:
    created = business.request_login()
    try:
        phone.scan(created.qr)
    except ProblemError as refusal:
        if refusal.code != "held":
            raise
        return
    raise StepFailed("a lost shield was not refused")
