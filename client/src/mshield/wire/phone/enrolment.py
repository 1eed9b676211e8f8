"""Applying for a certificate, and renewing it."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from mshield.wire.messages import AnswerMessage, Hex16, Hex65, ProtocolWire, RequestMessage

UserType = Literal["legal_person", "operator"]


class ApplicantMessage(RequestMessage, frozen=True):
    """The application form without its SMS code. Everything must match the filing (R4).

    Without `id_number` the account's own is used, the only one that can match.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    id_number: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None
    user_type: UserType
    credit_code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class ApplyMessage(ApplicantMessage, frozen=True, omit_defaults=True):
    """The application form; the SMS code went to the account's phone.

    `confirm_duplicate` (R6): the user was warned with `already_certified` and applies anyway, which fails and
    puts this phone's certificate on hold.
    """

    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    confirm_duplicate: bool = False


class SubjectMessage(AnswerMessage, frozen=True):
    """Subject names that the certificate will carry."""

    country: str
    organisation: str
    role: str
    common_name: str


class IssuerMessage(AnswerMessage, frozen=True):
    """Outside CA that issues the certificate, as people call it."""

    name: str
    name_en: str


class BegunMessage(AnswerMessage, frozen=True):
    """Protocol, enrolment step 1. `challenge` is the nonce of the next call's DPoP proof.

    `id_number` is the holder's own if the application had none, so that the phone can refuse a PIN that is
    part of it (R10); the phone doesn't store it.
    """

    uid: Hex16
    sid: Hex16
    challenge: str
    shield_number: str
    subject: SubjectMessage
    id_number: str | None
    issuer: IssuerMessage | msgspec.UnsetType = msgspec.UNSET


class WaitingCertificateMessage(AnswerMessage, frozen=True):
    """Application at an outside CA: `waiting`, or `ended` without a certificate.

    `reference` is the CA's name for it, `words` are the CA's own, `code` is the error's code if it ended. The
    phone looks again after `look_after_s`.
    """

    state: Literal["waiting", "ended"]
    ca: IssuerMessage
    shield_number: str
    reference: str
    words: str
    code: str
    look_after_s: int
    since: int


class PublicKeyMessage(ProtocolWire, frozen=True):
    """Protocol, enrolment step 3: the joint public key."""

    P: Hex65


class Reason(StrEnum):
    """Reason for a renewal, the more urgent first."""

    FILING_CHANGED = "filing_changed"
    ENDING = "ending"
    CA_CHANGED = "ca_changed"


class RenewMessage(ApplicantMessage, frozen=True):
    """The renewal form. Everything must match the filing and the first application.

    The SMS code went to the account's phone.

    `id_number` null means the account's own, which the user needn't type again.
    """

    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]


class RenewalDataMessage(AnswerMessage, frozen=True):
    """Person and enterprise named by a certificate."""

    name: str
    user_type: UserType
    enterprise: str
    credit_code: str


class RenewalPreviewMessage(AnswerMessage, frozen=True):
    """Present data of the certificate, and the data on file, which the new one will carry.

    `reason` is null if no renewal is due; `until` (ms) is the end of the period for renewals. `issuer` is the
    outside CA that will issue the new certificate; absent for the service's own.
    """

    reason: Reason | None
    until: int
    id_number_masked: str
    certified: RenewalDataMessage
    filed: RenewalDataMessage
    issuer: IssuerMessage | msgspec.UnsetType = msgspec.UNSET


class RenewalMessage(AnswerMessage, frozen=True):
    """A renewal in progress. `sid` is the task of the certification request, `uid` the key that it is for.

    `key` `new`: create a key with `challenge` as in an enrolment; then the old key signs the task `consent`,
    and the new one the task `sid`. `key` `same`: the current key signs the task `sid`. Afterwards
    `certificate_pem` is present; it takes effect once its key has signed the task `confirm`.

    `issuer` is the outside CA that issues it, if it isn't the service's own; `waiting`: that CA still decides,
    see `application`.
    """

    sid: Hex16
    uid: Hex16
    key: Literal["new", "same"]
    state: Literal["begun", "waiting", "issued"]
    challenge: str | None
    shield_number: str
    subject: SubjectMessage
    consent: Hex16 | None
    confirm: Hex16 | None
    certificate_pem: str | None
    chain_pem: tuple[str, ...]
    expires_at: int
    issuer: IssuerMessage | msgspec.UnsetType = msgspec.UNSET
    application: WaitingCertificateMessage | msgspec.UnsetType = msgspec.UNSET


class RenewalDueMessage(AnswerMessage, frozen=True):
    """Whether a renewal is due, why, and until when (ms) it is possible.

    `ending`: less than half a year is left. `filing_changed`: logins and signatures may fail until it is
    renewed (R22). `ca_changed`: another CA now issues for this person; nothing ends without it.
    """

    due: bool
    reason: Reason | None
    until: int
