"""Applying for a certificate (申请证书, manual 2.3.1.3): joint key, slot, co-signed request, certificate.

A new key stays `pending` beside the old one until its certificate arrives. After a lost response the phone
fetches the certificate, and never makes a second key.
"""

from typing import Final

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.forms import read, unhex
from mshield.gm import cosign
from mshield.gm.errors import GmError
from mshield.pki.asn1 import oids
from mshield.pki.certificates.certificate import Certificate, parse_certificate_pem
from mshield.pki.certificates.csr import parse_request_info
from mshield.pki.certificates.names import LeafSubject, Name
from mshield.pki.errors import PkiError
from mshield.testkit import account_source
from mshield.testkit.phone.cosigning import CoSigning, ToSign, hide_share
from mshield.testkit.phone.messages import IssuedCertificate, Task
from mshield.testkit.phone.operation import Operation
from mshield.testkit.phone.pin import PinSource, checked_pin, fetch_policy, holder_of, require_strong
from mshield.testkit.phone.pin_change import confirm
from mshield.testkit.phone.state import KeyState, StoredCertificate
from mshield.wire.captchas import CaptchaMessage
from mshield.wire.phone.accounts import SmsCodeOut
from mshield.wire.phone.enrolment import (
    ApplicantMessage,
    ApplyMessage,
    BegunMessage,
    PublicKeyMessage,
    SubjectMessage,
)
from mshield.wire.pin import Holder

_CODE_CAPTCHAS: Final = "/api/phone/sms-codes/captchas"
OWN_NUMBER_PURPOSES: Final = frozenset({"apply", "renew", "close", "export"})
"""Purposes of SMS codes that a logged-in account requests: the code goes to the account's own number."""
REFUSED: Final = frozenset({"ca_refused", "ca_bad_certificate", "ca_timeout"})
"""Ends of an application at an outside CA."""

_ROLES: Final = {"legal_person": "法人", "operator": "操作员"}


def captcha(operation: Operation, *, for_sms_code: bool) -> CaptchaMessage:
    """Gets a captcha with an image, for a login or for an SMS code."""
    path = f"{_CODE_CAPTCHAS}?picture=true" if for_sms_code else "/api/phone/captchas"
    return read(operation.connection.post(path, operation.anonymous()), CaptchaMessage)


def consents(operation: Operation) -> dict[str, dict[str, str]]:
    """Returns the consents for a call that creates an account; empty if the service needs none."""
    return account_source.consents(
        lambda: operation.connection.get(account_source.POLICIES, operation.anonymous())
    )


def request_sms_code(
    operation: Operation, purpose: str, phone: str | None, captcha_id: str | None, answer: str | None
) -> SmsCodeOut:
    """Has a code sent: to the account's phone after a login, otherwise after a captcha's proof of work."""
    credentials, captcha_fields = operation.anonymous(), dict[str, str]()
    if purpose in OWN_NUMBER_PURPOSES:
        credentials = operation.logged_in()
    else:
        captcha_fields = _captcha_fields(operation, captcha_id, answer)
    payload = {"phone": phone, "purpose": purpose, **captcha_fields}
    return read(operation.connection.post("/api/phone/sms-codes", credentials, payload), SmsCodeOut)


def _captcha_fields(operation: Operation, captcha_id: str | None, answer: str | None) -> dict[str, str]:
    if captcha_id is None:
        captcha = operation.connection.post(_CODE_CAPTCHAS, operation.anonymous())
        captcha_id = read(captcha, CaptchaMessage).captcha_id
    fields = {"captcha_id": captcha_id, "work": operation.work(captcha_id)}
    return fields if answer is None else {**fields, "captcha": answer}


def check(operation: Operation, application: ApplicantMessage) -> None:
    """Has the service check the data before a PIN is chosen; needs no SMS code.

    Like the application itself, it makes the service import data from the outside filing system; nothing else
    changes.
    """
    form = msgspec.to_builtins(application)
    operation.connection.post("/api/phone/enrolments/check", operation.logged_in(), form)


def apply(operation: Operation, application: ApplyMessage, pin: str) -> IssuedCertificate:
    """Enrols a key and returns its certificate.

    If the last response of an earlier application was lost, that application is completed instead. If this
    phone has an unrevoked certificate, the service warns (ProblemError `already_certified`) and changes
    nothing. `confirm_duplicate` means that the user read the warning and insists: then that certificate is put on hold
    and nothing is issued (R6, ProblemError `duplicate_application`).
    """
    checked_pin(pin)
    state = operation.vault.state
    if state.pending is not None:
        try:
            if (issued := adopt(operation, pin)) is not None:
                return issued
        except ProblemError as error:
            if error.code not in REFUSED:  # An application that an outside CA refused is over: begin anew.
                raise
    policy = fetch_policy(operation)
    require_strong(pin, policy, holder_of(operation, application.id_number))
    form = msgspec.to_builtins(application)
    answer = operation.connection.post("/api/phone/enrolments", operation.logged_in(), form)
    begun = read(answer, BegunMessage)
    check_names(begun.subject, application)
    if begun.id_number is not None:
        require_strong(pin, policy, Holder.of_id_number(begun.id_number))
    make_key(operation, begun, pin)
    return _complete(operation, pin)


def resume(operation: Operation, pin: str) -> IssuedCertificate:
    """Completes an application that stopped after the key was made; needs its PIN, but no new SMS code.

    Raises: PhoneError (`no_key` if no key is pending).
    """
    checked_pin(pin)
    state = operation.vault.state
    if state.pending is not None and state.pending.renews:
        raise PhoneError("renewal_unfinished")
    state.at("pending")
    return adopt(operation, pin) or _complete(operation, pin)


def adopt(operation: Operation, pin: PinSource) -> IssuedCertificate | None:
    """Proves the pending key, adopts its certificate and returns it; None if none was issued for it."""
    issued = fetch(operation)
    if issued is None:
        return None
    prove(operation, issued, pin)
    return issued if take_over(operation, issued) else None


def prove(operation: Operation, issued: IssuedCertificate, pin: PinSource) -> None:
    """Signs a `confirm` task if the certificate is for a pending key without a checked response so far.

    This happens if the key's `finish` was lost permanently, or closed. Without the task, a service could
    certify a key that it alone knows. Raises: ProtocolError (`bad_answer`, and deletes the key).
    """
    if awaits_proof(operation, issued):
        confirm(operation, "pending", pin)


def awaits_proof(operation: Operation, issued: IssuedCertificate) -> bool:
    """Reports whether the certificate is for the pending key, and no checked response has proved that key joint."""
    pending = operation.vault.state.pending
    return (
        pending is not None
        and not pending.proven
        and _parse_certificate(issued.pem).public_key == pending.public
    )


def take_over(operation: Operation, issued: IssuedCertificate) -> bool:
    """Makes the pending key the phone's key if the certificate is for it; otherwise returns False, changing nothing.

    Raises: ProtocolError (`bad_certificate`: other names than requested; `bad_answer`: no checked response
    has proved that P is the joint key).
    """
    pending = operation.vault.state.pending
    if pending is None or (parsed := _parse_certificate(issued.pem)).public_key != pending.public:
        return False
    if _certificate_subject(parsed.subject) != pending.subject:
        raise ProtocolError("bad_certificate", "the names differ from the requested ones")
    if not pending.proven:
        raise ProtocolError("bad_answer", "no response has proved that P is the joint key")
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
    """Fetches this device's certificate from the service; None if there is none.

    Raises: PhoneError (`ca_waiting` while an outside CA decides), ProblemError (`ca_refused` and others).
    """
    try:
        answer = operation.connection.get("/api/phone/certificate", operation.logged_in())
    except ProblemError as error:
        if error.code == "no_certificate":
            return None
        raise
    if "look_after_s" in msgspec.json.decode(answer):
        raise PhoneError("ca_waiting")
    return read(answer, IssuedCertificate)


def check_names(subject: SubjectMessage, application: ApplicantMessage) -> None:
    """Checks name and role. Raises: ProtocolError (`bad_request_info`) if the certificate would have others."""
    if (subject.common_name, subject.role) != (application.name, _ROLES[application.user_type]):
        raise ProtocolError("bad_request_info", "name or role differs from the one entered")


def certified_names(pem: str, *, public: bytes) -> SubjectMessage | None:
    """Returns a certificate's names, or None if it is for another key. Raises: ProtocolError (`bad_certificate`)."""
    parsed = _parse_certificate(pem)
    return _certificate_subject(parsed.subject) if parsed.public_key == public else None


def make_key(operation: Operation, begun: BegunMessage, pin: str, *, renews: bool = False) -> None:
    """Makes the joint key: `d1` exists only in this call; only the slot is stored, and read back before it is used.

    Raises: PhoneError (`damaged_slot`), ProtocolError.
    """
    uid, sid = unhex(begun.uid, 16), unhex(begun.sid, 16)
    enrolled = cosign.phone_enrol(operation.engine, uid=uid, sid=sid)
    half = {
        "P1": enrolled.P1.hex(),
        "A": enrolled.proof.A.hex(),
        "z": enrolled.proof.z.to_bytes(32, "big").hex(),
    }
    path, credentials = f"/api/phone/enrolments/{begun.uid}/key", operation.logged_in(nonce=begun.challenge)
    # The same P1 gets the same P, so the call can be retried with the same body after a lost response.
    answer = operation.connection.post(path, credentials, half)
    public = unhex(read(answer, PublicKeyMessage).P, 65)
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
    # A bad response deletes the pending key, since P was not the joint key.
    CoSigning(operation, "pending").sign([ToSign(key.sid, task.message)], pin)
    issued = adopt(operation, pin)
    if issued is None:
        raise ProtocolError("bad_certificate", "the certificate is not for this key")
    return issued


def check_request_info(info: bytes, *, public: bytes, subject: SubjectMessage) -> None:
    """Checks that the certificate request has this key and these names. Raises: ProtocolError (`bad_request_info`)."""
    try:
        names, requested = parse_request_info(info)
    except PkiError as error:
        raise ProtocolError("bad_request_info", str(error)) from error
    if requested != public:
        raise ProtocolError("bad_request_info", "the key in the request is not P")
    if _request_subject(names) != subject:
        raise ProtocolError("bad_request_info", "the names in the request differ from the user's")


def _parse_certificate(pem: str) -> Certificate:
    try:
        return parse_certificate_pem(pem)
    except PkiError as error:
        raise ProtocolError("bad_certificate", str(error)) from error


def _certificate_subject(name: Name) -> SubjectMessage:
    parts = (oids.COUNTRY, oids.ORGANISATION, oids.ORGANISATIONAL_UNIT, oids.COMMON_NAME)
    country, organisation, role, common_name = (name.get(part) or "" for part in parts)
    return SubjectMessage(country=country, organisation=organisation, role=role, common_name=common_name)


def _request_subject(subject: LeafSubject) -> SubjectMessage:
    return SubjectMessage(
        country=subject.country,
        organisation=subject.organisation,
        role=subject.role,
        common_name=subject.common_name,
    )
