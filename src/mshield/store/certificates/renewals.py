"""Renewals (更新证书): begun beside the certificate in force, which another one replaces only when it is confirmed.

How a renewal comes into force is in `renewal_outcome`. Every step is guarded by the renewal's state.
"""

from dataclasses import asdict, dataclass, field, fields
from typing import Final

from mshield.domain.certificates.states import parse_holds
from mshield.store.certificates import enrolment
from mshield.store.certificates.enrolment import NewKey
from mshield.store.certificates.key_marks import check_key
from mshield.store.certificates.renewal_outcome import end
from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import seal_new
from mshield.store.seals.tables import ENTERPRISES, FILED_PERSONS, RENEWALS, TASKS

_SQL: Final = Queries("certificates", "renewals")
_FILED: Final = FILED_PERSONS.joined("f_")
_ENTERPRISE: Final = ENTERPRISES.joined("e_")


@dataclass(frozen=True, slots=True)
class InForce:
    """The certificate with which a device signs; `filing_version` as certified.

    `filed_version` is the filing's now, None where the person has left it.
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
    public_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRenewal:
    """A renewal that begins; `uid` is the key that will be certified, `subject` JSON text. Times in ms."""

    sid: bytes
    uid: bytes
    old_serial: str
    account_id: str
    device_id: str
    person_id: str
    filing_version: int
    subject: str
    reason: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTask:
    """A document of the renewal's own: the certification request, the old key's consent, the confirmation."""

    sid: bytes
    uid: bytes
    purpose: str
    message: bytes
    media_type: str
    title: str
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalRow(NewRenewal):
    """A renewal under way, with both keys and what was signed of its documents (None: not yet).

    `lost`: its own certificate has ended, or will as its CA is revoked, so that it can't come into force any more;
    `on_file`: the holder still is.
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
    lost: bool
    on_file: bool

    @property
    def makes_new_key(self) -> bool:
        """Whether the new certificate is for another key than the one in force."""
        return self.uid != self.old_uid


_IN_FORCE: Final = tuple(field.name for field in fields(InForce))
_AS_READ: Final = tuple(
    field.name
    for field in fields(RenewalRow)
    if field.name not in {"credit_code", "role", "lost", "on_file", "old_holds"}
)


async def find_in_force(db: Database | Tx, *, device_id: str, account_id: str) -> InForce | None:
    """The device's certificate in force, held, locked or expired ones among them; None without one."""
    row = await db.one(_SQL["in_force"], device_id=device_id, account_id=account_id)
    if row is None:
        return None
    check_key(db.sealer, row)
    values = {name: row[name] for name in _IN_FORCE}
    return InForce(**values | {"holds": parse_holds(row["holds"])})


async def begin(
    db: Database, renewal: NewRenewal, *, new_key: NewKey | None, task: OwnTask | None, now: int
) -> None:
    """Starts a renewal and ends one that the device has under way.

    A new key comes with `new_key`; a renewal of the same key with `task`, its certification request.
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
    """The renewal that this device has under way, or None."""
    row = await db.one(_SQL["open_of_device"], device_id=device_id, account_id=account_id)
    if row is None:
        return None
    for table in (RENEWALS, _FILED, _ENTERPRISE):
        table.check(db.sealer, row)
    if row["public_key"] is not None:
        check_key(db.sealer, row)
    values = {name: row[name] for name in _AS_READ}
    return RenewalRow(
        **values,
        credit_code=row["f_credit_code"],
        role=row["f_role"],
        lost=bool(row["lost"]),
        on_file=bool(row["on_file"]),
        old_holds=parse_holds(row["old_holds"]),
    )


async def ask_consent(db: Database, renewal: RenewalRow, task: OwnTask, *, now: int) -> bool:
    """Puts the document by which the old key consents to the new one; False where there is one already."""

    async def work(tx: Tx) -> bool:
        if await tx.run(_SQL["set_consent"], sid=renewal.sid, consent_sid=task.sid) != 1:
            return False
        await _insert_task(tx, task, now=now)
        return True

    return await db.write(work)


async def mark_issued(db: Database, renewal: RenewalRow, task: OwnTask, *, now: int) -> bool:
    """The certificate is signed, `task` is to confirm it; False where the renewal has ended, or was marked before."""

    async def work(tx: Tx) -> bool:
        issued = await tx.run(
            _SQL["issue"], sid=renewal.sid, confirm_sid=task.sid, expires_at=task.expires_at, now=now
        )
        if issued != 1:
            return False
        await tx.run(_SQL["await_confirmation"], uid=renewal.uid, expires_at=task.expires_at)
        await _insert_task(tx, task, now=now)
        return True

    return await db.write(work)


async def list_dead(db: Database, *, most: int, now: int) -> list[bytes]:
    """Renewals that can't come into force any more, by sid."""
    return [row["sid"] for row in await db.all(_SQL["list_dead"], most=most, now=now)]


async def list_unrevoked(db: Database, *, most: int) -> list[str]:
    """Serials of certificates whose renewal has ended without them."""
    return [row["serial"] for row in await db.all(_SQL["list_unrevoked"], most=most)]


async def _insert_task(tx: Tx, task: OwnTask, *, now: int) -> None:
    if await tx.run(_SQL["insert_task"], **asdict(task), now=now) == 1:
        await seal_new(tx, TASKS, task.sid)
