"""The legal person's part of the demonstration: they log in at the portal, and a lost shield is refused."""

from collections.abc import Callable

from mshield.client import BusinessClient, ProblemError
from mshield.client.phone import VirtualPhone
from mshield.client.portal import PortalClient
from mshield.demo.people import LEGAL_PERSON
from mshield.demo.service import StepFailed

Read = Callable[[str], str]
"""Gives what a person would read: `captcha ID` from the picture, `sms PURPOSE` from their phone."""


def register(phone: VirtualPhone, read: Read) -> str:
    """Their account; any phone will do for that."""
    phone.request_sms_code("register", phone=LEGAL_PERSON.phone)
    account = phone.register(
        name=LEGAL_PERSON.name,
        id_type="resident_id",
        id_number=LEGAL_PERSON.id_number,
        phone=LEGAL_PERSON.phone,
        sms_code=read("sms register"),
        password=LEGAL_PERSON.password,
    )
    return f"account {account}"


def report_loss(portal: PortalClient, phone: VirtualPhone, business: BusinessClient, read: Read) -> str:
    """Reports the operator's shield lost, sees it refused, and lifts the loss."""
    captcha = portal.captcha()
    begun = portal.begin_login(
        account=LEGAL_PERSON.phone,
        password=LEGAL_PERSON.password,
        captcha_id=captcha.captcha_id,
        captcha=read(f"captcha {captcha.captcha_id}"),
    )
    session = portal.finish_login(begun.login_id, read("sms portal"))
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
