"""The legal person's part of the demonstration: they log in at the portal, and a lost shield is refused."""

from collections.abc import Callable

from mshield.client import BusinessClient, ProblemError
from mshield.client.phone import VirtualPhone
from mshield.client.portal import PortalClient
from mshield.client.portal_messages import PortalSession
from mshield.demo.people import LEGAL_PERSON
from mshield.demo.service import StepFailed

Read = Callable[[str], str]
"""Gives what a person would read: `captcha ID` from the picture, `sms PURPOSE` from the legal person's phone.

`sms PURPOSE NUMBER` is another's phone.
"""


def log_in(portal: PortalClient, read: Read, *, activation_code: str | None = None) -> PortalSession:
    """Password and captcha, the first time with the activation code that they were handed; then the SMS code."""
    captcha = portal.captcha()
    begun = portal.begin_login(
        account=LEGAL_PERSON.phone,
        password=LEGAL_PERSON.password,
        captcha_id=captcha.captcha_id,
        captcha=read(f"captcha {captcha.captcha_id}"),
        activation_code=activation_code,
    )
    return portal.finish_login(begun.login_id, read("sms portal"))


def report_loss(
    portal: PortalClient,
    phone: VirtualPhone,
    business: BusinessClient,
    read: Read,
) -> str:
    """Reports the operator's shield lost, sees it refused, and lifts the loss."""
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
