"""Rows of keys, their certificates, sessions and documents, as read for signing.

They are msgspec structs, since creating a frozen dataclass of twenty fields costs ten times as much.
"""

import msgspec

from mshield.server.database.interface import Row


class SessionRow(msgspec.Struct, frozen=True, gc=False):
    """Open session as stored: `items` is N x (sid 16, e 32, c 32) bytes, k2 is sealed.

    `fb` is set once the session is bound: see `binding`.
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
    """Certificate data that decide whether the key may be used."""

    serial: str
    state: str
    holds: frozenset[str]
    not_before: int
    not_after: int


class ReplacedKey(msgspec.Struct, frozen=True, gc=False):
    """Key that a renewal's new key replaces, under the same PIN, with its counters and its certificate."""

    uid: bytes
    certificate: CertificateRow
    failures: int
    wrong_total: int


class KeyRow(msgspec.Struct, frozen=True, gc=False):
    """Co-signing key with its counters, its certificate (None before issue) and its open session.

    `filing_changed`: the filing changed since the certificate was issued (R22). `replaces` is set for a
    renewal's new key that isn't in force yet. `subject` is JSON text. Shield number and id number (sealed)
    are those of the certificate. `unlocking`: the caller has no login and opens the app with this signature.
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
    otp_open: int
    failures: int
    wrong_total: int
    otp_hash: bytes
    otp_prev_hash: bytes | None
    rn_prev_hash: bytes | None
    otp_prev_spent: bool
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
    """Document to sign; times in ms.

    `display` is JSON text. `request_id` is set if a business system requested it. `unbound`: another app
    requested it and the certificate is no longer bound (R8).
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
        """Whether a business system requested it."""
        return self.request_id is not None


def task_of(row: Row) -> TaskRow:
    """Returns the document in a row of `context` or `task`."""
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
    """Returns the certificate in a row, if the key has one."""
    if row["serial"] is None:
        return None
    holds = frozenset(row["holds"].split(",")) if row["holds"] else frozenset[str]()
    return CertificateRow(row["serial"], row["certificate_state"], holds, row["not_before"], row["not_after"])


def session_of(row: Row) -> SessionRow | None:
    """Returns the open session in a row, if there is one."""
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
