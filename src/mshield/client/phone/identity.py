"""Proving that the account is the filed person's (核验身份): what proves it, the ways to get there, and going them."""

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from mshield.client.phone.certificates.enrolment import UserType
from mshield.client.phone.operation import Operation
from mshield.client.wire import read

_PATH: Final = "/api/phone/identity"
_REQUEST: Final = f"{_PATH}/requests/current"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """How the account was proven, by whom, for which record; None: for the person as such. Times in ms."""

    way: str
    actor: str
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None
    role: str | None
    credit_code: str | None
    enterprise: str | None


class IdentityRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The request to the legal person; `remind_from` is when they can be told again. Times in ms."""

    state: Literal["waiting", "confirmed", "refused", "withdrawn", "expired"]
    credit_code: str
    enterprise: str
    asked_at: int
    expires_at: int
    remind_from: int
    decided_at: int | None


class SecondAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Another account in the same person's name, which counts from `counts_from`; times in ms.

    `can_object`: whether it can be stopped here.
    """

    id: str
    phone_masked: str
    way: str
    role: str | None
    enterprise: str | None
    proven_at: int
    counts_from: int
    can_object: bool


class PhoneChange(msgspec.Struct, frozen=True, kw_only=True):
    """Another number that the account gets at `effective_at`, unless it is stopped; times in ms."""

    phone_masked: str
    approved_at: int
    effective_at: int


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What proves the account, the newest first, its last request to a legal person, and others in its name.

    `phone_change` is another number that customer service gives it, None where none waits.
    """

    proofs: tuple[Proof, ...]
    request: IdentityRequest | None
    second_accounts: tuple[SecondAccount, ...] = ()
    phone_change: PhoneChange | None = None


class IdentityWay(msgspec.Struct, frozen=True, kw_only=True):
    """A way, and why it can't be gone: `second_account`, `objected`, `no_phone` …; or None."""

    way: str
    reason: str | None


class IdentityWays(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the account is proven to be a record's; else from when (ms) a waiting proof counts, and the ways."""

    proven: bool
    counts_from: int | None
    enterprise: str
    items: tuple[IdentityWay, ...]


class ConsentRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for the person's other phone, which scans its code; `number` stands on both; `expires_in` in s."""

    request_id: str
    status_token: str
    number: str
    expires_in: int


class _Qr(msgspec.Struct, frozen=True, kw_only=True):
    texts: tuple[str, ...]


class ConsentState(msgspec.Struct, frozen=True, kw_only=True):
    """Where it stands; `reason` is `not_me` where the other phone's holder says that they didn't start it."""

    state: Literal["waiting", "scanned", "signed", "declined", "expired", "cancelled"]
    reason: str | None
    number: str
    qr: _Qr | None = None

    @property
    def code(self) -> str | None:
        """The text of the QR code of this second, which the other phone scans; None once it has."""
        return None if self.qr is None else self.qr.texts[0]


class _Activated(msgspec.Struct, frozen=True, kw_only=True):
    counts_from: int


class ProvesIdentity:
    """The part of the virtual phone that proves whose the account is."""

    @abstractmethod
    def _operation(self) -> AbstractContextManager[Operation]:
        """One operation under the folder's lock."""

    def identity(self) -> Identity:
        """What proves that the account is the filed person's, and the last request to a legal person (核验身份)."""
        with self._operation() as operation:
            return read(operation.connection.get(_PATH, operation.logged_in()), Identity)

    def identity_ways(self, user_type: UserType, credit_code: str) -> IdentityWays:
        """How the account can be proven to be this record's; ProblemError `no_filing` where it isn't on file."""
        payload = {"user_type": user_type, "credit_code": credit_code}
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/ways", operation.logged_in(), payload)
            return read(answer, IdentityWays)

    def ask_legal_person(self, user_type: UserType, credit_code: str) -> IdentityRequest:
        """Asks the enterprise's legal person to confirm who the operator is; they answer at the portal."""
        payload = {"user_type": user_type, "credit_code": credit_code}
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/requests", operation.logged_in(), payload)
            return read(answer, IdentityRequest)

    def withdraw_identity_request(self) -> None:
        """Takes the request to the legal person back; ProblemError `not_found` where none waits."""
        with self._operation() as operation:
            operation.connection.delete(_REQUEST, operation.logged_in())

    def remind_legal_person(self) -> IdentityRequest:
        """Has the legal person told again, every four hours at most."""
        with self._operation() as operation:
            answer = operation.connection.post(f"{_REQUEST}/remind", operation.logged_in())
            return read(answer, IdentityRequest)

    def ask_own_shield(self, user_type: UserType, credit_code: str) -> ConsentRequest:
        """Asks for the consent of a shield that the person has on another phone, of this record (现有手机盾同意)."""
        payload = {"user_type": user_type, "credit_code": credit_code}
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/consents", operation.logged_in(), payload)
            return read(answer, ConsentRequest)

    def consent_state(self, request_id: str, status_token: str) -> ConsentState:
        """Where the request to the own shield stands; while it waits, with the code that the other phone scans."""
        path = f"/api/pc/requests/{quote(request_id, safe='')}"
        with self._operation() as operation:
            return read(operation.connection.get_by_token(path, status_token), ConsentState)

    def check_real_name(self, user_type: UserType, credit_code: str, *, sms_code: str) -> int:
        """Has the carrier say that the number is the holder's (运营商核验); the time (ms) from which that counts.

        Name, id number and phone number go to an outside service: ask their holder first. `sms_code` is one of purpose
        `apply`. ProblemError `real_name_differs`, `real_name_unknown`, `real_name_unavailable`.
        """
        payload = {
            "user_type": user_type,
            "credit_code": credit_code,
            "sms_code": sms_code,
            "agreed": True,
        }
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/real-name", operation.logged_in(), payload)
            return read(answer, _Activated).counts_from

    def object_to_second_account(self, second_id: str) -> None:
        """This isn't me: ends the proof of another account in one's name, before it counts. Once for an account.

        ProblemError `not_found` where none of this id waits, `conflict` where it was stopped once before.
        """
        with self._operation() as operation:
            path = f"{_PATH}/second-accounts/{quote(second_id, safe='')}/objection"
            operation.connection.post(path, operation.logged_in())

    def stop_phone_change(self) -> None:
        """I didn't ask for it: stops the change of the account's phone number that waits.

        ProblemError `not_found` where none waits.
        """
        with self._operation() as operation:
            operation.connection.post(f"{_PATH}/phone-change/stop", operation.logged_in())

    def use_activation_code(self, code: str) -> int:
        """Proves the account by an activation code (激活码); the time (ms) from which that counts.

        `code` as it was printed: in either case, with or without hyphens.
        """
        with self._operation() as operation:
            answer = operation.connection.post(f"{_PATH}/codes", operation.logged_in(), {"code": code})
            return read(answer, _Activated).counts_from
