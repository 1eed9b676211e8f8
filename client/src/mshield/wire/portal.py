"""Answers of the legal person's portal. Times in ms, durations in seconds."""

from typing import Literal

from mshield.wire.messages import AnswerMessage

Act = Literal["report_loss", "lift_loss", "freeze", "unfreeze"]
Cause = Literal[
    "unspecified", "key_compromise", "affiliation_changed", "superseded", "cessation_of_operation"
]
ApplicationState = Literal["waiting", "confirmed", "refused", "withdrawn", "expired"]
ApplicationDecision = Literal["confirm", "refuse"]
AskKind = Literal["report_loss", "revoke", "lift", "renew"]
AskState = Literal["waiting", "done", "refused", "withdrawn", "expired"]
AskAnswer = Literal["done", "refused"]
ProofState = Literal["counts", "waits", "ended", "off"]
RoleName = Literal["legal_person", "operator"]


class CodeSentMessage(AnswerMessage, frozen=True):
    """An SMS code was sent; both times are in seconds."""

    expires_in: int
    resend_in: int


class PortalLoginBegunMessage(AnswerMessage, frozen=True):
    """Destination of the SMS code; times in seconds."""

    login_id: str
    phone_masked: str
    expires_in: int
    resend_in: int

    def __repr__(self) -> str:
        """Shows where the code went; the id is a secret."""
        return f"{type(self).__name__}(phone_masked={self.phone_masked!r})"


class EnterpriseMessage(AnswerMessage, frozen=True):
    """An enterprise that the legal person answers for.

    `acts_from` (ms) is set if the password was recently reset by SMS: until then the person can't confirm
    operators, create activation codes, lift holds or revoke shields (`acts_later`), except with an older
    shield of theirs. Null if there is no such wait.
    """

    credit_code: str
    name: str
    acts_from: int | None


class PortalSessionMessage(AnswerMessage, frozen=True):
    """The person logged in. `expires_in` in seconds; `csrf_token` is the header for each changing call."""

    name: str
    csrf_token: str
    expires_in: int
    enterprises: tuple[EnterpriseMessage, ...]


class EnterprisesMessage(AnswerMessage, frozen=True):
    """Enterprises the person answers for now; `counts_from` (ms) is later than now for a second account's proof."""

    counts_from: int
    enterprises: tuple[EnterpriseMessage, ...]


class PersonProofMessage(AnswerMessage, frozen=True, kw_only=True):
    """Proof of an account of the person: how, by whom and when; numbers are masked, times in ms.

    `waits`: valid from `counts_from`. `off`: the account is disabled, or this way is no longer accepted.
    `actor_name` is the legal person's; `consented_masked` is the number of the account whose shield
    consented.
    """

    way: str
    state: ProofState
    phone_masked: str
    actor: str
    actor_name: str | None
    consented_masked: str | None
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None


class FiledPersonMessage(AnswerMessage, frozen=True, kw_only=True):
    """A person on file. `shields` counts certificates that are neither revoked nor superseded; times in ms.

    `proofs` are those that have not ended, newest first.
    """

    id: str
    name: str
    id_type: str
    id_number_masked: str
    role: str
    on_file: bool
    filed_at: int
    changed_at: int
    ended_at: int | None
    shields: int
    proofs: tuple[PersonProofMessage, ...]


class PeopleMessage(AnswerMessage, frozen=True):
    """A page of people; `next` is the value of `after` for the following page, or null."""

    items: tuple[FiledPersonMessage, ...]
    next: str | None


class ShieldMessage(AnswerMessage, frozen=True, kw_only=True):
    """A shield by its certificate. `holds` has the most serious first; times in ms; `used_at` is null if never used.

    `expiring`: in force, not on hold, and with less than half a year left. `filing_changed`: the filing
    differs from the certificate, so it can't log in or sign until its holder renews it. `filing_ended`: its
    holder is no longer on file, so it can't either.
    """

    shield_number: str
    serial: str
    person_id: str
    name: str
    role: str
    state: str
    holds: tuple[str, ...]
    expiring: bool
    filing_changed: bool
    filing_ended: bool
    issued_at: int
    not_before: int
    not_after: int
    changed_at: int
    device_since: int
    used_at: int | None


class ShieldCountMessage(AnswerMessage, frozen=True):
    """Counts for the whole enterprise; `more`: there are more shields than were counted.

    `usable`: in force, not on hold, and matching the filing.
    """

    shields: int
    usable: int
    more: bool


class ShieldsMessage(AnswerMessage, frozen=True):
    """A page of shields, newest first; `next` is the value of `before` for the following page, or null.

    `count` is set on the first page, else null.
    """

    items: tuple[ShieldMessage, ...]
    next: str | None
    count: ShieldCountMessage | None


class EventMessage(AnswerMessage, frozen=True, kw_only=True):
    """An event: who caused it, why, when (ms), and the certificate's state then."""

    serial: str
    event: str
    actor: str
    actor_name: str | None
    reason: str
    state: str
    holds: tuple[str, ...]
    at: int


class ShieldHistoryMessage(AnswerMessage, frozen=True):
    """A shield: its present certificate, earlier ones, and all their events, oldest first.

    `proofs` are those of its holder's accounts for this enterprise, including ended ones, newest first.
    """

    shield: ShieldMessage
    earlier: tuple[ShieldMessage, ...]
    events: tuple[EventMessage, ...]
    proofs: tuple[PersonProofMessage, ...]


class PastActMessage(AnswerMessage, frozen=True):
    """A change of one of the enterprise's shields, with its holder."""

    shield_number: str
    name: str
    change: EventMessage


class HistoryMessage(AnswerMessage, frozen=True):
    """A page of the history, newest first; `next` is the value of `before` for the following page, or null."""

    items: tuple[PastActMessage, ...]
    next: str | None


class RefusalMessage(AnswerMessage, frozen=True):
    """Reason why a shield wasn't changed: a code of the problem documents with its sentences."""

    code: str
    zh: str
    en: str


class OutcomeMessage(AnswerMessage, frozen=True, kw_only=True):
    """Outcome for one shield; `state` and `holds` are those afterwards, `state` is null if unknown.

    `unchanged`: it had this state already; `refused`: see `refusal`.
    """

    shield_number: str
    outcome: Literal["changed", "unchanged", "refused"]
    state: str | None
    holds: tuple[str, ...]
    refusal: RefusalMessage | None


class OutcomesMessage(AnswerMessage, frozen=True):
    """One outcome for each shield number, in their order."""

    items: tuple[OutcomeMessage, ...]


class ApplicationMessage(AnswerMessage, frozen=True, kw_only=True):
    """Data of the account next to the data on file; numbers are masked, times in ms.

    `same_phone` is null if no phone number is on file. `shields` counts the person's valid shields.
    """

    id: str
    state: ApplicationState
    person_id: str
    name: str
    filed_name: str
    id_type: str
    id_number_masked: str
    role: RoleName
    phone_masked: str
    filed_phone_masked: str | None
    same_phone: bool | None
    shields: int
    address: str | None
    browser: str | None
    asked_at: int
    expires_at: int
    decided_at: int | None


class CountsMessage(AnswerMessage, frozen=True):
    """Number of applications in each state."""

    waiting: int = 0
    confirmed: int = 0
    refused: int = 0
    withdrawn: int = 0
    expired: int = 0


class ApplicationsMessage(AnswerMessage, frozen=True):
    """Newest first; `next` is the value of `before` for the following page, or null."""

    items: tuple[ApplicationMessage, ...]
    next: str | None
    counts: CountsMessage


class ActivationCodeMessage(AnswerMessage, frozen=True):
    """Activation code to print or hand over, never to send. It is shown only this once; `expires_at` in ms."""

    code: str
    name: str
    expires_at: int


class _AskHead(AnswerMessage, frozen=True):
    id: str
    kind: AskKind
    shield_number: str


class Ask(_AskHead, frozen=True, kw_only=True):
    """Fields of an ask that every audience sees; each audience's message puts its own fields before them."""

    note: str
    state: AskState
    asked_at: int
    expires_at: int
    decided_at: int | None
    reason: str | None


class AskMessage(Ask, frozen=True):
    """An operator's request about a shield, and its outcome; times in ms."""

    name: str
    phone_masked: str


class AskCountsMessage(AnswerMessage, frozen=True):
    """Number of requests in each state."""

    waiting: int = 0
    done: int = 0
    refused: int = 0
    withdrawn: int = 0
    expired: int = 0


class AsksMessage(AnswerMessage, frozen=True):
    """Newest first; `next` is the value of `before` for the following page, or null."""

    items: tuple[AskMessage, ...]
    next: str | None
    counts: AskCountsMessage
