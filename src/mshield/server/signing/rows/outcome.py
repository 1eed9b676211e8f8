"""Outcomes of a `finish`: signatures after a correct PIN, refusal of a wrong one, and key shares of the next epoch.

Guarded by the key's `generation` like everything in a signing session; see `sessions`. Each outcome is one
transaction: counters, the end of the session with its sealed nonces, and the sealed answer for a repeat are
stored together. So no answer is sent whose attempt isn't settled, and no nonce outlives its answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from mshield.pki.tlog.entry import Holder
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows import renewal_outcome
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Row, Tx, Undone
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing, record_standing
from mshield.server.seals.tables import KEYS, SIGNATURES
from mshield.server.signing.rows.rows import KeyRow, SessionRow
from mshield.server.signing.rows.sessions import ConcurrentUpdate, count_parameters, end_session, value_shown
from mshield.wire.pin_tries import tries_left

_SQL: Final = Queries("signing", "sessions")


class SignatureRow(msgspec.Struct, frozen=True, gc=False):
    """Signature to record: digest is e, signature is r then s, 64 bytes.

    `shown` is the digest of a document's display, `confirmed` what its person confirmed, `pages` the pages
    that were on the screen (JSON) if not all were, `holder` the shield that signed a business system's
    document.
    """

    sid: bytes
    digest: bytes
    signature: bytes
    shown: bytes | None = None
    confirmed: str | None = None
    pages: str | None = None
    holder: Holder | None = None

    @property
    def shield_number(self) -> str | None:
        """Shield number of the holder."""
        return None if self.holder is None else self.holder.shield_number

    @property
    def id_number_masked(self) -> str | None:
        """Masked id number of the holder."""
        return None if self.holder is None else self.holder.id_number_masked


@dataclass(frozen=True, slots=True)
class Pending:
    """Refreshed share awaiting its first success; `changes_pin` if the user chose a new PIN."""

    epoch: int
    box: bytes = field(repr=False)
    changes_pin: bool


class Success(msgspec.Struct, frozen=True):
    """Result of a correct PIN: the next one-time value's hash, the sealed answer, and a refreshed share if any."""

    otp_hash: bytes
    outcome_box: bytes
    fb: bytes
    enrolled: bool
    pending: Pending | None = None


async def close_tasks(tx: Tx, key: KeyRow, signatures: list[SignatureRow], *, now: int) -> dict[bytes, Row]:
    """Marks each open task as signed; returns their rows (sid, request_id, purpose) by sid."""
    serial = _serial(key)
    signed = [
        await tx.one(_SQL["sign_task"], sid=signature.sid, uid=key.uid, serial=serial, now=now)
        for signature in signatures
    ]
    return {row["sid"]: row for row in signed if row is not None}


def fits_one_statement(db: Database, key: KeyRow, pending: Pending | None) -> bool:
    """Reports whether `release_at_once` applies: PostgreSQL, no epoch change, and no second key under the PIN."""
    moves = pending is not None or key.pending_epoch is not None
    return db.dialect == "postgresql" and not moves and key.replaces is None


async def release_at_once(
    db: Database,
    key: KeyRow,
    session: SessionRow,
    *,
    success: Success,
    signatures: list[SignatureRow],
    now: int,
) -> frozenset[str] | None:
    """Combines `close_tasks` and `record_success` in one round trip, if all tasks are still open.

    Returns the ids of the requests. None means that the database rolled it back without any change, and the
    separate steps are needed.
    """
    issued = _issued(session, success)
    seal = count_parameters(db, key, failures=0, wrong_total=key.wrong_total - 1, issued=issued)
    outcome = (
        _outcome(key, session, success, count=len(signatures), now=now) | seal | {"serial": _serial(key)}
    )
    try:
        row = await _release(db, key, outcome, signatures)
    except Undone:
        return None
    return frozenset(filter(None, row["request_ids"])) if row is not None else None


async def _release(
    db: Database, key: KeyRow, outcome: dict[str, object], signatures: list[SignatureRow]
) -> Row | None:
    seals = [_seal(db, key, signature, key.seal_version + 1) for signature in signatures]
    if len(signatures) > 1:
        return await db.run_one(
            _SQL["release_batch"],
            **outcome,
            sids=[signature.sid for signature in signatures],
            digests=[signature.digest for signature in signatures],
            signatures=[signature.signature for signature in signatures],
            seals=seals,
            showns=[signature.shown for signature in signatures],
            confirmeds=[signature.confirmed for signature in signatures],
            pages=[signature.pages for signature in signatures],
            shield_numbers=[signature.shield_number for signature in signatures],
            ids_masked=[signature.id_number_masked for signature in signatures],
        )
    (only,) = signatures
    rows = await db.write_together(
        _SQL["release"],
        by=key.uid,
        **outcome,
        sid=only.sid,
        digest=only.digest,
        signature=only.signature,
        sealed=seals[0],
        shown=only.shown,
        confirmed=only.confirmed,
        pages=only.pages,
        shield_number=only.shield_number,
        id_number_masked=only.id_number_masked,
    )
    return rows[0]


async def record_success(
    tx: Tx,
    key: KeyRow,
    session: SessionRow,
    *,
    success: Success,
    signatures: list[SignatureRow],
    signed: dict[bytes, Row],
    now: int,
) -> None:
    """Ends the session after a correct PIN, stores the released signatures, finishes requests that are now complete.

    `signed` is the result of `close_tasks`. Raises: ConcurrentUpdate (the session is no longer bound as it was).
    """
    outcome = _outcome(key, session, success, count=len(signatures), now=now)
    # The counters are settled even if every document was closed: the PIN was correct, and the phone has the
    # next one-time value.
    key_version = await _settle(tx, key, session, success, outcome)
    await tx.run(_SQL["keep_value"], **outcome)
    await _refund_replaced_key(tx, key)
    released = [signature for signature in signatures if signature.sid in signed]
    await _store_signatures(tx, key, released, signed, key_version=key_version, now=now)


async def _settle(
    tx: Tx, key: KeyRow, session: SessionRow, success: Success, outcome: dict[str, object]
) -> int:
    """Settles the counters and epochs, and returns the key's version afterwards. Raises: ConcurrentUpdate."""
    if key.replaces is None and key.pending_epoch is None and success.pending is None:
        # The usual case: the resulting counters are known, so one statement suffices.
        issued = _issued(session, success)
        seal = count_parameters(tx, key, failures=0, wrong_total=key.wrong_total - 1, issued=issued)
        if await tx.run(_SQL["record_success"], **outcome, **seal) != 1:
            raise ConcurrentUpdate
        return key.seal_version + 1
    async with changing(tx, KEYS, key.uid) as change:
        if await tx.run(_SQL["record_success"], **outcome, seal_version=None, seal=None) != 1:
            raise ConcurrentUpdate
        await _move_epochs(tx, key, session, success.pending)
    return change.version


def _serial(key: KeyRow) -> str | None:
    """Returns the serial of the certificate in force; None during enrolment."""
    return None if key.certificate is None else key.certificate.serial


async def _move_epochs(tx: Tx, key: KeyRow, session: SessionRow, pending: Pending | None) -> None:
    """Applies the protocol's epoch rules after a success under the session's epoch (PIN change and refresh, 3)."""
    if key.pending_epoch is not None:
        activates = session.epoch == key.pending_epoch
        rule = _SQL["activate_pending"] if activates else _SQL["drop_pending"]
        if await tx.run(rule, uid=key.uid, epoch=session.epoch) != 1:
            raise ConcurrentUpdate
    if pending is not None:
        await tx.run(
            _SQL["set_pending"],
            uid=key.uid,
            pending_epoch=pending.epoch,
            pending_box=pending.box,
            changes_pin=pending.changes_pin,
        )


def _outcome(
    key: KeyRow, session: SessionRow, success: Success, *, count: int, now: int
) -> dict[str, object]:
    return {
        "count": count,
        "uid": key.uid,
        "generation": key.generation,
        "otp_prev_hash": session.otp_hash,
        "rn_prev_hash": session.rn_hash,
        "otp_hash": success.otp_hash,
        "value": value_shown(key.uid, otp_hash=session.otp_hash, rn_hash=session.rn_hash),
        "enrolled": success.enrolled,
        "fb": success.fb,
        "outcome_box": success.outcome_box,
        "now": now,
    }


def _issued(session: SessionRow, success: Success) -> dict[str, object]:
    """Returns the sealed hashes of the one-time values after a success."""
    return {
        "otp_hash": success.otp_hash,
        "otp_prev_hash": session.otp_hash,
        "rn_prev_hash": session.rn_hash,
        "otp_open": 0,
    }


async def _store_signatures(
    tx: Tx,
    key: KeyRow,
    released: list[SignatureRow],
    signed: dict[bytes, Row],
    *,
    key_version: int,
    now: int,
) -> None:
    await end_session(tx, uid=key.uid)
    for signature in released:
        await tx.run(
            _SQL["insert_signature"],
            sid=signature.sid,
            uid=key.uid,
            serial=_serial(key),
            request_id=signed[signature.sid]["request_id"],
            purpose=signed[signature.sid]["purpose"],
            digest=signature.digest,
            signature=signature.signature,
            key_version=key_version,
            seal=_seal(tx, key, signature, key_version),
            shown=signature.shown,
            confirmed=signature.confirmed,
            pages=signature.pages,
            shield_number=signature.shield_number,
            id_number_masked=signature.id_number_masked,
            now=now,
        )
    for request_id in {task["request_id"] for task in signed.values()} - {None}:
        await tx.run(_SQL["finish_request"], request_id=request_id, now=now)


def _seal(db: Database | Tx, key: KeyRow, signature: SignatureRow, key_version: int) -> bytes:
    values = {"sid": signature.sid, "uid": key.uid, "key_version": key_version}
    return SIGNATURES.seal(db.sealer, values, version=1)


async def record_retry(db: Database, key: KeyRow, *, fb: bytes, outcome_box: bytes, now: int) -> None:
    """Ends the session with `retry`: the attempt remains counted, at both keys of a renewal.

    Raises: ConcurrentUpdate.
    """

    async def work(tx: Tx) -> None:
        await _record_refusal(tx, key, fb=fb, outcome_box=outcome_box, now=now)

    await db.write(work)


async def record_wrong_pin(
    db: Database, key: KeyRow, *, fb: bytes, outcome_box: Callable[[int], bytes], now: int
) -> int:
    """Ends the session with a wrong PIN.

    Returns the tries left, the fewer of this key's and of the key that it replaces.

    `outcome_box` seals the answer for that number. With none left the certificate in force is locked and a
    renewal ends. Raises: ConcurrentUpdate.
    """

    async def work(tx: Tx) -> int:
        own_left = left = tries_left(key.failures, key.wrong_total)
        in_force, in_force_left = key.uid, own_left
        if key.replaces is not None:
            in_force = key.replaces.uid
            in_force_left = await renewal_outcome.find_tries_left(tx, uid=in_force)
            left = min(own_left, in_force_left)
        await _record_refusal(tx, key, fb=fb, outcome_box=outcome_box(left), now=now)
        # Done here, not at the next call, so that no answer `pin_locked` is sent while the certificate is
        # still shown as active.
        if in_force_left == 0:
            await certificate_changes.change_in_force(
                tx, uid=in_force, event=CertificateEvent.LOCK_PIN, reason="", now=now
            )
        if left == 0:
            await renewal_outcome.after_lock(tx, uid=key.uid, now=now)
        return left

    return await db.write(work)


async def _record_refusal(tx: Tx, key: KeyRow, *, fb: bytes, outcome_box: bytes, now: int) -> None:
    recorded = await tx.run(
        _SQL["record_refusal"],
        uid=key.uid,
        generation=key.generation,
        fb=fb,
        outcome_box=outcome_box,
        now=now,
    )
    if recorded != 1:
        raise ConcurrentUpdate
    # Recorded so that the log's check detects counters that are later set back.
    await record_standing(tx, KEYS, key.uid, now=now)
    if key.replaces is not None:
        await record_standing(tx, KEYS, key.replaces.uid, now=now)
    await end_session(tx, uid=key.uid)


async def give_back(db: Database, key: KeyRow) -> None:
    """Refunds the attempt after a fault and ends the session. Raises: ConcurrentUpdate."""

    async def work(tx: Tx) -> None:
        async with changing(tx, KEYS, key.uid):
            if await tx.run(_SQL["give_back"], uid=key.uid, generation=key.generation) != 1:
                raise ConcurrentUpdate
        await _refund_replaced_key(tx, key)
        await end_session(tx, uid=key.uid)

    await db.write(work)


async def _refund_replaced_key(tx: Tx, key: KeyRow) -> None:
    if key.replaces is not None:
        await renewal_outcome.give_back(tx, uid=key.replaces.uid)
