"""How the demonstration's people prove who they are: by the filed phone number, an activation code, their legal person.

An account is a person only when a proof ties it to the filed one.
"""

from typing import Final

from mshield.client import ProblemError
from mshield.client.phone import VirtualPhone
from mshield.client.portal import PortalClient
from mshield.demo import legal_person
from mshield.demo.legal_person import Read
from mshield.demo.people import LEGAL_PERSON, OPERATOR_TO_CONFIRM, Person
from mshield.demo.service import Service, StepFailed
from mshield.domain.proofs import WAY_NAMES, Way

BY_TWO: Final = ("--second-person", "许安然")
"""What is about legal persons, or like another business system, takes two people."""

"""Who is there when the legal person's code is made."""


def register(phone: VirtualPhone, person: Person, read: Read) -> str:
    """An account; any phone will do for that, and it proves nothing."""
    phone.request_sms_code("register", phone=person.phone)
    account = phone.register(
        name=person.name,
        id_type=person.id_type,
        id_number=person.id_number,
        phone=person.phone,
        sms_code=read(f"sms register {person.phone}"),
        password=person.password,
    )
    return f"account {account}"


def log_in(phone: VirtualPhone, person: Person, read: Read) -> str:
    """Logs in; a person reads the captcha."""
    captcha = phone.captcha()
    done = phone.login(
        account=person.phone,
        password=person.password,
        captcha_id=captcha.captcha_id,
        captcha=read(f"captcha {captcha.captcha_id}"),
    )
    return f"{done.account.name} {done.account.phone_masked}"


def how_proven(phone: VirtualPhone) -> str:
    """The account's newest proof in both languages."""
    proofs = phone.identity().proofs
    if not proofs:
        raise StepFailed("nothing proves the account")
    zh, en = WAY_NAMES[Way(proofs[0].way)]
    return f"proven 已核验: {zh} {en}"


def activate_legal_person(service: Service, read: Read) -> str:
    """Two people of the filing office make the code; the legal person's first login at the portal takes it."""
    code = service.command(
        "filing", "code", "--credit-code", LEGAL_PERSON.credit_code, "--id-number", LEGAL_PERSON.id_number,
        "--role", "legal-person", *BY_TWO,
    )  # fmt: skip
    with PortalClient(service.origin) as portal:
        session = legal_person.log_in(portal, read, activation_code=code["code"])
        portal.logout()
    enterprises = ", ".join(enterprise.name for enterprise in session.enterprises)
    return f"{session.name}: code 激活码 {code['code']}, {enterprises}"


def confirm_operator(service: Service, read: Read) -> str:
    """An operator without a filed phone number may not apply, asks, and is confirmed by the legal person."""
    person = OPERATOR_TO_CONFIRM
    with VirtualPhone(service.folder / "phone-to-confirm", service.origin) as phone:
        register(phone, person, read)
        log_in(phone, person, read)
        _must_be_unproven(phone, read)
        phone.ask_legal_person("operator", person.credit_code)
        with PortalClient(service.origin) as portal:
            legal_person.log_in(portal, read)
            (waiting,) = portal.applications(person.credit_code, state="waiting").items
            portal.request_vouching_code(person.credit_code, waiting.person_id)
            code = read(f"sms vouch {LEGAL_PERSON.phone}")
            portal.decide_application(person.credit_code, waiting.id, "confirm", sms_code=code)
            portal.logout()
        return f"{person.name}: {how_proven(phone)}"


def _must_be_unproven(phone: VirtualPhone, read: Read) -> None:
    person = OPERATOR_TO_CONFIRM
    phone.request_sms_code("apply")
    try:
        phone.apply(
            name=person.name,
            id_number=person.id_number,
            user_type="operator",
            credit_code=person.credit_code,
            sms_code=read(f"sms apply {person.phone}"),
            pin=person.pin,
        )
    except ProblemError as refusal:
        if refusal.code != "identity_unproven":
            raise
        return
    raise StepFailed("an account that nothing proves could apply")
