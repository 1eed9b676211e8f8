"""Applying for a certificate (申请证书, manual 2.3.1.3): joint key, slot, co-signed request, certificate.

A new key stays `pending` beside an old one until its certificate is here; a lost answer is made good by
asking for the certificate, never by a second key.
"""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from mshield.client import account_source
from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.phone.cosigning import CoSigning, ToSign, hide_share
from mshield.client.phone.messages import (
    Captcha,
    Enrolment,
    IssuedCertificate,
    JointKey,
    SmsCodeSent,
    Task,
)
from mshield.client.phone.operation import Operation
from mshield.client.phone.pin import PinSource, checked_pin, fetch_policy, holder_of, require_strong
from mshield.client.phone.pin_change import confirm
from mshield.client.phone.state import KeyState, StoredCertificate, Subject
from mshield.client.wire import read, unhex
from mshield.domain.certificates.pin import Holder
from mshield.gm import cosign
from mshield.gm.errors import GmError
from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import Certificate, parse_certificate_pem
from mshield.pki.certificates.csr import parse_request_info
from mshield.pki.certificates.names import LeafSubject, Name
from mshield.pki.errors import PkiError

_CODE_CAPTCHAS: Final = "/api/phone/sms-codes/captchas"
_ROLES: Final = {"legal_person": "法人", "operator": "操作员"}

UserType = Literal["legal_person", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What the user enters; all of it must match the enterprise's filing (R4).

    `id_number` None: the account's own.
    """

    name: str
    id_number: str | None
    user_type: UserType
    credit_code: str
    sms_code: str


def captcha(operation: Operation, *, for_sms_code: bool) -> Captcha:
    """One with a picture, for a login or for an SMS code."""
    path = f"{_CODE_CAPTCHAS}?picture=true" if for_sms_code else "/api/phone/captchas"
    return read(operation.connection.post(path, operation.anonymous()), Captcha)


def consents(operation: Operation) -> dict[str, dict[str, str]]:
    """What a call that makes an account says of consents: the documents of now; nothing to a service without any."""
    return account_source.consents(
        lambda: operation.connection.get(account_source.POLICIES, operation.anonymous())
    )


def request_sms_code(
    operation: Operation, purpose: str, phone: str | None, captcha_id: str | None, answer: str | None
) -> SmsCodeSent:
    """Has a code sent: to the account's phone after a login, else after the work of a captcha."""
    credentials, shown = operation.anonymous(), dict[str, str]()
    if purpose in {"apply", "renew", "close", "export"}:
        credentials = operation.logged_in()
    else:
        shown = _for_code(operation, captcha_id, answer)
    payload = {"phone": phone, "purpose": purpose, **shown}
    return read(operation.connection.post("/api/phone/sms-codes", credentials, payload), SmsCodeSent)


def _for_code(operation: Operation, captcha_id: str | None, answer: str | None) -> dict[str, str]:
    if captcha_id is None:
        captcha = operation.connection.post(_CODE_CAPTCHAS, operation.anonymous())
        captcha_id = read(captcha, Captcha).captcha_id
    shown = {"captcha_id": captcha_id, "work": operation.work(captcha_id)}
    return shown if answer is None else {**shown, "captcha": answer}


def check(operation: Operation, application: Application) -> None:
    """Has the service look at the data before a PIN is chosen; it asks for no code.

    As the application, it has the service take over what the outside filing system says, and changes nothing else.
    """
    form: dict[str, object] = msgspec.to_builtins(application)
    del form["sms_code"]
    operation.connection.post("/api/phone/enrolments/check", operation.logged_in(), form)


def apply(operation: Operation, application: Application, pin: str, *, again: bool) -> IssuedCertificate:
    """Enrols a key and returns its certificate.

    An application whose last answer was lost is completed instead. Where this phone's certificate has not been revoked,
    the service warns (ProblemError `already_certified`) and changes nothing. `again` says that the user read the
    warning and wants it all the same: then that certificate is held and nothing is issued (R6, ProblemError
    `duplicate_application`).
    """
    checked_pin(pin)
    state = operation.vault.state
    if state.pending is not None and (issued := adopt(operation, pin)) is not None:
        return issued
    policy = fetch_policy(operation)
    require_strong(pin, policy, holder_of(operation, application.id_number))
    form: dict[str, object] = msgspec.to_builtins(application)
    if again:
        form["confirm_duplicate"] = True
    answer = operation.connection.post("/api/phone/enrolments", operation.logged_in(), form)
    begun = read(answer, Enrolment)
    check_names(begun.subject, application)
    if begun.id_number is not None:
        require_strong(pin, policy, Holder.of_id_number(begun.id_number))
    make_key(operation, begun, pin)
    return _complete(operation, pin)


def resume(operation: Operation, pin: str) -> IssuedCertificate:
    """Completes an application that stopped after the key was made: needs the PIN chosen then, and no new SMS code.

    PhoneError `no_key` where none is pending, and none has still to show that it works.
    """
    checked_pin(pin)
    state = operation.vault.state
    if state.pending is not None and state.pending.renews:
        raise PhoneError("renewal_unfinished")
    if state.pending is None and state.key is not None and not state.key.proven:
        return _taken_before(operation, pin)
    state.at("pending")
    return adopt(operation, pin) or _complete(operation, pin)


def _taken_before(operation: Operation, pin: str) -> IssuedCertificate:
    """A certificate that an earlier version of this program took over before any answer was checked."""
    issued = fetch(operation)
    if issued is None:
        raise PhoneError("no_key")
    confirm(operation, "key", pin)
    return issued


def adopt(operation: Operation, pin: PinSource) -> IssuedCertificate | None:
    """The certificate of the pending key, proven and taken over; None where none was issued for it."""
    issued = fetch(operation)
    if issued is None:
        return None
    prove(operation, issued, pin)
    return issued if take_over(operation, issued) else None


def prove(operation: Operation, issued: IssuedCertificate, pin: PinSource) -> None:
    """Where the certificate is for a pending key that has given no checked answer yet, a `confirm` task gets one.

    Its finish was lost for good, or closed: a service could have got a key certified that it alone knows. Raises
    ProtocolError `bad_answer`, and forgets the key.
    """
    if awaits_proof(operation, issued):
        confirm(operation, "pending", pin)


def awaits_proof(operation: Operation, issued: IssuedCertificate) -> bool:
    """Whether the certificate is for the pending key, of which no checked answer has shown yet that it is joint."""
    pending = operation.vault.state.pending
    return pending is not None and not pending.proven and _parsed(issued.pem).public_key == pending.public


def take_over(operation: Operation, issued: IssuedCertificate) -> bool:
    """Makes the pending key the phone's key if the certificate is for it; False leaves everything as it is.

    Raises ProtocolError: `bad_certificate` where the names in it are not those that were requested, `bad_answer` where
    no checked answer has shown that P is the joint key.
    """
    pending = operation.vault.state.pending
    if pending is None or (parsed := _parsed(issued.pem)).public_key != pending.public:
        return False
    if _certified(parsed.subject) != pending.subject:
        raise ProtocolError("bad_certificate", "the names are not those that were requested")
    if not pending.proven:
        raise ProtocolError("bad_answer", "no answer has shown that P is the joint key")
    certificate = StoredCertificate(pem=issued.pem, chain_pem=issued.chain_pem, log_key=issued.log_key)
    operation.vault.save(
        msgspec.structs.replace(
            operation.vault.state,
            key=msgspec.structs.replace(pending, certificate=certificate, renews=False),
            pending=None,
            shield_number=issued.shield_number,
        )
    )
    return True


def fetch(operation: Operation) -> IssuedCertificate | None:
    """This device's certificate as the service has it; None where there is none."""
    try:
        answer = operation.connection.get("/api/phone/certificate", operation.logged_in())
    except ProblemError as error:
        if error.code == "no_certificate":
            return None
        raise
    issued = read(answer, IssuedCertificate)
    _keep_log_key(operation, issued)
    return issued


def _keep_log_key(operation: Operation, issued: IssuedCertificate) -> None:
    """Once for a certificate that was taken over from a service which didn't tell the log's key."""
    key = operation.vault.state.key
    stored = None if key is None else key.certificate
    if key is None or stored is None or stored.log_key is not None or stored.pem != issued.pem:
        return
    certificate = msgspec.structs.replace(stored, log_key=issued.log_key)
    changed = msgspec.structs.replace(key, certificate=certificate)
    operation.vault.save(msgspec.structs.replace(operation.vault.state, key=changed))


def check_names(subject: Subject, application: Application) -> None:
    """ProtocolError `bad_request_info` where the certificate would name somebody else, or another role."""
    if (subject.common_name, subject.role) != (application.name, _ROLES[application.user_type]):
        raise ProtocolError("bad_request_info", "name or role is not the one entered")


def certified_names(pem: str, *, public: bytes) -> Subject | None:
    """The names in a certificate, or None where it is for another key; ProtocolError `bad_certificate`."""
    parsed = _parsed(pem)
    return _certified(parsed.subject) if parsed.public_key == public else None


def make_key(operation: Operation, begun: Enrolment, pin: str, *, renews: bool = False) -> None:
    """The joint key: `d1` lives in this call only; what stays is the slot, which is read back before it counts.

    Raises PhoneError `damaged_slot`, ProtocolError.
    """
    uid, sid = unhex(begun.uid, 16), unhex(begun.sid, 16)
    enrolled = cosign.phone_enrol(operation.engine, uid=uid, sid=sid)
    half = {
        "P1": enrolled.P1.hex(),
        "A": enrolled.proof.A.hex(),
        "z": enrolled.proof.z.to_bytes(32, "big").hex(),
    }
    path, credentials = f"/api/phone/enrolments/{begun.uid}/key", operation.logged_in(nonce=begun.challenge)
    # The same P1 again gets the same P, so a lost answer is asked for with the same body.
    answer = operation.connection.post(path, credentials, half)
    public = unhex(read(answer, JointKey).public, 65)
    try:
        operation.engine.check_point(public)
    except GmError as error:
        raise ProtocolError("malformed", "P is not a point of the curve") from error
    slot = hide_share(operation, uid=uid, epoch=0, d1=enrolled.d1, pin=pin)
    key = KeyState(uid=uid, sid=sid, public=public, subject=begun.subject, slots=(slot,), renews=renews)
    operation.vault.save(
        msgspec.structs.replace(operation.vault.state, pending=key, shield_number=begun.shield_number)
    )
    if operation.vault.reread().pending != key or not slot.intact():
        raise PhoneError("damaged_slot", "the slot was not stored as written")


def _complete(operation: Operation, pin: str) -> IssuedCertificate:
    """Co-signs the certificate request and fetches the certificate."""
    key = operation.vault.state.at("pending")
    answer = operation.connection.get(f"/api/phone/tasks/{key.sid.hex()}", operation.logged_in())
    task = read(answer, Task)
    if task.purpose != "enrol" or task.sid != key.sid.hex() or task.uid != key.uid.hex():
        raise ProtocolError("bad_task", "not the task of this enrolment")
    check_request_info(task.message, public=key.public, subject=key.subject)
    # A bad answer deletes the pending key: P was not the joint key.
    CoSigning(operation, "pending").sign([ToSign(key.sid, task.message)], pin)
    issued = adopt(operation, pin)
    if issued is None:
        raise ProtocolError("bad_certificate", "the certificate is not for this key")
    return issued


def check_request_info(info: bytes, *, public: bytes, subject: Subject) -> None:
    """ProtocolError `bad_request_info` where the certificate request isn't for this key and these names."""
    try:
        names, requested = parse_request_info(info)
    except PkiError as error:
        raise ProtocolError("bad_request_info", str(error)) from error
    if requested != public:
        raise ProtocolError("bad_request_info", "the key in the request is not P")
    if _requested(names) != subject:
        raise ProtocolError("bad_request_info", "the names in the request are not the user's")


def _parsed(pem: str) -> Certificate:
    try:
        return parse_certificate_pem(pem)
    except PkiError as error:
        raise ProtocolError("bad_certificate", str(error)) from error


def _certified(name: Name) -> Subject:
    parts = (oids.COUNTRY, oids.ORGANISATION, oids.ORGANISATIONAL_UNIT, oids.COMMON_NAME)
    country, organisation, role, common_name = (name.get(part) or "" for part in parts)
    return Subject(country=country, organisation=organisation, role=role, common_name=common_name)


def _requested(subject: LeafSubject) -> Subject:
    return Subject(
        country=subject.country,
        organisation=subject.organisation,
        role=subject.role,
        common_name=subject.common_name,
    )
