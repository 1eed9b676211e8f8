"""Opening the app again: by the PIN of the phone's own shield, or by an SMS code to its account's number (ADR 106).

The same PIN may also confirm a login at a PC whose code was scanned before (ADR 125).
"""

from abc import abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.client.errors import PhoneError, ProtocolError
from mshield.client.forms import read, unbase64, unhex
from mshield.gm.transcript import internal_message, unlock_sid
from mshield.testkit.phone.approval import CODE, check_login
from mshield.testkit.phone.connection import Credentials
from mshield.testkit.phone.cosigning import CoSigning, ToSign
from mshield.testkit.phone.operation import Operation
from mshield.testkit.phone.pin import PinSource
from mshield.testkit.phone.state import Session
from mshield.wire.phone.accounts import SessionOut, SmsCodeOut, UnlockForLoginOut, UnlockOut
from mshield.wire.phone.requests import ClaimMessage

_SECOND: Final = 1000


@dataclass(frozen=True, slots=True)
class OnePin:
    """Result of one PIN entry: the app's login, and whether the login at the PC was confirmed; if not, scan its claim.

    `closed`: the login at the PC had ended, or another phone has it.
    """

    session: SessionOut
    confirmed: bool
    closed: bool = False


def claim(operation: Operation, code: str) -> ClaimMessage:
    """Claims a QR code scanned before login; afterwards `scan` the returned `claim`."""
    if not CODE.fullmatch(code):
        raise PhoneError("bad_code")
    kept = read(
        operation.connection.post("/api/phone/claims", operation.anonymous(), {"code": code}), ClaimMessage
    )
    if kept.login is not None:
        check_login(unbase64(kept.login.message_b64), kept.login.request_id, kept.requester)
    return kept


def by_pin(operation: Operation, pin: PinSource) -> SessionOut:
    """Logs in by the PIN, whose attempts are counted as for a signature.

    Raises: PhoneError (`no_key`), ProblemError (`unlock_closed` with one attempt left, `held`), and as
    `CoSigning.sign`.
    """
    begun = read(operation.connection.post("/api/phone/unlocks", operation.anonymous()), UnlockOut)
    document, credentials = _document(operation, begun)
    CoSigning(operation, "key", credentials).sign([document], pin)
    return _keep(operation, operation.connection.post("/api/phone/unlocks/login", credentials))


def by_pin_with_login(operation: Operation, kept: ClaimMessage, pin: PinSource) -> OnePin:
    """Logs in by the PIN, here and at the PC whose login was claimed and shown. Raises: as `by_pin`."""
    login = kept.login
    if login is None:
        return OnePin(by_pin(operation, pin), confirmed=False)
    message = unbase64(login.message_b64)
    check_login(message, login.request_id, kept.requester)
    answer = operation.connection.post(
        "/api/phone/unlocks/for-login", operation.anonymous(), {"claim": kept.claim}
    )
    begun = read(answer, UnlockForLoginOut)
    document, credentials = _document(operation, begun)
    if begun.login_sid != login.sid:
        raise ProtocolError("bad_task", "the login differs from the one shown")
    documents = [document, ToSign(unhex(login.sid, 16), message)]
    _, confirmed = CoSigning(operation, "key", credentials).sign(documents, pin)
    session = _keep(operation, operation.connection.post("/api/phone/unlocks/login", credentials))
    return OnePin(session, confirmed=confirmed is not None, closed=confirmed is None)


def _document(operation: Operation, begun: UnlockOut) -> tuple[ToSign, Credentials]:
    """Builds the unlock's document from this phone's own data, so that another phone's or service's isn't signed."""
    state = operation.vault.state
    uid, number = state.at("key").uid, state.shield_number
    if number is None:
        raise PhoneError("no_key")
    sid = unlock_sid(
        unhex(begun.challenge, 32),
        account=begun.account,
        device=operation.vault.device_key.thumbprint(),
        shield_number=number,
        origin=operation.connection.origin,
    )
    if (begun.uid, begun.sid) != (uid.hex(), sid.hex()):
        raise ProtocolError("bad_task", "an unlock for another phone or service")
    credentials = Credentials(device_key=operation.vault.device_key, token=begun.access_token)
    return ToSign(sid, internal_message("unlock", uid=uid, sid=sid)), credentials


def send_code(operation: Operation) -> SmsCodeOut:
    """Has an SMS code sent to the number of this phone's account."""
    return read(operation.connection.post("/api/phone/unlocks/sms-codes", operation.anonymous()), SmsCodeOut)


def by_sms(operation: Operation, code: str) -> SessionOut:
    """Logs in by SMS code. Raises: ProblemError (`password_needed` if the phone may be in other hands)."""
    payload = {"sms_code": code}
    return _keep(
        operation, operation.connection.post("/api/phone/unlocks/by-sms", operation.anonymous(), payload)
    )


def _keep(operation: Operation, answer: bytes) -> SessionOut:
    return keep(operation, read(answer, SessionOut))


def keep(operation: Operation, done: SessionOut, *, account: str | None = None) -> SessionOut:
    """Stores a login; `account` is the name that was typed."""
    state = operation.vault.state
    session = Session(
        account=account or done.account.phone_masked,
        token=done.access_token,
        expires_at=operation.clock() + done.expires_in * _SECOND,
    )
    operation.vault.save(
        msgspec.structs.replace(
            state, session=session, shield_number=done.shield_number or state.shield_number
        )
    )
    return done


class OpensAgain:
    """The part of the virtual phone that logs in again after its login has ended."""

    @abstractmethod
    def _operation(self) -> AbstractContextManager[Operation]:
        """Runs one operation under the folder's lock."""

    def claim(self, code: str) -> ClaimMessage:
        """Claims a QR code scanned before login; `scan` its `claim` after the login."""
        with self._operation() as operation:
            return claim(operation, code)

    def unlock(self, pin: PinSource) -> SessionOut:
        """Logs in by the shield's PIN; `pin` as for `approve`. Refused (`unlock_closed`) with one attempt left."""
        with self._operation() as operation:
            return by_pin(operation, pin)

    def unlock_and_log_in(self, kept: ClaimMessage, pin: PinSource) -> OnePin:
        """Logs in as `unlock`, and confirms the claimed login at a PC with the same PIN: show `kept.login` first."""
        with self._operation() as operation:
            return by_pin_with_login(operation, kept, pin)

    def request_unlock_code(self) -> SmsCodeOut:
        """Has an SMS code sent to this phone's account, for `unlock_by_sms`."""
        with self._operation() as operation:
            return send_code(operation)

    def unlock_by_sms(self, sms_code: str) -> SessionOut:
        """Logs in by SMS code; `password_needed` if the shield was revoked, lost, locked or cloned."""
        with self._operation() as operation:
            return by_sms(operation, sms_code)
