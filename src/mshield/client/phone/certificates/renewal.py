"""Renewing the certificate (更新证书, manual 2.3.1.6): beside the one in force, which goes on until it is confirmed.

The user enters the PIN once, and it stays the PIN: the old key shows first that it is right. Each step looks at what
the service has recorded, so a renewal that stopped anywhere goes on, or is over and has changed nothing.
"""

from typing import Final, Literal

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.phone import pin, pin_change
from mshield.client.phone.certificates import enrolment
from mshield.client.phone.certificates.enrolment import Application, UserType
from mshield.client.phone.cosigning import CoSigning, ToSign
from mshield.client.phone.messages import Enrolment, IssuedCertificate, Task
from mshield.client.phone.operation import Operation
from mshield.client.phone.pin import PinPrompt, PinSource, ask, checked_pin, holder_of
from mshield.client.phone.state import KeyPlace, StoredCertificate, Subject
from mshield.client.wire import read, unhex
from mshield.domain.certificates.pin import Holder
from mshield.gm.transcript import internal_message, renewal_message

_CURRENT: Final = "/api/phone/renewals/current"


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """A renewal under way, as the service has it; ids in hex."""

    sid: str
    uid: str
    key: Literal["new", "same"]
    state: Literal["begun", "issued"]
    challenge: str | None
    shield_number: str
    subject: Subject
    consent: str | None
    confirm: str | None
    certificate_pem: str | None
    chain_pem: tuple[str, ...]
    expires_at: int


class RenewalData(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a certificate names, and of which enterprise."""

    name: str
    user_type: UserType
    enterprise: str
    credit_code: str


class RenewalPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What is certified and what would be; `reason` is None where no renewal is due. `until` in ms since the epoch."""

    reason: str | None
    until: int
    id_number_masked: str
    certified: RenewalData
    filed: RenewalData


def preview(operation: Operation) -> RenewalPreview:
    """As the service has it now. ProblemError as a renewal with these data would get."""
    answer = operation.connection.get("/api/phone/renewals/preview", operation.logged_in())
    return read(answer, RenewalPreview)


def filled(
    operation: Operation,
    *,
    name: str | None,
    id_number: str | None,
    user_type: UserType | None,
    credit_code: str | None,
    sms_code: str,
) -> Application:
    """The data page: what isn't said is as on file, and the id number the account's own."""
    if name is None or user_type is None or credit_code is None:
        filed = preview(operation).filed
        name, user_type = name or filed.name, user_type or filed.user_type
        credit_code = credit_code or filed.credit_code
    return Application(
        name=name, id_number=id_number, user_type=user_type, credit_code=credit_code, sms_code=sms_code
    )


class _OncePin:
    """A source that asks once and refuses a PIN that is too easy: a renewal gives it another term."""

    def __init__(self, operation: Operation, source: PinSource, holder: Holder) -> None:
        self._source, self._holder = source, holder
        self._policy = pin.fetch_policy(operation)
        self._pin: str | None = None
        if isinstance(source, str):
            self._pin = pin.require_strong(source, self._policy, holder)

    def __call__(self, prompt: PinPrompt) -> str:
        if self._pin is None:
            self._pin = pin.require_strong(ask(self._source, prompt), self._policy, self._holder)
        return self._pin

    @property
    def known(self) -> str:
        """The PIN that the old key has shown to be right."""
        if self._pin is None:
            raise PhoneError("bad_pin_form")
        return self._pin


def renew(operation: Operation, application: Application, pin: PinSource) -> IssuedCertificate:
    """Renews with the data of the first application, a code of the purpose `renew`, and the present PIN.

    One whose last answer was lost is completed instead. PhoneError `weak_pin` before anything is sent; ProblemError
    `renewal_not_due`, `other_applicant`, `no_filing`, `wrong_pin` …
    """
    if isinstance(pin, str):
        checked_pin(pin)
    state = operation.vault.state
    state.at("key")
    if state.pending is not None and (issued := _settled(operation, pin)) is not None:
        return issued
    known = _OncePin(operation, pin, holder_of(operation, application.id_number))
    try:
        answer = operation.connection.post(
            "/api/phone/renewals", operation.logged_in(), msgspec.to_builtins(application)
        )
    except ProblemError as error:
        # Not due, because it is done already, and only the last answer was lost.
        if error.code == "renewal_not_due" and (issued := _settled(operation, known)) is not None:
            return issued
        raise
    begun = read(answer, Renewal)
    enrolment.check_names(begun.subject, application)
    operation.vault.put_key("pending", None)  # of a renewal before: the service has given it up
    return _go_on(operation, begun, known)


def resume(operation: Operation, pin: PinSource) -> IssuedCertificate:
    """Goes on with a renewal that stopped, without a new SMS code.

    PhoneError `no_renewal` where there is none any more: then nothing has changed, and the old certificate goes on.
    """
    if isinstance(pin, str):
        checked_pin(pin)
    renewal = _current(operation)
    if renewal is not None:
        return _go_on(operation, renewal, _OncePin(operation, pin, Holder()))
    issued = _settled(operation, pin)
    if issued is None:
        raise PhoneError("no_renewal")
    return issued


def give_up(operation: Operation) -> None:
    """Gives the renewal up; the old certificate goes on.

    PhoneError `no_renewal` where there is none, `renewed_already` where the new certificate is in force.
    """
    # Without asking first how far it is: one that can't go on can be given up too.
    if not _given_up(operation):
        if _settled(operation) is None:
            raise PhoneError("no_renewal")
        raise PhoneError("renewed_already")
    operation.vault.put_key("pending", None)


def _given_up(operation: Operation) -> bool:
    """False where there is none: another call of this phone has confirmed it, say."""
    try:
        operation.connection.delete(_CURRENT, operation.logged_in())
    except ProblemError as error:
        if error.code == "not_found":
            return False
        raise
    return True


def require_none(operation: Operation) -> None:
    """PhoneError `renewal_unfinished` while one is: another PIN now would leave the phone with two."""
    pending = operation.vault.state.pending
    if pending is None or not pending.renews:
        return
    if _is_open(operation):
        raise PhoneError("renewal_unfinished")
    _settled(operation)


def _is_open(operation: Operation) -> bool:
    """Whether one is under way, or stands still as its holder is no longer on file: they give it up, or a job does."""
    try:
        return _current(operation) is not None
    except ProblemError as error:
        if error.code == "no_filing":
            return True
        raise


def take_over(operation: Operation, issued: IssuedCertificate) -> bool:
    """Makes the certificate in force the phone's, with the key that it is for; False where it is that already."""
    if enrolment.take_over(operation, issued):
        return True
    key = operation.vault.state.key
    if key is None or key.certificate is None or key.certificate.pem == issued.pem:
        return False
    names = enrolment.certified_names(issued.pem, public=key.public)
    if names is None:
        return False
    certificate = StoredCertificate(pem=issued.pem, chain_pem=issued.chain_pem)
    operation.vault.put_key("key", msgspec.structs.replace(key, certificate=certificate, subject=names))
    return True


def _settled(operation: Operation, pin: PinSource | None = None) -> IssuedCertificate | None:
    """The new certificate where it is in force already; else None, and what was left of a renewal is dropped.

    PhoneError `renewal_unfinished` where the new key has still to show that it works, and no PIN is given for it.
    """
    issued = enrolment.fetch(operation)
    if issued is not None:
        if pin is not None:
            enrolment.prove(operation, issued, pin)
        elif enrolment.awaits_proof(operation, issued):
            raise PhoneError("renewal_unfinished")
        if take_over(operation, issued):
            return issued
    pending = operation.vault.state.pending
    if pending is not None and pending.renews:
        operation.vault.put_key("pending", None)
    return None


def _current(operation: Operation) -> Renewal | None:
    try:
        answer = operation.connection.get(_CURRENT, operation.logged_in())
    except ProblemError as error:
        if error.code == "not_found":
            return None
        raise
    return read(answer, Renewal)


def _go_on(operation: Operation, renewal: Renewal, pin: _OncePin) -> IssuedCertificate:
    place: KeyPlace = "pending" if renewal.key == "new" else "key"
    if renewal.state == "begun":
        if renewal.key == "new":
            renewal = _with_new_key(operation, renewal, pin)
        _sign_request(operation, renewal, place, pin)
        renewal = _required(operation)
    _check_certificate(operation, renewal, place)
    _confirm(operation, renewal, place, pin)
    issued = enrolment.fetch(operation)
    if issued is None or not take_over(operation, issued):
        raise ProtocolError("bad_certificate", "the certificate in force is not the one that was confirmed")
    return issued


def _with_new_key(operation: Operation, renewal: Renewal, pin: _OncePin) -> Renewal:
    """The new key, under the PIN that the old key has just shown to be right, and the old key's consent to it."""
    pending = operation.vault.state.pending
    if pending is None or pending.uid.hex() != renewal.uid:
        if renewal.challenge is None:  # the key was made, and its slot isn't here
            raise PhoneError("no_renewal")
        pin_change.confirm(operation, "key", pin)
        begun = Enrolment(
            uid=renewal.uid,
            sid=renewal.sid,
            challenge=renewal.challenge,
            shield_number=renewal.shield_number,
            subject=renewal.subject,
        )
        enrolment.make_key(operation, begun, pin.known, renews=True)
        renewal = _required(operation)
    if renewal.consent is not None:
        _consent(operation, renewal.consent, pin)
    return renewal


def _consent(operation: Operation, sid: str, pin: _OncePin) -> None:
    old, new = operation.vault.state.at("key"), operation.vault.state.at("pending")
    message = renewal_message(uid=old.uid, sid=unhex(sid, 16), P=new.public)
    task = _task(operation, sid)
    if (task.uid, task.purpose, task.message) != (old.uid.hex(), "renew", message):
        raise ProtocolError("bad_task", "not this phone's consent to its own new key")
    CoSigning(operation, "key").sign([ToSign(unhex(sid, 16), message)], pin)


def _sign_request(operation: Operation, renewal: Renewal, place: KeyPlace, pin: _OncePin) -> None:
    task = _task(operation, renewal.sid)
    if task.state == "signed":
        return  # its answer was lost
    key = operation.vault.state.at(place)
    purpose = "enrol" if renewal.key == "new" else "renew"
    if (task.uid, task.sid, task.purpose) != (key.uid.hex(), renewal.sid, purpose):
        raise ProtocolError("bad_task", "not the task of this renewal")
    enrolment.check_request_info(task.message, public=key.public, subject=renewal.subject)
    CoSigning(operation, place).sign([ToSign(unhex(renewal.sid, 16), task.message)], pin)


def _check_certificate(operation: Operation, renewal: Renewal, place: KeyPlace) -> None:
    key = operation.vault.state.at(place)
    if renewal.certificate_pem is None or key.uid.hex() != renewal.uid:
        raise ProtocolError("bad_certificate", "none was issued for this key")
    if enrolment.certified_names(renewal.certificate_pem, public=key.public) != renewal.subject:
        raise ProtocolError("bad_certificate", "not for this phone's key and the names requested")


def _confirm(operation: Operation, renewal: Renewal, place: KeyPlace, pin: _OncePin) -> None:
    if renewal.confirm is None:
        raise ProtocolError("malformed", "a certificate without its confirmation")
    uid, sid = operation.vault.state.at(place).uid, unhex(renewal.confirm, 16)
    message = internal_message("confirm", uid=uid, sid=sid)
    task = _task(operation, renewal.confirm)
    if (task.uid, task.purpose, task.message) != (uid.hex(), "confirm", message):
        raise ProtocolError("bad_task", "not the confirmation of this key")
    (signature,) = CoSigning(operation, place).sign([ToSign(sid, message)], pin)
    if signature is None:
        _required(operation)  # says why: the old certificate was held or ended meanwhile
        raise PhoneError("no_renewal")


def _required(operation: Operation) -> Renewal:
    renewal = _current(operation)
    if renewal is None:
        raise PhoneError("no_renewal")
    return renewal


def _task(operation: Operation, sid: str) -> Task:
    return read(operation.connection.get(f"/api/phone/tasks/{sid}", operation.logged_in()), Task)
