"""The phone's account page: certificate, bindings."""

from typing import Literal

import msgspec

from mshield.wire.messages import AnswerMessage, Hex16
from mshield.wire.phone.enrolment import RenewalDueMessage, SubjectMessage, WaitingCertificateMessage


class AccountMessage(AnswerMessage, frozen=True):
    """The account, with a masked phone number."""

    name: str
    phone_masked: str
    id_type: str


class ChangeMessage(AnswerMessage, frozen=True):
    """An event of the certificate: who caused it, why, and when (ms)."""

    event: str
    by: Literal["service", "user", "legal_person", "staff"]
    reason: str
    at: int


class CertificateMessage(AnswerMessage, frozen=True):
    """My certificate (我的证书); times in ms.

    `chain_pem` holds issuing CA and root; the phone stores `log_key`, the log's vkey, with the certificate.

    `pin_change_due`: after many wrong PINs the user should choose a new one. `changes`: its events, oldest
    first.
    """

    state: str
    holds: tuple[str, ...]
    serial: str
    shield_number: str
    pem: str
    chain_pem: tuple[str, ...]
    log_key: str
    subject: SubjectMessage
    not_before: int
    not_after: int
    pin_change_due: bool
    changes: tuple[ChangeMessage, ...]


class BindingMessage(AnswerMessage, frozen=True):
    """A binding in force; `serial` is the certificate that signed it. Times in ms."""

    sid: Hex16
    serial: str
    client_id: str | None
    system_name: str | None
    bound_at: int


class MeMessage(AnswerMessage, frozen=True):
    """My page; `certificate` is null before the first application, `renewal` if nothing can be renewed.

    `application` is set while an outside CA decides, and after it issued no certificate.
    """

    account: AccountMessage
    shield_number: str | None
    certificate: CertificateMessage | None
    renewal: RenewalDueMessage | None
    bindings: tuple[BindingMessage, ...]
    application: WaitingCertificateMessage | msgspec.UnsetType = msgspec.UNSET
