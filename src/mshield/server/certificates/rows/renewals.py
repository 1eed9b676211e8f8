"""Renewals (更新证书), begun beside the certificate in force, which is replaced only on confirmation.

`renewal_outcome` ends a renewal. Every step is guarded by the renewal's state.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Final

from mshield.server.certificates.rows import enrolment
from mshield.server.certificates.rows.enrolment import NewKey
from mshield.server.certificates.rows.key_marks import check_key
from mshield.server.certificates.rows.renewal_outcome import end
from mshield.server.certificates.rules.states import parse_holds
from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import seal_new
from mshield.server.seals.tables import ENTERPRISES, FILED_PERSONS, RENEWALS, TASKS

_SQL: Final = Queries("certificates", "renewals")
_FILED: Final = FILED_PERSONS.joined("f_")
_ENTERPRISE: Final = ENTERPRISES.joined("e_")


@dataclass(frozen=True, slots=True)
class InForce:
    """Certificate with which a device signs; `filing_version` as certified.

    `filed_version` is the filing's current version, None if the person is no longer on file.
    """

    serial: str
    uid: bytes
    state: str
    holds: frozenset[str]
    not_after: int
    filing_version: int
    filed_version: int | None
    person_id: str
    shield_number: str
    issuer: str
    role: str
    credit_code: str
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRenewal:
    """Renewal that begins; `uid` is the key to be certified, `subject` JSON text. Times in ms.

    `ca` is the outside CA that issues the certificate, or `local`.
    """

    sid: bytes
    uid: bytes
    old_serial: str
    account_id: str
    device_id: str
    person_id: str
    filing_version: int
    subject: str
    ca: str
    reason: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTask:
    """Document of the renewal itself: the certification request, the old key's consent, or the confirmation."""

    sid: bytes
    uid: bytes
    purpose: str
    message: bytes
    media_type: str
    title: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRow(NewRenewal):
    """Renewal in progress, with both keys and the signatures on its documents (None: not yet signed).

    `reserved` is the key of its certificate's row, once there is one. `lost`: its own certificate has ended, or
    will since its CA is revoked, so it can't come into force.
    `on_file`: the holder is still on file.
    """

    state: str
    old_uid: bytes
    old_state: str
    old_holds: frozenset[str]
    old_not_after: int
    old_der: bytes = field(repr=False)
    shield_number: str
    credit_code: str
    role: str
    public_key: bytes | None
    consent_sid: bytes | None
    confirm_sid: bytes | None
    request_info: bytes | None = field(repr=False)
    request_signature: bytes | None
    consent_signature: bytes | None
    reserved: str | None
    lost: bool
    on_file: bool

    @property
    def makes_new_key(self) -> bool:
        """Whether the new certificate is for another key than the one in force."""
        return self.uid != self.old_uid


_IN_FORCE: Final = tuple(field.name for field in fields(InForce))
_READ_FIELDS: Final = tuple(
    field.name
    for field in fields(RenewalRow)
    if field.name not in {"credit_code", "role", "lost", "on_file", "old_holds"}
)


async def find_in_force(db: Database | Tx, *, device_id: str, account_id: str) -> InForce | None:
    """Returns the device's certificate in force, including held, locked or expired ones; None without one."""
    row = await db.one(_SQL["in_force"], device_id=device_id, account_id=account_id)
    if row is None:
        return None
    check_key(db.sealer, row)
    values = {name: row[name] for name in _IN_FORCE}
    return InForce(**values | {"holds": parse_holds(row["holds"])})


async def begin(
    db: Database, renewal: NewRenewal, *, new_key: NewKey | None, task: OwnTask | None, now: int
) -> None:
    """Starts a renewal and ends one that the device has in progress.

    `new_key` is given for a renewal with a new key, `task` (its certification request) for one with the same
    key.
    """

    async def work(tx: Tx) -> None:
        before = await tx.one(_SQL["open_of_device_sid"], device_id=renewal.device_id)
        if before is not None:
            await end(tx, sid=before["sid"], reason="begun again", now=now)
        if new_key is not None:
            await enrolment.insert_key(tx, new_key, now=now)
        await tx.run(_SQL["insert"], **asdict(renewal), now=now)
        await seal_new(tx, RENEWALS, renewal.sid)
        if task is not None:
            await _insert_task(tx, task, now=now)

    await db.write(work)


async def find_open(db: Database | Tx, *, device_id: str, account_id: str) -> RenewalRow | None:
    """Returns the renewal that this device has in progress, or None."""
    row = await db.one(_SQL["open_of_device"], device_id=device_id, account_id=account_id)
    if row is None:
        return None
    for table in (RENEWALS, _FILED, _ENTERPRISE):
        table.check(db.sealer, row)
    if row["public_key"] is not None:
        check_key(db.sealer, row)
    values = {name: row[name] for name in _READ_FIELDS}
    return RenewalRow(
        **values,
        credit_code=row["f_credit_code"],
        role=row["f_role"],
        lost=bool(row["lost"]),
        on_file=bool(row["on_file"]),
        old_holds=parse_holds(row["old_holds"]),
    )


async def ask_consent(db: Database, renewal: RenewalRow, task: OwnTask, *, now: int) -> bool:
    """Stores the document by which the old key consents to the new one; False if there is one already."""

    async def work(tx: Tx) -> bool:
        if await tx.run(_SQL["set_consent"], sid=renewal.sid, consent_sid=task.sid) != 1:
            return False
        await _insert_task(tx, task, now=now)
        return True

    return await db.write(work)


async def mark_issued(db: Database, renewal: RenewalRow, task: OwnTask, *, now: int) -> bool:
    """Marks the renewal's certificate as signed and stores its confirmation `task`; False if ended or marked before."""
    return await db.write(lambda tx: mark_issued_in(tx, sid=renewal.sid, task=task, now=now))


async def mark_issued_in(tx: Tx, *, sid: bytes, task: OwnTask, now: int) -> bool:
    """Like `mark_issued`, inside a transaction; `sid` is the renewal's."""
    issued = await tx.run(_SQL["issue"], sid=sid, confirm_sid=task.sid, expires_at=task.expires_at, now=now)
    if issued != 1:
        return False
    await tx.run(_SQL["await_confirmation"], uid=task.uid, expires_at=task.expires_at)
    await _insert_task(tx, task, now=now)
    return True


async def await_ca(tx: Tx, *, sid: bytes, expires_at: int, now: int) -> bool:
    """Lets a renewal wait for an outside CA until `expires_at` (ms); False if it has ended."""
    return await tx.run(_SQL["await_ca"], sid=sid, expires_at=expires_at, now=now) == 1


async def is_renewal(tx: Tx, *, request_sid: bytes) -> bool:
    """Reports whether the request is a renewal's, in any state."""
    return await tx.one(_SQL["find"], sid=request_sid) is not None


async def list_dead(db: Database, *, most: int, now: int) -> list[bytes]:
    """Returns the sids of renewals that can't come into force any more."""
    return [row["sid"] for row in await db.all(_SQL["list_dead"], most=most, now=now)]


async def list_unrevoked(db: Database, *, most: int) -> list[str]:
    """Returns the serials of unrevoked certificates whose renewal has ended without them."""
    return [row["serial"] for row in await db.all(_SQL["list_unrevoked"], most=most)]


async def _insert_task(tx: Tx, task: OwnTask, *, now: int) -> None:
    if await tx.run(_SQL["insert_task"], **asdict(task), now=now) == 1:
        await seal_new(tx, TASKS, task.sid)
