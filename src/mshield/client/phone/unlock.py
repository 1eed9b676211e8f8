"""Opening the app again: by the PIN of the phone's own shield, or by an SMS code to its account's number (ADR 106)."""

from typing import Final

import msgspec

from mshield.client.errors import PhoneError, ProtocolError
from mshield.client.phone.connection import Credentials
from mshield.client.phone.cosigning import CoSigning, ToSign
from mshield.client.phone.messages import LoggedIn, SmsCodeSent
from mshield.client.phone.operation import Operation
from mshield.client.phone.pin import PinSource
from mshield.client.phone.state import Session
from mshield.client.wire import read, unhex
from mshield.gm.transcript import internal_message, unlock_sid

_SECOND: Final = 1000


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """The new account, and a login with it."""

    account: str
    session: LoggedIn | None = None


class _Begun(msgspec.Struct, frozen=True):
    access_token: str
    uid: str
    sid: str
    challenge: str
    account: str


def by_pin(operation: Operation, pin: PinSource) -> LoggedIn:
    """Logs in by the PIN, which is counted as for a signature.

    Raises PhoneError `no_key`, ProblemError `unlock_closed` with one try left, `held`, and as `CoSigning.sign`.
    """
    state = operation.vault.state
    uid, number = state.at("key").uid, state.shield_number
    if number is None:
        raise PhoneError("no_key")
    begun = read(operation.connection.post("/api/phone/unlocks", operation.anonymous()), _Begun)
    sid = unlock_sid(
        unhex(begun.challenge, 32),
        account=begun.account,
        device=operation.vault.device_key.thumbprint(),
        shield_number=number,
        origin=operation.connection.origin,
    )
    # What is signed is made here, of what this phone knows: an unlock of another phone or service is none of its own.
    if (begun.uid, begun.sid) != (uid.hex(), sid.hex()):
        raise ProtocolError("bad_task", "an unlock of another phone or service")
    credentials = Credentials(device_key=operation.vault.device_key, token=begun.access_token)
    document = ToSign(sid, internal_message("unlock", uid=uid, sid=sid))
    CoSigning(operation, "key", credentials).sign([document], pin)
    return _keep(operation, operation.connection.post("/api/phone/unlocks/login", credentials))


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
