"""Proving that the account belongs to the filed person (核验身份): existing proofs, available ways, and using them."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from mshield.client.forms import read
from mshield.testkit.phone.operation import Operation
from mshield.wire.phone.enrolment import UserType
from mshield.wire.phone.identity import (
    ActivatedMessage,
    ConsentRequestMessage,
    IdentityMessage,
    OwnRequestMessage,
    WaysMessage,
)

_PATH: Final = "/api/phone/identity"
_REQUEST: Final = f"{_PATH}/requests/current"


class _Qr(msgspec.Struct, frozen=True, kw_only=True):
    texts: tuple[str, ...]


class ConsentState(msgspec.Struct, frozen=True, kw_only=True):
    """State of the request; `reason` `not_me`: the other phone's user says that they didn't start it."""

    state: Literal["waiting", "scanned", "signed", "declined", "expired", "cancelled"]
    reason: str | None
    number: str
    qr: _Qr | None = None

    @property
    def code(self) -> str | None:
        """The QR code's current text for the other phone to scan; None once it has been scanned."""
        return None if self.qr is None else self.qr.texts[0]


class ProvesIdentity:
    """The part of the virtual phone that proves the account's owner."""

    @abstractmethod
    def _operation(self) -> AbstractContextManager[Operation]:
        """Runs one operation under the folder's lock."""

    def identity(self) -> IdentityMessage:
        """Returns the proofs that the account belongs to the filed person (核验身份), and the last request."""
        with self._operation() as operation:
            return read(operation.connection.get(_PATH, operation.logged_in()), IdentityMessage)

    def identity_ways(self, user_type: UserType, credit_code: str) -> WaysMessage:
        """Returns the ways of proving the account for this record. Raises: ProblemError (`no_filing`: not on file)."""
        payload = {"user_type": user_type, "credit_code": credit_code}
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/ways", operation.logged_in(), payload)
            return read(answer, WaysMessage)

    def ask_legal_person(self, user_type: UserType, credit_code: str) -> OwnRequestMessage:
        """Asks the enterprise's legal person to confirm the operator's identity; they answer at the portal."""
        payload = {"user_type": user_type, "credit_code": credit_code}
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/requests", operation.logged_in(), payload)
            return read(answer, OwnRequestMessage)

    def withdraw_identity_request(self) -> None:
        """Withdraws the request to the legal person. Raises: ProblemError (`not_found` if none is waiting)."""
        with self._operation() as operation:
            operation.connection.delete(_REQUEST, operation.logged_in())

    def remind_legal_person(self) -> OwnRequestMessage:
        """Has the legal person notified again, at most every four hours."""
        with self._operation() as operation:
            answer = operation.connection.post(f"{_REQUEST}/remind", operation.logged_in())
            return read(answer, OwnRequestMessage)

    def ask_own_shield(self, user_type: UserType, credit_code: str) -> ConsentRequestMessage:
        """Asks for consent by the person's shield on another phone, of this record (现有手机盾同意)."""
        payload = {"user_type": user_type, "credit_code": credit_code}
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/consents", operation.logged_in(), payload)
            return read(answer, ConsentRequestMessage)

    def consent_state(self, request_id: str, status_token: str) -> ConsentState:
        """Returns the state of the request to the own shield, with the code to scan while it is waiting."""
        path = f"/api/pc/requests/{quote(request_id, safe='')}"
        with self._operation() as operation:
            return read(operation.connection.get_by_token(path, status_token), ConsentState)

    def check_real_name(self, user_type: UserType, credit_code: str, *, sms_code: str) -> int:
        """Has the carrier confirm that the number is the holder's (运营商核验).

        Returns when the proof takes effect (ms). Name, ID number and phone number go to an outside service:
        ask the holder first. `sms_code` has purpose `apply`. Raises: ProblemError (`real_name_differs`,
        `real_name_unknown`, `real_name_unavailable`).
        """
        payload = {
            "user_type": user_type,
            "credit_code": credit_code,
            "sms_code": sms_code,
            "agreed": True,
        }
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/real-name", operation.logged_in(), payload)
            return read(answer, ActivatedMessage).counts_from

    def object_to_second_account(self, second_id: str) -> None:
        """Ends the proof of another account in the user's name before it takes effect ("not me"); once per account.

        Raises: ProblemError (`not_found`: no such account is pending; `conflict`: it was stopped before).
        """
        with self._operation() as operation:
            path = f"{_PATH}/second-accounts/{quote(second_id, safe='')}/objection"
            operation.connection.post(path, operation.logged_in())

    def stop_phone_change(self) -> None:
        """Stops the pending change of the account's phone number, which the user didn't request.

        Raises: ProblemError (`not_found` if none is pending).
        """
        with self._operation() as operation:
            operation.connection.post(f"{_PATH}/phone-change/stop", operation.logged_in())

    def use_activation_code(self, code: str) -> int:
        """Proves the account with an activation code (激活码); returns when the proof takes effect (ms).

        `code` as printed, in upper or lower case, with or without hyphens.
        """
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/codes", operation.logged_in(), {"code": code})
            return read(answer, ActivatedMessage).counts_from
