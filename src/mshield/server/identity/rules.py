"""Identity proofs (实名核验): ways to prove that an account belongs to the person on file, and who may use which.

Whoever knows a name and an id number can register an account with them, so at least one proof is needed
before an account is treated as that person's.
"""

from collections.abc import Iterable
from typing import Final, Literal

from mshield.wire.identity import Way
from mshield.wire.messages import AnswerMessage
from mshield.wire.times import DAY_MS, HOUR_MS

_FOR_A_SECOND_ACCOUNT: Final = frozenset({Way.LEGAL_PERSON, Way.FILING_CODE, Way.OWN_SHIELD})

REQUEST_MS: Final = 7 * DAY_MS
"""Time in which the legal person may confirm."""

REMIND_MS: Final = 4 * HOUR_MS
"""Minimum interval between reminders to the legal person."""

CODE_MS: Final = 7 * DAY_MS
"""Lifetime of an activation code."""

CODE_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Characters of activation codes, without those easily misread: 0 and O, 1 and I."""

CODE_LETTERS: Final = 12


class AccountProofMessage(AnswerMessage, frozen=True):
    """Proof of an account: how, by whom, for which filing record; times in ms."""

    way: str
    actor: str
    actor_id: str | None
    person_id: str | None
    role: str | None
    credit_code: str | None
    enterprise: str | None
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None


class HandedOnMessage(AnswerMessage, frozen=True):
    """Proof of another account of the same person by consent of an account's shield, for a filing record; times in ms.

    `consented_by` is the consenting account: this one, or one that was itself proven by this one's consent.
    """

    id: str
    account_id: str
    consented_by: str
    name: str
    phone_masked: str
    state: Literal["active", "disabled"]
    role: Literal["legal_person", "operator"]
    credit_code: str
    enterprise: str
    proven_at: int
    counts_from: int
    ended_at: int | None


def counting(chosen: Iterable[Way], *, is_second: bool) -> frozenset[Way]:
    """Returns the accepted ways: the ones configured for the role, reduced for a person's second account."""
    return frozenset(chosen) & _FOR_A_SECOND_ACCOUNT if is_second else frozenset(chosen)


def normalise_code(text: str) -> str:
    """Normalises an activation code as typed: upper case, without hyphens and blanks."""
    return "".join(char for char in text.upper() if char not in " -")
