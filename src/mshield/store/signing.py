"""Keys and their open signing sessions: what open and finish read, reserve and record.

Every change is guarded by the key's `generation` as it was read, so that two openings or finishes at once can
neither spend one attempt twice nor give one away: the loser reads again. Rows are msgspec structs: a frozen dataclass
of twenty fields costs ten times as much to make.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.domain.certificates import CertificateEvent
from mshield.store import certificate_changes
from mshield.store.database import Database, Row, Tx, Undone
from mshield.store.queries import Queries

_SQL: Final = Queries("signing")


class Overtaken(Exception):
    """Another call changed the key since it was read: read again."""


class SessionRow(msgspec.Struct, frozen=True, gc=False):
    """An open session as stored: `items` is N x (sid 16, e 32, c 32) bytes, k2 is sealed, fb is set once bound."""

    epoch: int
    otp_hash: bytes
    rn: bytes
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


class KeyRow(msgspec.Struct, frozen=True, gc=False):
    """One co-signing key with its counters, its certificate (None before issue) and its open session."""

    uid: bytes
    state: str
    public_key: bytes | None
    epoch: int
    share_box: bytes | None
    failures: int
    wrong_total: int
    otp_hash: bytes
    otp_prev_hash: bytes | None
    rn_prev: bytes | None
    generation: int
    opens_window: int
    opens: int
    enrol_sid: bytes
    expires_at: int | None
    outcome_fb: bytes | None
    outcome_box: bytes | None
    outcome_at: int | None
    certificate: CertificateRow | None
    session: SessionRow | None


class TaskRow(msgspec.Struct, frozen=True, gc=False):
    """A document to sign; times in ms."""

    sid: bytes
    purpose: str
    state: str
    message: bytes
    expires_at: int


class SignatureRow(msgspec.Struct, frozen=True, gc=False):
    """A signature to record: digest is e, signature is r then s, 64 bytes."""

    sid: bytes
    digest: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Found:
    """Whether the login is valid, the key if it is that device's and account's own, and its tasks by sid."""

    valid: bool
    key: KeyRow | None
    tasks: dict[bytes, TaskRow]


async def find(
    db: Database, *, token_hash: bytes, jkt: str, uid: bytes, sids: list[bytes], now: int
) -> Found:
    """All that `open` and `finish` must know: the caller's key, and those of the named tasks that are this key's.

    `sids` names one at least.
    """
    if db.dialect == "sqlite":
        first, *others = sids
        row = await db.one(
            _SQL["context_with_task"], token_hash=token_hash, jkt=jkt, uid=uid, sid=first, now=now
        )
        found = [row, *[await db.one(_SQL["task"], uid=uid, sid=sid) for sid in others]]
        tasks = [task for task in found if task is not None and task["task_sid"] is not None]
    else:
        rows = await db.all(
            _SQL["context_with_tasks"], token_hash=token_hash, jkt=jkt, uid=uid, sids=sids, now=now
        )
        row = rows[0] if rows else None
        tasks = [each for each in rows if each["task_sid"] is not None]
    if row is None or row["uid"] is None:
        return Found(valid=row is not None, key=None, tasks={})
    return Found(valid=True, key=_key(row), tasks={task["task_sid"]: _task(task) for task in tasks})


async def open_session(
    db: Database, key: KeyRow, session: SessionRow, *, forget_previous: bool, opens_window: int, opens: int
) -> None:
    """Puts the only open session of the key in place. Raises Overtaken."""
    values = {
        "uid": key.uid,
        "generation": key.generation,
        "forget_previous": forget_previous,
        "opens_window": opens_window,
        "opens": opens,
        "epoch": session.epoch,
        "otp_hash": session.otp_hash,
        "rn": session.rn,
        "next_epoch": session.next_epoch,
        "items": session.items,
        "k2_box": session.k2_box,
        "expires_at": session.expires_at,
    }

    async def work(tx: Tx) -> None:
        if await tx.run(_SQL["touch_key"], **values) != 1:
            raise Overtaken
        await tx.run(_SQL["put_session"], **values)

    if db.dialect == "sqlite":
        await db.write(work)
    elif await db.run_one(_SQL["open"], **values) is None:
        raise Overtaken


async def reserve_attempt(db: Database, key: KeyRow, *, fb: bytes, now: int) -> int:
    """Counts one attempt and binds the session to `fb`, durably; gives the new generation. Raises Overtaken."""

    async def work(tx: Tx) -> None:
        counted = await tx.run(_SQL["count_attempt"], uid=key.uid, generation=key.generation)
        bound = await tx.run(_SQL["bind_session"], uid=key.uid, fb=fb, now=now)
        if counted != 1 or bound != 1:
            raise Overtaken

    if db.dialect == "sqlite":
        await db.write(work)
    elif await db.run_one(_SQL["reserve"], uid=key.uid, generation=key.generation, fb=fb, now=now) is None:
        raise Overtaken
    return key.generation + 1


async def drop_session(db: Database, key: KeyRow) -> None:
    """Deletes the unbound session that was read; does nothing if another call was faster."""

    async def work(tx: Tx) -> None:
        if await tx.run(_SQL["raise_generation"], uid=key.uid, generation=key.generation) == 1:
            await tx.run(_SQL["end_session"], uid=key.uid)

    await db.write(work)


@dataclass(frozen=True, slots=True)
class Success:
    """What a right PIN leaves: the next one-time value's hash and the sealed answer."""

    otp_hash: bytes
    outcome_box: bytes
    fb: bytes
    enrolled: bool


async def close_tasks(tx: Tx, key: KeyRow, signatures: list[SignatureRow], *, now: int) -> dict[bytes, Row]:
    """Marks each task signed that is still open; gives the rows (sid, request_id, purpose) by sid."""
    serial = _serial(key)
    signed = [
        await tx.one(_SQL["sign_task"], sid=each.sid, uid=key.uid, serial=serial, now=now)
        for each in signatures
    ]
    return {row["sid"]: row for row in signed if row is not None}


async def release_whole(
    db: Database,
    key: KeyRow,
    session: SessionRow,
    *,
    success: Success,
    signatures: list[SignatureRow],
    now: int,
) -> frozenset[str] | None:
    """Does what `close_tasks` and `record_success` do, in one round trip, where all tasks are still open.

    Gives the ids of the requests; None where it changed nothing: then the steps must be taken one by one.
    """
    if db.dialect == "sqlite":
        return None
    try:
        row = await db.run_one(
            _SQL["release"],
            **_outcome(key, session, success, now=now),
            serial=_serial(key),
            sids=[each.sid for each in signatures],
            digests=[each.digest for each in signatures],
            signatures=[each.signature for each in signatures],
        )
    except Undone:
        return None
    return frozenset(filter(None, row["request_ids"])) if row is not None else None


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
    """Ends the session with a right PIN, stores the released signatures, finishes the requests that are now complete.

    `signed` is what `close_tasks` gave. Raises Overtaken unless the session is still bound as it was left.
    """
    if await tx.run(_SQL["record_success"], **_outcome(key, session, success, now=now)) != 1:
        raise Overtaken
    released = [signature for signature in signatures if signature.sid in signed]
    await _store_signatures(tx, key, released, signed, now=now)


def _serial(key: KeyRow) -> str | None:
    """The certificate in force, under which the key signs; none during its enrolment."""
    return None if key.certificate is None else key.certificate.serial


def _outcome(key: KeyRow, session: SessionRow, success: Success, *, now: int) -> dict[str, object]:
    return {
        "uid": key.uid,
        "generation": key.generation,
        "otp_prev_hash": session.otp_hash,
        "rn_prev": session.rn,
        "otp_hash": success.otp_hash,
        "enrolled": success.enrolled,
        "fb": success.fb,
        "outcome_box": success.outcome_box,
        "now": now,
    }


async def _store_signatures(
    tx: Tx, key: KeyRow, released: list[SignatureRow], signed: dict[bytes, Row], *, now: int
) -> None:
    await tx.run(_SQL["end_session"], uid=key.uid)
    for each in released:
        await tx.run(
            _SQL["insert_signature"],
            sid=each.sid,
            uid=key.uid,
            serial=_serial(key),
            request_id=signed[each.sid]["request_id"],
            purpose=signed[each.sid]["purpose"],
            digest=each.digest,
            signature=each.signature,
            now=now,
        )
    for request_id in {task["request_id"] for task in signed.values()} - {None}:
        await tx.run(_SQL["finish_request"], request_id=request_id, now=now)


async def record_refusal(
    db: Database, key: KeyRow, *, fb: bytes, outcome_box: bytes, lock: bool, now: int
) -> None:
    """Ends the session with a wrong PIN, or with `retry`; `lock` also locks the certificate. Raises Overtaken."""

    async def work(tx: Tx) -> None:
        recorded = await tx.run(
            _SQL["record_refusal"],
            uid=key.uid,
            generation=key.generation,
            fb=fb,
            outcome_box=outcome_box,
            now=now,
        )
        if recorded != 1:
            raise Overtaken
        await tx.run(_SQL["end_session"], uid=key.uid)
        if lock:
            await certificate_changes.change_in_force(
                tx, uid=key.uid, event=CertificateEvent.LOCK_PIN, reason="", now=now
            )

    await db.write(work)


async def give_back(db: Database, key: KeyRow) -> None:
    """Returns the attempt after a fault and ends the session. Raises Overtaken."""

    async def work(tx: Tx) -> None:
        if await tx.run(_SQL["give_back"], uid=key.uid, generation=key.generation) != 1:
            raise Overtaken
        await tx.run(_SQL["end_session"], uid=key.uid)

    await db.write(work)


async def hold_clone(db: Database, *, uid: bytes, now: int) -> None:
    """Holds the certificate as a possible copy (疑似复制); an enrolment under way is void."""

    async def work(tx: Tx) -> None:
        await certificate_changes.change_in_force(
            tx, uid=uid, event=CertificateEvent.FIND_CLONE, reason="", now=now
        )
        await tx.run(_SQL["void_key"], uid=uid)

    await db.write(work)


async def lock_certificate(db: Database, *, uid: bytes, now: int) -> None:
    """Shows in the certificate's state that the PIN is locked."""

    async def work(tx: Tx) -> None:
        await certificate_changes.change_in_force(
            tx, uid=uid, event=CertificateEvent.LOCK_PIN, reason="", now=now
        )

    await db.write(work)


def _key(row: Row) -> KeyRow:
    return KeyRow(
        uid=row["uid"],
        state=row["key_state"],
        public_key=row["public_key"],
        epoch=row["epoch"],
        share_box=row["share_box"],
        failures=row["failures"],
        wrong_total=row["wrong_total"],
        otp_hash=row["otp_hash"],
        otp_prev_hash=row["otp_prev_hash"],
        rn_prev=row["rn_prev"],
        generation=row["generation"],
        opens_window=row["opens_window"],
        opens=row["opens"],
        enrol_sid=row["enrol_sid"],
        expires_at=row["key_expires_at"],
        outcome_fb=row["outcome_fb"],
        outcome_box=row["outcome_box"],
        outcome_at=row["outcome_at"],
        certificate=_certificate(row),
        session=_session(row),
    )


def _task(row: Row) -> TaskRow:
    return TaskRow(
        row["task_sid"], row["task_purpose"], row["task_state"], row["task_message"], row["task_expires_at"]
    )


def _certificate(row: Row) -> CertificateRow | None:
    if row["serial"] is None:
        return None
    holds = frozenset(row["holds"].split(",")) if row["holds"] else frozenset[str]()
    return CertificateRow(row["serial"], row["certificate_state"], holds, row["not_before"], row["not_after"])


def _session(row: Row) -> SessionRow | None:
    if row["items"] is None:
        return None
    return SessionRow(
        epoch=row["session_epoch"],
        otp_hash=row["session_otp_hash"],
        rn=row["session_rn"],
        next_epoch=row["next_epoch"],
        items=row["items"],
        k2_box=row["k2_box"],
        fb=row["fb"],
        bound_at=row["bound_at"],
        expires_at=row["session_expires_at"],
    )
