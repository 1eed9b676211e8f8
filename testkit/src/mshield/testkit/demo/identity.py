"""Identity proofs of the demonstration's people: the filed phone number, an activation code, their legal person.

An account belongs to a filed person only when a proof connects them.
"""

from mshield.client import ProblemError
from mshield.testkit.demo import legal_person
from mshield.testkit.demo.legal_person import Read
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR_TO_CONFIRM, Person
from mshield.testkit.demo.service import Service, StepFailed
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.portal import PortalClient
from mshield.wire.identity import WAY_NAMES, Way


def register(phone: VirtualPhone, person: Person, read: Read) -> str:
    """Registers an account; this works on any phone and proves nothing."""
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
    session = phone.login(
        account=person.phone,
        password=person.password,
        captcha_id=captcha.captcha_id,
        captcha=read(f"captcha {captcha.captcha_id}"),
    )
    return f"{session.account.name} {session.account.phone_masked}"


def describe_proof(phone: VirtualPhone) -> str:
    """Returns the account's newest proof in both languages. Raises: StepFailed (no proof)."""
    proofs = phone.identity().proofs
    if not proofs:
        raise StepFailed("nothing proves the account")
    zh, en = WAY_NAMES[Way(proofs[0].way)]
    return f"proven 已核验: {zh} {en}"


def activate_legal_person(service: Service, read: Read) -> str:
    """Has two people of the filing office make a code, which the legal person enters at their first portal login."""
    number = ("--credit-code", LEGAL_PERSON.credit_code, "--id-number", LEGAL_PERSON.id_number)
    code = service.by_two("filing", "code", *number, "--role", "legal-person")
    with PortalClient(service.origin) as portal:
        session = legal_person.log_in(portal, read, activation_code=code["code"])
        portal.logout()
    enterprises = ", ".join(enterprise.name for enterprise in session.enterprises)
    return f"{session.name}: code 激活码 {code['code']}, {enterprises}"


def confirm_operator(service: Service, read: Read) -> str:
    """Registers an operator without a filed phone number, who can't apply until the legal person has confirmed them."""
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
        return f"{person.name}: {describe_proof(phone)}"


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
