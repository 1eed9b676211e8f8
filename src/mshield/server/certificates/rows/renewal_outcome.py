"""Outcomes of a renewal: confirmed, so that its certificate replaces the old one, or given up.

Both happen in the caller's transaction and leave exactly one certificate in force.
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import SERVICE, By
from mshield.server.certificates.errors import NoCertificate
from mshield.server.certificates.rows import bindings, certificates
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rules.renewal import RenewalState
from mshield.server.certificates.rules.states import CertificateEvent, CertificateState, Hold, require_usable
from mshield.server.database.interface import Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.errors import Conflict
from mshield.server.filing.errors import NoFiling
from mshield.server.requests.rules import LONGEST_LIFE_MS
from mshield.server.seals.sealing import changing, read_checked
from mshield.server.seals.tables import KEYS
from mshield.server.signing.errors import Busy, TaskClosed
from mshield.wire.ids import first_id
from mshield.wire.pin_tries import MAX_FAILURES, MAX_WRONG_TOTAL, tries_left

CESSATION_OF_OPERATION: Final = 5
"""RFC 5280 reason: no longer needed. The certificate never was in force, so nothing superseded it."""

_SQL: Final = Queries("certificates", "renewals")
LIMITS: Final = {"most_failures": MAX_FAILURES, "most_wrong": MAX_WRONG_TOTAL}
"""Limits used by the statements that count an attempt (R10)."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """Certificate that has come into force. Times in ms."""

    serial: str
    not_before: int
    not_after: int


async def find_confirmable(tx: Tx, *, confirm_sid: bytes, now: int) -> Row | None:
    """Returns the renewal that this confirmation puts in force, for `put_in_force`; None if it belongs to no renewal.

    Changes nothing. Raises: Held, PinLocked, NoCertificate, CertificateExpired (the old certificate can't be
    renewed), NoFiling (the person is no longer on file), TaskClosed (the renewal, its certificate or its CA
    has ended).
    """
    row = await tx.one(_SQL["find_by_confirm"], confirm_sid=confirm_sid)
    if row is None:
        return None
    if row["state"] != RenewalState.ISSUED.value or row["expires_at"] <= now or row["lost"]:
        raise TaskClosed
    if not row["on_file"]:
        raise NoFiling
    old = await certificates.find_by_serial(tx, serial=row["old_serial"])
    if old is None:
        raise NoCertificate
    require_usable(
        state=CertificateState(old.state), holds=map(Hold, old.holds), not_after=old.not_after, now=now
    )
    return row


async def put_in_force(tx: Tx, row: Row, *, now: int) -> Renewed:
    """Activates the renewed certificate of `row` and supersedes the old one.

    Raises: DomainError (another call has changed one of the two certificates). The transaction then contains
    half of the change: the caller must not commit it.
    """
    # Runs in the transaction that records the confirmation's signature: a crash before its commit leaves the
    # old certificate in force and the confirmation unsigned, a crash after it the new certificate.
    by, old_serial = By("user", row["account_id"]), row["old_serial"]
    await certificate_changes.change(
        tx, serial=old_serial, event=CertificateEvent.SUPERSEDE, by=by, reason=row["reason"], now=now
    )
    if await tx.run(_SQL["confirm"], sid=row["sid"], now=now) != 1:
        raise Busy
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
    # The share is deleted in the same commit. The old key then signs nothing, so its open documents move to
    # the new one.
    await tx.run(_SQL["retire_key"], uid=uid)
    await tx.run(_SQL["end_sessions"], uid=uid)
    await tx.run(_SQL["end_attempts"], uid=uid)
    # Documents before their requests, the lock order of signing.
    parameters = {"uid": uid, "new_uid": new_uid, "since": first_id(now - LONGEST_LIFE_MS)}
    await tx.run(_SQL["move_documents"], **parameters)
    await tx.run(_SQL["move_requests"], **parameters)
    await tx.run(_SQL["close_tasks"], uid=uid, now=now)


async def end(tx: Tx, *, sid: bytes, reason: str, now: int) -> bool:
    """Gives a renewal up: revokes its certificate and voids its new key; False if it had ended before.

    Raises: Conflict (its certificate ended at this moment; the transaction must not be committed).
    """
    # The guarded step comes first, so only one of several simultaneous calls continues. A certificate
    # reserved after this is revoked by the job (`list_unrevoked`).
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
    """Revokes a certificate that never came into force. Raises: Conflict (it did)."""
    standing = await certificates.find_by_serial(tx, serial=serial)
    if standing is None or standing.state != CertificateState.ISSUED.value:
        raise Conflict
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
    """Counts an attempt with a renewal's new key for the key `uid` too, which it replaces; False if no try is left.

    Both keys have the same PIN, so an attacker gets only one key's number of tries for both together (R10).
    """
    async with changing(tx, KEYS, uid):
        return await tx.run(_SQL["count_attempt"], uid=uid, **LIMITS) == 1


async def give_back(tx: Tx, *, uid: bytes) -> None:
    """Refunds an attempt to the key being replaced, if it wasn't a wrong PIN."""
    async with changing(tx, KEYS, uid):
        await tx.run(_SQL["give_back"], uid=uid)


async def find_tries_left(tx: Tx, *, uid: bytes) -> int:
    """Returns the tries left of the key being replaced. Raises: SealBroken."""
    row = await read_checked(tx, KEYS, uid)
    return 0 if row is None else tries_left(row["failures"], row["wrong_total"])


async def after_lock(tx: Tx, *, uid: bytes, now: int) -> None:
    """Ends the open renewal of a key whose tries are used up."""
    await _end_open_renewal(tx, uid=uid, reason="PIN locked", now=now)


async def after_second_point(tx: Tx, *, uid: bytes, now: int) -> None:
    """Ends the renewal of a new key for which a second P1 was sent, which voids the key."""
    await _end_open_renewal(tx, uid=uid, reason="a second key was sent", now=now)


async def after_clone(tx: Tx, *, uid: bytes, now: int) -> None:
    """Ends the renewal of a copied new key, and holds the certificate of the key that it replaces.

    A copy of a new key is a copy of the phone, and so of the old key too.
    """
    replaced_key = await tx.one(_SQL["renewed_key"], uid=uid)
    if replaced_key is not None:
        await certificate_changes.change_in_force(
            tx, uid=replaced_key["uid"], event=CertificateEvent.FIND_CLONE, reason="", now=now
        )
    await _end_open_renewal(tx, uid=uid, reason="copied", now=now)


async def _end_open_renewal(tx: Tx, *, uid: bytes, reason: str, now: int) -> None:
    row = await tx.one(_SQL["open_of_key"], uid=uid)
    if row is not None:
        await end(tx, sid=row["sid"], reason=reason, now=now)
