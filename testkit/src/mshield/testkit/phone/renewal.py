"""Renewing the certificate (更新证书, manual 2.3.1.6); the current one stays in force until the new one is confirmed.

The user enters the PIN once and keeps it: the old key first proves that it is right. Each step checks what
the service has recorded, so an interrupted renewal either continues, or has ended without any change.
"""

from typing import Final

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.forms import read, unhex
from mshield.gm.transcript import internal_message, renewal_message
from mshield.testkit.phone import enrolment, pin, pin_change
from mshield.testkit.phone.cosigning import CoSigning, ToSign
from mshield.testkit.phone.messages import IssuedCertificate, Task
from mshield.testkit.phone.operation import Operation
from mshield.testkit.phone.pin import PinPrompt, PinSource, ask, checked_pin, holder_of
from mshield.testkit.phone.state import KeyPlace, StoredCertificate
from mshield.wire.phone.enrolment import (
    BegunMessage,
    RenewalMessage,
    RenewalPreviewMessage,
    RenewMessage,
    UserType,
)
from mshield.wire.pin import Holder

_CURRENT: Final = "/api/phone/renewals/current"


def preview(operation: Operation) -> RenewalPreviewMessage:
    """Fetches the current preview. Raises: ProblemError, as a renewal with these data would."""
    answer = operation.connection.get("/api/phone/renewals/preview", operation.logged_in())
    return read(answer, RenewalPreviewMessage)


def filled(
    operation: Operation,
    *,
    name: str | None,
    id_number: str | None,
    user_type: UserType | None,
    credit_code: str | None,
    sms_code: str,
) -> RenewMessage:
    """Completes the application: missing data are taken from the filing, a missing ID number is the account's own."""
    if name is None or user_type is None or credit_code is None:
        filed = preview(operation).filed
        name, user_type = name or filed.name, user_type or filed.user_type
        credit_code = credit_code or filed.credit_code
    return RenewMessage(
        name=name, id_number=id_number, user_type=user_type, credit_code=credit_code, sms_code=sms_code
    )


class _OncePin:
    """PIN source that asks once and refuses weak PINs, since a renewal extends the PIN's life."""

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
        """The PIN that the old key has proved right."""
        if self._pin is None:
            raise PhoneError("bad_pin_form")
        return self._pin


def renew(operation: Operation, application: RenewMessage, pin: PinSource) -> IssuedCertificate:
    """Renews with the data of the first application, an SMS code of purpose `renew`, and the current PIN.

    A renewal whose last response was lost is completed instead. Raises: PhoneError (`weak_pin`, before
    anything is sent), ProblemError (`renewal_not_due`, `other_applicant`, `no_filing`, `wrong_pin` …).
    """
    if isinstance(pin, str):
        checked_pin(pin)
    state = operation.vault.state
    state.at("key")
    if state.pending is not None and (issued := settle(operation, pin)) is not None:
        return issued
    once_pin = _OncePin(operation, pin, holder_of(operation, application.id_number))
    try:
        answer = operation.connection.post(
            "/api/phone/renewals", operation.logged_in(), msgspec.to_builtins(application)
        )
    except ProblemError as error:
        # Not due: it may be finished already, with only the last response lost.
        if error.code == "renewal_not_due" and (issued := settle(operation, once_pin)) is not None:
            return issued
        raise
    begun = read(answer, RenewalMessage)
    enrolment.check_names(begun.subject, application)
    operation.vault.put_key("pending", None)  # left from an earlier renewal, which the service has abandoned
    return _continue(operation, begun, once_pin)


def resume(operation: Operation, pin: PinSource) -> IssuedCertificate:
    """Continues an interrupted renewal, without a new SMS code.

    Raises: PhoneError (`no_renewal` if there is none any more: nothing has changed, the old certificate
    stays; `ca_waiting` while an outside CA decides), ProblemError (`ca_refused` and others).
    """
    if isinstance(pin, str):
        checked_pin(pin)
    renewal = _current(operation)
    if renewal is not None:
        return _continue(operation, renewal, _OncePin(operation, pin, Holder()))
    issued = settle(operation, pin)
    if issued is None:
        raise PhoneError("no_renewal")
    return issued


def give_up(operation: Operation) -> None:
    """Abandons the renewal; the old certificate stays in force.

    Raises: PhoneError (`no_renewal`: none in progress; `renewed_already`: the new certificate is in force).
    """
    # Don't ask for its progress first: a renewal that can't continue can be abandoned too.
    if not _abandon(operation):
        if settle(operation) is None:
            raise PhoneError("no_renewal")
        raise PhoneError("renewed_already")
    operation.vault.put_key("pending", None)


def _abandon(operation: Operation) -> bool:
    """Abandons the renewal at the service; False if there is none, for example if another call just confirmed it."""
    try:
        operation.connection.delete(_CURRENT, operation.logged_in())
    except ProblemError as error:
        if error.code == "not_found":
            return False
        raise
    return True


def require_none(operation: Operation) -> None:
    """Refuses (PhoneError `renewal_unfinished`) during a renewal: changing the PIN would leave the phone with two."""
    pending = operation.vault.state.pending
    if pending is None or not pending.renews:
        return
    if _is_open(operation):
        raise PhoneError("renewal_unfinished")
    settle(operation)


def _is_open(operation: Operation) -> bool:
    """Reports whether one is in progress, including one stuck because its holder is no longer on file."""
    try:
        return _current(operation) is not None
    except ProblemError as error:
        if error.code == "no_filing":
            return True
        if error.code in enrolment.REFUSED:
            return False
        raise


def take_over(operation: Operation, issued: IssuedCertificate) -> bool:
    """Adopts the certificate in force, with its key; returns False if the phone has it already."""
    if enrolment.take_over(operation, issued):
        return True
    key = operation.vault.state.key
    if key is None or key.certificate is None or key.certificate.pem == issued.pem:
        return False
    names = enrolment.certified_names(issued.pem, public=key.public)
    if names is None:
        return False
    certificate = StoredCertificate(pem=issued.pem, chain_pem=issued.chain_pem, log_key=issued.log_key)
    operation.vault.put_key("key", msgspec.structs.replace(key, certificate=certificate, subject=names))
    return True


def settle(operation: Operation, pin: PinSource | None = None) -> IssuedCertificate | None:
    """Returns the new certificate if it is in force; otherwise None, deleting the remains of a renewal.

    Raises: PhoneError (`renewal_unfinished`: the new key still has to be proved, and no PIN is given for it).
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


def _current(operation: Operation) -> RenewalMessage | None:
    try:
        answer = operation.connection.get(_CURRENT, operation.logged_in())
    except ProblemError as error:
        if error.code == "not_found":
            return None
        raise
    return read(answer, RenewalMessage)


def _continue(operation: Operation, renewal: RenewalMessage, pin: _OncePin) -> IssuedCertificate:
    place: KeyPlace = "pending" if renewal.key == "new" else "key"
    if renewal.state == "begun":
        if renewal.key == "new":
            renewal = _with_new_key(operation, renewal, pin)
        _sign_request(operation, renewal, place, pin)
        renewal = _require_current(operation)
    if renewal.state == "waiting":
        raise PhoneError("ca_waiting")
    _check_certificate(operation, renewal, place)
    _confirm(operation, renewal, place, pin)
    issued = enrolment.fetch(operation)
    if issued is None or not take_over(operation, issued):
        raise ProtocolError("bad_certificate", "the certificate in force differs from the confirmed one")
    return issued


def _with_new_key(operation: Operation, renewal: RenewalMessage, pin: _OncePin) -> RenewalMessage:
    """Makes the new key, under the PIN that the old key just proved right, and signs the old key's consent to it."""
    pending = operation.vault.state.pending
    if pending is None or pending.uid.hex() != renewal.uid:
        if renewal.challenge is None:  # the key was made, but its slot is lost
            raise PhoneError("no_renewal")
        pin_change.confirm(operation, "key", pin)
        begun = BegunMessage(
            uid=renewal.uid,
            sid=renewal.sid,
            challenge=renewal.challenge,
            shield_number=renewal.shield_number,
            subject=renewal.subject,
            id_number=None,
        )
        enrolment.make_key(operation, begun, pin.known, renews=True)
        renewal = _require_current(operation)
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


def _sign_request(operation: Operation, renewal: RenewalMessage, place: KeyPlace, pin: _OncePin) -> None:
    task = _task(operation, renewal.sid)
    if task.state == "signed":
        return  # the response was lost
    key = operation.vault.state.at(place)
    purpose = "enrol" if renewal.key == "new" else "renew"
    if (task.uid, task.sid, task.purpose) != (key.uid.hex(), renewal.sid, purpose):
        raise ProtocolError("bad_task", "not the task of this renewal")
    enrolment.check_request_info(task.message, public=key.public, subject=renewal.subject)
    CoSigning(operation, place).sign([ToSign(unhex(renewal.sid, 16), task.message)], pin)


def _check_certificate(operation: Operation, renewal: RenewalMessage, place: KeyPlace) -> None:
    key = operation.vault.state.at(place)
    if renewal.certificate_pem is None or key.uid.hex() != renewal.uid:
        raise ProtocolError("bad_certificate", "none was issued for this key")
    if enrolment.certified_names(renewal.certificate_pem, public=key.public) != renewal.subject:
        raise ProtocolError("bad_certificate", "not for this phone's key and the requested names")


def _confirm(operation: Operation, renewal: RenewalMessage, place: KeyPlace, pin: _OncePin) -> None:
    if renewal.confirm is None:
        raise ProtocolError("malformed", "a certificate without its confirmation")
    uid, sid = operation.vault.state.at(place).uid, unhex(renewal.confirm, 16)
    message = internal_message("confirm", uid=uid, sid=sid)
    task = _task(operation, renewal.confirm)
    if (task.uid, task.purpose, task.message) != (uid.hex(), "confirm", message):
        raise ProtocolError("bad_task", "not the confirmation of this key")
    (signature,) = CoSigning(operation, place).sign([ToSign(sid, message)], pin)
    if signature is None:
        _require_current(operation)  # raises the reason: the old certificate was held or revoked meanwhile
        raise PhoneError("no_renewal")


def _require_current(operation: Operation) -> RenewalMessage:
    renewal = _current(operation)
    if renewal is None:
        raise PhoneError("no_renewal")
    return renewal


def _task(operation: Operation, sid: str) -> Task:
    return read(operation.connection.get(f"/api/phone/tasks/{sid}", operation.logged_in()), Task)
