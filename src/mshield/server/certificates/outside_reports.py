"""Reports to holders on applications at outside CAs: who issues, and why there is no certificate."""

from typing import Final

from mshield.server.authorities.outside.settings import CaEntry, Cas
from mshield.server.authorities.rows.submissions import SubmissionRow
from mshield.server.authorities.rules.submissions import PENDING, SubmissionState
from mshield.server.certificates.errors import CaBadCertificate, CaRefused, CaTimeout
from mshield.server.errors import DomainError
from mshield.wire.phone.enrolment import IssuerMessage, WaitingCertificateMessage

_ENDS: Final = {error.code: error for error in (CaBadCertificate, CaTimeout)}
_CODES: Final = {"ca_refused": "ca_refused", "ca_timeout": "ca_timeout", "unaccepted": ""}
"""Error code of an application by the submission's code; any other is the check that its certificate failed."""


def issuer_message(entry: CaEntry) -> IssuerMessage:
    """Returns how people call the CA."""
    return IssuerMessage(entry.display, entry.display_en or entry.display)


def is_waiting(row: SubmissionRow) -> bool:
    """Reports whether its holder still waits for the certificate."""
    return row.state in PENDING or row.state is SubmissionState.BAD


def end_of(row: SubmissionRow) -> DomainError | None:
    """Returns the reason why there is no certificate; None if there is one, or may be, or the holder ended it."""
    if is_waiting(row) or row.state is SubmissionState.DONE or not row.code:
        return None
    code = _CODES.get(row.code, CaBadCertificate.code)
    if code == CaRefused.code:
        return CaRefused(words=row.words)
    return _ENDS[code]() if code in _ENDS else None


def application_message(
    cas: Cas, row: SubmissionRow, *, shield_number: str | None, now: int
) -> WaitingCertificateMessage | None:
    """Returns the application's progress; None if it has led to a certificate, or the holder ended it."""
    waiting, end = is_waiting(row), end_of(row)
    if not waiting and end is None:
        return None
    profile = cas.profiles.get(row.ca)
    return WaitingCertificateMessage(
        state="waiting" if waiting else "ended",
        ca=issuer_message(profile.entry) if profile else IssuerMessage(row.ca, row.ca),
        shield_number=shield_number or "",
        reference=row.reference,
        words=row.words,
        code="" if end is None else end.code,
        look_after_s=min(max((row.next_at - now) // 1000 + 1, 2), 60),
        since=row.created_at,
    )
