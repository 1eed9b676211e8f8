"""Proving that the account is the filed person's (核验身份): what proves it, the ways to get there, and going them."""

from typing import Final, Literal

import msgspec

from mshield.client.phone.enrolment import UserType
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


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What proves the account, the newest first, and its last request to a legal person."""

    proofs: tuple[Proof, ...]
    request: IdentityRequest | None


class IdentityWay(msgspec.Struct, frozen=True, kw_only=True):
    """A way, and why it can't be gone: `second_account`, `no_phone`, `other_phone`, `no_legal_person`; or None."""

    way: str
    reason: str | None


class IdentityWays(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the account is proven to be a record's; else from when (ms) a waiting proof counts, and the ways."""

    proven: bool
    counts_from: int | None
    enterprise: str
    items: tuple[IdentityWay, ...]


class _Activated(msgspec.Struct, frozen=True, kw_only=True):
    counts_from: int


def identity(operation: Operation) -> Identity:
    """What proves the account."""
    return read(operation.connection.get(_PATH, operation.logged_in()), Identity)


def ways(operation: Operation, user_type: UserType, credit_code: str) -> IdentityWays:
    """How this record can be proven to be the account's."""
    payload = {"user_type": user_type, "credit_code": credit_code}
    answer = operation.connection.post(f"{_PATH}/ways", operation.logged_in(), payload)
    return read(answer, IdentityWays)


def ask(operation: Operation, user_type: UserType, credit_code: str) -> IdentityRequest:
    """Asks the enterprise's legal person."""
    payload = {"user_type": user_type, "credit_code": credit_code}
    answer = operation.connection.post(f"{_PATH}/requests", operation.logged_in(), payload)
    return read(answer, IdentityRequest)


def withdraw(operation: Operation) -> None:
    """Takes the request back."""
    operation.connection.delete(_REQUEST, operation.logged_in())


def remind(operation: Operation) -> IdentityRequest:
    """Has the legal person told again."""
    answer = operation.connection.post(f"{_REQUEST}/remind", operation.logged_in())
    return read(answer, IdentityRequest)


def use_code(operation: Operation, code: str) -> int:
    """Proves the account by a code; the time (ms) from which that counts."""
    answer = operation.connection.post(f"{_PATH}/codes", operation.logged_in(), {"code": code})
    return read(answer, _Activated).counts_from
