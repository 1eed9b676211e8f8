"""How a renewal ends: confirmed, so that its certificate takes the old one's place, or given up.

Both happen in the caller's transaction, and either leaves one certificate in force, never two and never none.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.certificates.pin_tries import MAX_FAILURES, MAX_WRONG_TOTAL, tries_left
from mshield.domain.certificates.renewal import RenewalState
from mshield.domain.certificates.states import CertificateEvent, CertificateState, Hold, require_usable
from mshield.domain.ids import first_id
from mshield.domain.requests import LONGEST_LIFE_MS
from mshield.store.certificates import bindings, certificates
from mshield.store.certificates import changes as certificate_changes
from mshield.store.database.interface import Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing, read_checked
from mshield.store.seals.tables import KEYS

CESSATION_OF_OPERATION: Final = 5
"""RFC 5280: the certificate is no longer needed. It never was in force, so nothing superseded it."""

_SQL: Final = Queries("certificates", "renewals")
LIMITS: Final = {"most_failures": MAX_FAILURES, "most_wrong": MAX_WRONG_TOTAL}
"""What the statements that count an attempt are guarded by (R10)."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """The certificate that has come into force. Times in ms."""

    serial: str
    not_before: int
    not_after: int


async def find_confirmable(tx: Tx, *, confirm_sid: bytes, now: int) -> Row | None:
    """The renewal that this confirmation puts in force, for `put_in_force`. Changes nothing.

    None where `confirm_sid` belongs to no renewal. Raises what keeps the old certificate from being renewed (Held,
    PinLocked, NoCertificate, CertificateExpired), NoFiling for who is no longer on file, and TaskClosed for a renewal
    that has ended, or whose own certificate has, by itself or with its CA.
    """
    row = await tx.one(_SQL["find_by_confirm"], confirm_sid=confirm_sid)
    if row is None:
        return None
    if row["state"] != RenewalState.ISSUED.value or row["expires_at"] <= now or row["lost"]:
        raise errors.TaskClosed
    if not row["on_file"]:
        raise errors.NoFiling
    old = await certificates.find_by_serial(tx, serial=row["old_serial"])
    if old is None:
        raise errors.NoCertificate
    require_usable(
        state=CertificateState(old.state), holds=map(Hold, old.holds), not_after=old.not_after, now=now
    )
    return row


async def put_in_force(tx: Tx, row: Row, *, now: int) -> Renewed:
    """Puts the certificate of a renewal that was just found in force and supersedes the old one.

    Raises a DomainError where another call changed either meanwhile: some of it is written then, so the caller's
    transaction must not be committed.
    """
    # In the transaction that records the confirmation's signature: a crash before its commit leaves the old certificate
    # in force and the confirmation unsigned, one after it the new certificate.
    by, old_serial = By("user", row["account_id"]), row["old_serial"]
    await certificate_changes.change(
        tx, serial=old_serial, event=CertificateEvent.SUPERSEDE, by=by, reason=row["reason"], now=now
    )
    if await tx.run(_SQL["confirm"], sid=row["sid"], now=now) != 1:
        raise errors.Busy
    await certificate_changes.change(
        tx, serial=row["serial"], event=CertificateEvent.ACTIVATE, by=by, reason=row["reason"], now=now
    )
    async with changing(tx, KEYS, row["uid"]):
        await tx.run(_SQL["put_in_force"], uid=row["uid"], serial=row["serial"], old_uid=row["old_uid"])
    if row["uid"] != row["old_uid"]:
        await _retire(tx, row["old_uid"], new_uid=row["uid"], now=now)
    await bindings.carry_over(tx, old_serial=old_serial, new_serial=row["serial"])
    return Renewed(row["serial"], row["not_before"], row["not_after"])


async def _retire(tx: Tx, uid: bytes, *, new_uid: bytes, now: int) -> None:
    # The share goes in the same commit: from then on the old key signs nothing, so what it was to sign moves on too.
    await tx.run(_SQL["retire_key"], uid=uid)
    await tx.run(_SQL["end_sessions"], uid=uid)
    await tx.run(_SQL["end_attempts"], uid=uid)
    # Documents before their requests, as whoever signs locks them.
    moving = {"uid": uid, "new_uid": new_uid, "since": first_id(now - LONGEST_LIFE_MS)}
    await tx.run(_SQL["move_documents"], **moving)
    await tx.run(_SQL["move_requests"], **moving)
    await tx.run(_SQL["close_tasks"], uid=uid, now=now)


async def end(tx: Tx, *, sid: bytes, reason: str, now: int) -> bool:
    """Gives a renewal up: its certificate is revoked, its new key void. False where it was over before.

    Raises Conflict where its certificate ended at this moment: the transaction must not be committed.
    """
    # The guarded step first: of several calls at once one goes on. A certificate that is reserved only after this is
    # revoked by the job (`list_unrevoked`).
    row = await tx.one(_SQL["end"], sid=sid, now=now)
    if row is None:
        return False
    await tx.run(_SQL["void_new_key"], uid=row["uid"])
    for task in (sid, row["consent_sid"], row["confirm_sid"]):
        if task is not None:
            await tx.run(_SQL["close_task"], sid=task)
    issued = await tx.one(_SQL["unrevoked_of"], sid=sid)
    if issued is not None:
        await revoke_unused(tx, serial=issued["serial"], reason=reason, now=now)
    return True


async def revoke_unused(tx: Tx, *, serial: str, reason: str, now: int) -> None:
    """Revokes a certificate that never came into force and never will. Raises Conflict where it did."""
    standing = await certificates.find_by_serial(tx, serial=serial)
    if standing is None or standing.state != CertificateState.ISSUED.value:
        raise errors.Conflict
    await certificate_changes.change(
        tx,
        serial=serial,
        event=CertificateEvent.WITHDRAW,
        by=SERVICE,
        reason=f"renewal given up: {reason}",
        revocation_reason=CESSATION_OF_OPERATION,
        now=now,
    )


async def count_attempt(tx: Tx, *, uid: bytes) -> bool:
    """Counts an attempt at a renewal's new key also at the one that it is to replace, `uid`; False where none is left.

    Both stand under one PIN: whoever guesses has the tries of one at both together (R10).
    """
    async with changing(tx, KEYS, uid):
        return await tx.run(_SQL["count_attempt"], uid=uid, **LIMITS) == 1


async def give_back(tx: Tx, *, uid: bytes) -> None:
    """Returns an attempt that wasn't a wrong PIN to the key that is to be replaced."""
    async with changing(tx, KEYS, uid):
        await tx.run(_SQL["give_back"], uid=uid)


async def find_tries_left(tx: Tx, *, uid: bytes) -> int:
    """The tries left at the key that is to be replaced. Raises SealBroken."""
    row = await read_checked(tx, KEYS, uid)
    return 0 if row is None else tries_left(row["failures"], row["wrong_total"])


async def after_lock(tx: Tx, *, uid: bytes, now: int) -> None:
    """A key on which no try is left takes the renewal along in which it has a part."""
    await _end_of_key(tx, uid=uid, reason="PIN locked", now=now)


async def after_second_point(tx: Tx, *, uid: bytes, now: int) -> None:
    """A new key for which a second P1 was sent is void, and its renewal over."""
    await _end_of_key(tx, uid=uid, reason="a second key was sent", now=now)


async def after_clone(tx: Tx, *, uid: bytes, now: int) -> None:
    """A second copy of a new key is one of the phone, hence of the key that it was to replace: that one is held too."""
    renewed = await tx.one(_SQL["renewed_key"], uid=uid)
    if renewed is not None:
        await certificate_changes.change_in_force(
            tx, uid=renewed["uid"], event=CertificateEvent.FIND_CLONE, reason="", now=now
        )
    await _end_of_key(tx, uid=uid, reason="copied", now=now)


async def _end_of_key(tx: Tx, *, uid: bytes, reason: str, now: int) -> None:
    row = await tx.one(_SQL["open_of_key"], uid=uid)
    if row is not None:
        await end(tx, sid=row["sid"], reason=reason, now=now)
