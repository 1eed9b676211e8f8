"""Rows of keys, their certificates, sessions and documents, as signing reads them.

They are msgspec structs: a frozen dataclass of twenty fields costs ten times as much to make.
"""

import msgspec

from mshield.store.database.interface import Row


class SessionRow(msgspec.Struct, frozen=True, gc=False):
    """An open session as stored: `items` is N x (sid 16, e 32, c 32) bytes, k2 is sealed.

    `fb` is there once it is bound: see `binding`.
    """

    epoch: int
    otp_hash: bytes
    rn_hash: bytes
    next_epoch: int | None
    items: bytes
    k2_box: bytes
    fb: bytes | None
    bound_at: int | None
    expires_at: int


class CertificateRow(msgspec.Struct, frozen=True, gc=False):
    """What decides whether the key's certificate may be used."""

    serial: str
    state: str
    holds: frozenset[str]
    not_before: int
    not_after: int


class ReplacedKey(msgspec.Struct, frozen=True, gc=False):
    """The key that a renewal's new one is to replace, under the same PIN, with its counters and its certificate."""

    uid: bytes
    certificate: CertificateRow
    failures: int
    wrong_total: int


class KeyRow(msgspec.Struct, frozen=True, gc=False):
    """One co-signing key with its counters, its certificate (None before issue) and its open session.

    `filing_changed` since the certificate was issued (R22); `replaces` is there while the key is a renewal's new one,
    not yet in force. `subject` is JSON text. Shield number and id number (sealed) are those of its certificate.
    `unlocking` where who calls has no login, and opens the app by this.
    """

    uid: bytes
    account_id: str
    device_id: str
    person_id: str
    filing_version: int
    subject: str
    seal_version: int
    state: str
    public_key: bytes | None
    epoch: int
    share_box: bytes | None
    pending_epoch: int | None
    pending_box: bytes | None
    last_epoch: int
    since_refresh: int
    otp_open: bool
    failures: int
    wrong_total: int
    otp_hash: bytes
    otp_prev_hash: bytes | None
    rn_prev_hash: bytes | None
    generation: int
    opens_window: int
    opens: int
    enrol_sid: bytes
    expires_at: int | None
    outcome_fb: bytes | None
    outcome_box: bytes | None
    outcome_at: int | None
    certificate: CertificateRow | None
    filing_changed: bool
    shield_number: str | None
    id_number_box: bytes | None
    replaces: ReplacedKey | None
    session: SessionRow | None
    unlocking: bool = False


class TaskRow(msgspec.Struct, frozen=True, gc=False):
    """A document to sign; times in ms.

    `display` is JSON text. `request_id` where a business system asked;
    `unbound` where another app asked and the certificate isn't bound any more (R8).
    """

    sid: bytes
    purpose: str
    state: str
    message: bytes
    display: str
    expires_at: int
    request_id: str | None
    unbound: bool

    @property
    def asked(self) -> bool:
        """Whether a business system asked for it."""
        return self.request_id is not None


def task_of(row: Row) -> TaskRow:
    """The document in a row of `context` or `task`."""
    return TaskRow(
        row["task_sid"],
        row["task_purpose"],
        row["task_state"],
        row["task_message"],
        row["task_display"],
        row["task_expires_at"],
        row["task_request_id"],
        bool(row["task_unbound"]),
    )


def certificate_of(row: Row) -> CertificateRow | None:
    """The certificate in a row, if the key has one."""
    if row["serial"] is None:
        return None
    holds = frozenset(row["holds"].split(",")) if row["holds"] else frozenset[str]()
    return CertificateRow(row["serial"], row["certificate_state"], holds, row["not_before"], row["not_after"])


def session_of(row: Row) -> SessionRow | None:
    """The open session in a row, if there is one."""
    if row["items"] is None:
        return None
    return SessionRow(
        epoch=row["session_epoch"],
        otp_hash=row["session_otp_hash"],
        rn_hash=row["session_rn_hash"],
        next_epoch=row["next_epoch"],
        items=row["items"],
        k2_box=row["k2_box"],
        fb=row["fb"],
        bound_at=row["bound_at"],
        expires_at=row["session_expires_at"],
    )
