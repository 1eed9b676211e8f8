"""Opening the app again: by the PIN of the phone's own shield, or by an SMS code to its account's number (ADR 106).

The same PIN may confirm the login at a PC whose code was read before (ADR 125).
"""

from abc import abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from mshield.client.errors import PhoneError, ProblemError, ProtocolError
from mshield.client.phone.approval import CODE, check_login
from mshield.client.phone.connection import Credentials
from mshield.client.phone.cosigning import CoSigning, ToSign
from mshield.client.phone.messages import LoggedIn, Requester, SmsCodeSent
from mshield.client.phone.operation import Operation
from mshield.client.phone.pin import PinSource
from mshield.client.phone.state import Session
from mshield.client.wire import read, unhex
from mshield.gm.transcript import internal_message, unlock_sid

_SECOND: Final = 1000
_NOT_FOUND: Final = 404


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The new account, and a login with it."""

    account: str
    session: LoggedIn | None = None


class ClaimedLogin(msgspec.Struct, frozen=True, kw_only=True):
    """What of a login is shown before the PIN, and M, which the PIN signs; `unlike` is what of its PC is new."""

    request_id: str
    number: str
    sid: str
    message: bytes = msgspec.field(name="message_b64")
    unlike: tuple[str, ...] = ()
    asked_at: int
    expires_at: int


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A request whose code was read before login: who asks, and until when (ms) `claim` can be scanned.

    `login` is there where `unlock_and_log_in` takes it; an older service has none.
    """

    claim: str
    kind: Literal["login", "signature"]
    requester: Requester
    expires_at: int
    login: ClaimedLogin | None = None


@dataclass(frozen=True, slots=True)
class OnePin:
    """What one PIN did: the app's login, and whether the one at the PC is confirmed; else its claim is to be scanned.

    `closed`: that one had ended, or another phone has it.
    """

    session: LoggedIn
    confirmed: bool
    closed: bool = False


class _Begun(msgspec.Struct, frozen=True):
    access_token: str
    uid: str
    sid: str
    challenge: str
    account: str
    login_sid: str | None = None


def claim(operation: Operation, code: str) -> Claim:
    """Keeps a QR code that was read before login: `scan` its `claim` after it."""
    if not CODE.fullmatch(code):
        raise PhoneError("bad_code")
    kept = read(operation.connection.post("/api/phone/claims", operation.anonymous(), {"code": code}), Claim)
    if kept.login is not None:
        check_login(kept.login.message, kept.login.request_id, kept.requester)
    return kept


def by_pin(operation: Operation, pin: PinSource) -> LoggedIn:
    """Logs in by the PIN, which is counted as for a signature.

    Raises PhoneError `no_key`, ProblemError `unlock_closed` with one try left, `held`, and as `CoSigning.sign`.
    """
    begun = read(operation.connection.post("/api/phone/unlocks", operation.anonymous()), _Begun)
    document, credentials = _document(operation, begun)
    CoSigning(operation, "key", credentials).sign([document], pin)
    return _keep(operation, operation.connection.post("/api/phone/unlocks/login", credentials))


def by_pin_with_login(operation: Operation, kept: Claim, pin: PinSource) -> OnePin:
    """Logs in by the PIN, here and at the PC whose login was claimed and shown. As `by_pin`.

    Where the service can't do both, as an older one, the app alone is opened.
    """
    login = kept.login
    if login is None:
        return OnePin(by_pin(operation, pin), confirmed=False)
    check_login(login.message, login.request_id, kept.requester)
    try:
        answer = operation.connection.post(
            "/api/phone/unlocks/for-login", operation.anonymous(), {"claim": kept.claim}
        )
    except ProblemError as error:
        if error.status != _NOT_FOUND:
            raise
        return OnePin(by_pin(operation, pin), confirmed=False)
    begun = read(answer, _Begun)
    document, credentials = _document(operation, begun)
    if begun.login_sid != login.sid:
        raise ProtocolError("bad_task", "another login than the one that was shown")
    documents = [document, ToSign(unhex(login.sid, 16), login.message)]
    _, confirmed = CoSigning(operation, "key", credentials).sign(documents, pin)
    session = _keep(operation, operation.connection.post("/api/phone/unlocks/login", credentials))
    return OnePin(session, confirmed=confirmed is not None, closed=confirmed is None)


def _document(operation: Operation, begun: _Begun) -> tuple[ToSign, Credentials]:
    """The unlock's, made here, of what this phone knows: one of another phone or service is none of its own."""
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
        raise ProtocolError("bad_task", "an unlock of another phone or service")
    credentials = Credentials(device_key=operation.vault.device_key, token=begun.access_token)
    return ToSign(sid, internal_message("unlock", uid=uid, sid=sid)), credentials


def send_code(operation: Operation) -> SmsCodeSent:
    """Has an SMS code sent to the number of this phone's account."""
    return read(operation.connection.post("/api/phone/unlocks/sms-codes", operation.anonymous()), SmsCodeSent)


def by_sms(operation: Operation, code: str) -> LoggedIn:
    """Logs in by such a code; ProblemError `password_needed` where the phone may be in other hands."""
    payload = {"sms_code": code}
    return _keep(
        operation, operation.connection.post("/api/phone/unlocks/by-sms", operation.anonymous(), payload)
    )


def _keep(operation: Operation, answer: bytes) -> LoggedIn:
    return keep(operation, read(answer, LoggedIn))


def keep(operation: Operation, done: LoggedIn, *, account: str | None = None) -> LoggedIn:
    """Keeps a login that was answered; `account` is the name that was typed."""
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
    """The part of the virtual phone that comes back after its login has ended."""

    @abstractmethod
    def _operation(self) -> AbstractContextManager[Operation]:
        """One operation under the folder's lock."""

    def claim(self, code: str) -> Claim:
        """Keeps a QR code that was read before login; its `claim` is scanned after that."""
        with self._operation() as operation:
            return claim(operation, code)

    def unlock(self, pin: PinSource) -> LoggedIn:
        """Logs in again by the shield's PIN; `pin` as of `approve`. Refused (`unlock_closed`) with one try left."""
        with self._operation() as operation:
            return by_pin(operation, pin)

    def unlock_and_log_in(self, kept: Claim, pin: PinSource) -> OnePin:
        """The same, and confirms the claimed login at a PC with the same PIN: show its `login` before."""
        with self._operation() as operation:
            return by_pin_with_login(operation, kept, pin)

    def request_unlock_code(self) -> SmsCodeSent:
        """Has an SMS code sent to this phone's account, for `unlock_by_sms`."""
        with self._operation() as operation:
            return send_code(operation)

    def unlock_by_sms(self, sms_code: str) -> LoggedIn:
        """Logs in again by an SMS code; `password_needed` where the shield was revoked, lost, locked or copied."""
        with self._operation() as operation:
            return by_sms(operation, sms_code)
