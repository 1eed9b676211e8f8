"""Proofs that the account belongs to the person on file, and the ways to get one."""

from typing import Literal

from mshield.wire.messages import AnswerMessage

WayName = Literal["filed_phone", "legal_person", "filing_code", "own_shield", "outside", "real_name"]


ActorName = Literal["service", "user", "legal_person", "staff"]


class ProofMessage(AnswerMessage, frozen=True):
    """A proof: how, by whom, for which enterprise and role (null: for the person as such); times in ms."""

    way: WayName
    actor: ActorName
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None
    role: Literal["legal_person", "operator"] | None
    credit_code: str | None
    enterprise: str | None


class OwnRequestMessage(AnswerMessage, frozen=True):
    """Request to the legal person; `remind_from` is when they can be reminded. Times in ms."""

    state: Literal["waiting", "confirmed", "refused", "withdrawn", "expired"]
    credit_code: str
    enterprise: str
    asked_at: int
    expires_at: int
    remind_from: int
    decided_at: int | None


class SecondAccountMessage(AnswerMessage, frozen=True):
    """Another account proven to belong to the same person, which becomes valid at `counts_from`; times in ms.

    `can_object`: whether it can be stopped here, which is possible once per account.
    """

    id: str
    phone_masked: str
    way: WayName
    role: Literal["legal_person", "operator"] | None
    enterprise: str | None
    proven_at: int
    counts_from: int
    can_object: bool


class PhoneChangeMessage(AnswerMessage, frozen=True):
    """The account's number, or the filed one, becomes this one at `effective_at`, unless it is stopped.

    `phone_masked` is empty if the filed number is removed. Times in ms.
    """

    kind: Literal["account", "filed"]
    phone_masked: str
    approved_at: int
    effective_at: int


class IdentityMessage(AnswerMessage, frozen=True):
    """Proofs of the account, newest first, its last request to a legal person, and other accounts in the person's name.

    `second_accounts` are listed for a proven account as long as they aren't valid yet. `phone_change` is a
    new number of the account, or in its holder's filing, that two members of staff approved without a code from
    the present one; null if none is pending.
    """

    proofs: tuple[ProofMessage, ...]
    request: OwnRequestMessage | None
    second_accounts: tuple[SecondAccountMessage, ...]
    phone_change: PhoneChangeMessage | None


WayReason = Literal["second_account", "objected", "other_phone", "no_legal_person"]


class WayMessage(AnswerMessage, frozen=True):
    """A way to prove the identity, and the reason why it isn't available; null if it is."""

    way: WayName
    reason: WayReason | None


class WaysMessage(AnswerMessage, frozen=True):
    """Whether the account is proven for this record; if not, from when (ms) it will be, and the ways to prove it."""

    proven: bool
    counts_from: int | None
    enterprise: str
    items: tuple[WayMessage, ...]


class ConsentRequestMessage(AnswerMessage, frozen=True):
    """A request for the person's other phone: poll it with `status_token`; both screens show `number`."""

    request_id: str
    status_token: str
    number: str
    expires_in: int


class ActivatedMessage(AnswerMessage, frozen=True):
    """Time from which the proof is valid, in ms; in the future only if the person's other account is notified first."""

    counts_from: int
