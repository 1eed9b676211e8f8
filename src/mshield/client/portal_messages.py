"""What the legal person's portal answers. Times in ms, lengths of time in seconds; unknown fields are passed over."""

from typing import Literal

import msgspec

from mshield.client.phone.messages import Captcha, SmsCodeSent

Act = Literal["report_loss", "lift_loss", "freeze", "unfreeze"]
Cause = Literal[
    "unspecified", "key_compromise", "affiliation_changed", "superseded", "cessation_of_operation"
]
ApplicationState = Literal["waiting", "confirmed", "refused", "withdrawn", "expired"]
ApplicationDecision = Literal["confirm", "refuse"]
PortalCaptcha = Captcha
CodeSent = SmsCodeSent
"""As at the phone; the code is the one that revokes."""


class LoginBegun(msgspec.Struct, frozen=True, kw_only=True):
    """An SMS code is on its way to this phone."""

    login_id: str
    phone_masked: str
    expires_in: int
    resend_in: int


class Enterprise(msgspec.Struct, frozen=True, kw_only=True):
    """An enterprise that the legal person answers for.

    `acts_from` (ms) after a reset of the password by SMS: until then only a shield from before it confirms, lifts or
    revokes.
    """

    credit_code: str
    name: str
    acts_from: int | None = None


class PortalSession(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in."""

    name: str
    csrf_token: str
    expires_in: int
    enterprises: tuple[Enterprise, ...]


class AddedEnterprise(msgspec.Struct, frozen=True, kw_only=True):
    """What the legal person answers for now; the code's record counts from `counts_from`."""

    counts_from: int
    enterprises: tuple[Enterprise, ...]


class PersonProof(msgspec.Struct, frozen=True, kw_only=True):
    """How an account of a filed person was proven, by whom and when.

    `state` is `counts`, `waits` (until `counts_from`), `ended`, or `off`: the account is disabled, or the way is taken
    no more. `actor_name` is the legal person's; `consented_masked` the number of the account whose shield consented.
    """

    way: str
    state: str
    phone_masked: str
    actor: str
    actor_name: str | None
    consented_masked: str | None
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None


class FiledPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person on file; `ended_at` is None while they are. `proofs` have not ended, the newest first."""

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
    proofs: tuple[PersonProof, ...] = ()


class People(msgspec.Struct, frozen=True, kw_only=True):
    """A page of people; `next` is the `after` of the following one."""

    items: tuple[FiledPerson, ...]
    next: str | None


class Shield(msgspec.Struct, frozen=True, kw_only=True):
    """A shield by the certificate that stands for it; `expiring`: in force, with under half a year left.

    `filing_changed`: the filing differs from what it says, `filing_ended`: its holder is no longer on file; either way
    it does nothing.
    """

    shield_number: str
    serial: str
    person_id: str
    name: str
    role: str
    state: str
    holds: tuple[str, ...]
    expiring: bool = False
    filing_changed: bool = False
    filing_ended: bool = False
    issued_at: int
    not_before: int
    not_after: int
    changed_at: int
    device_since: int
    used_at: int | None


class Shields(msgspec.Struct, frozen=True, kw_only=True):
    """A page of shields; `next` is the `before` of the following one."""

    items: tuple[Shield, ...]
    next: str | None


class ShieldEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to a shield; `state` and `holds` are those after it."""

    serial: str
    event: str
    actor: str
    actor_name: str | None
    reason: str
    state: str
    holds: tuple[str, ...]
    at: int


class ShieldHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A shield with its certificates before the present one and all that happened to them, the oldest first.

    `proofs` of its holder's accounts, ended ones too, the newest first.
    """

    shield: Shield
    earlier: tuple[Shield, ...]
    events: tuple[ShieldEvent, ...]
    proofs: tuple[PersonProof, ...] = ()


class PastAct(msgspec.Struct, frozen=True, kw_only=True):
    """A change of any of the enterprise's shields, with its holder."""

    shield_number: str
    name: str
    change: ShieldEvent


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A page of what happened, the newest first; `next` is the `before` of the following one."""

    items: tuple[PastAct, ...]
    next: str | None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why one shield wasn't changed."""

    code: str
    zh: str
    en: str


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one shield number."""

    shield_number: str
    outcome: Literal["changed", "unchanged", "refused"]
    state: str | None
    holds: tuple[str, ...]
    refusal: Refusal | None


class Outcomes(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome for each shield number, in their order."""

    items: tuple[Outcome, ...]


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An operator who asks to be confirmed: what their account says beside what is on file; numbers are masked.

    `same_phone` is None where no phone number is on file. `shields` are the person's that count.
    """

    id: str
    state: ApplicationState
    person_id: str
    name: str
    filed_name: str
    id_type: str
    id_number_masked: str
    role: str
    phone_masked: str
    filed_phone_masked: str | None
    same_phone: bool | None
    shields: int
    address: str | None
    browser: str | None
    asked_at: int
    expires_at: int
    decided_at: int | None


class ApplicationCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are in each state."""

    waiting: int = 0
    confirmed: int = 0
    refused: int = 0
    withdrawn: int = 0
    expired: int = 0


class Applications(msgspec.Struct, frozen=True, kw_only=True):
    """A page of those who ask, the newest first; `next` is the `before` of the following one."""

    items: tuple[Application, ...]
    next: str | None
    counts: ApplicationCounts


AskAnswer = Literal["done", "refused"]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator asks about their shield, and how it ended; times in ms."""

    id: str
    kind: Literal["report_loss", "revoke", "lift", "renew"]
    shield_number: str
    name: str
    phone_masked: str
    note: str
    state: Literal["waiting", "done", "refused", "withdrawn", "expired"]
    asked_at: int
    expires_at: int
    decided_at: int | None
    reason: str | None


class Asks(msgspec.Struct, frozen=True, kw_only=True):
    """A page, the newest first."""

    items: tuple[Ask, ...]


class ActivationCode(msgspec.Struct, frozen=True, kw_only=True):
    """A new activation code, told this once: to be printed or handed over, never sent."""

    code: str
    name: str
    expires_at: int
