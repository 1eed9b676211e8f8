"""Keys and their open signing sessions: what open and finish read, reserve and record.

Every change is guarded by the key's `generation` as it was read, so that two openings or finishes at once can
neither spend one attempt twice nor give one away: the loser reads again.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.domain.certificates.states import CertificateEvent
from mshield.store.certificates import changes as certificate_changes
from mshield.store.certificates import renewal_outcome
from mshield.store.database.interface import Database, Row, Tx, Undone
from mshield.store.database.queries import Queries, reading_instead
from mshield.store.operations.known_mark import KnownMark
from mshield.store.process.proofs import Spending, UnspentProof
from mshield.store.seals.login_marks import check_login
from mshield.store.seals.marks import mark_of
from mshield.store.seals.tables import ACCOUNTS, ENTERPRISES, FILED_PERSONS, KEYS
from mshield.store.signing import unlocks
from mshield.store.signing.rows import (
    KeyRow,
    ReplacedKey,
    SessionRow,
    TaskRow,
    certificate_of,
    session_of,
    task_of,
)

_SQL: Final = Queries("signing", "sessions")
_CONTEXT: Final = Spending(_SQL["context"])
_CONTEXT_OF_UNLOCK: Final = reading_instead(_SQL["context"], "phone_sessions", "unlocks")
_KEY: Final = KEYS.joined("k_")
_ACCOUNT: Final = ACCOUNTS.joined("a_")
_FILED: Final = FILED_PERSONS.joined("f_")
_ENTERPRISE: Final = ENTERPRISES.joined("e_")


class Overtaken(Exception):
    """Another call changed the key since it was read: read again."""


@dataclass(frozen=True, slots=True)
class KeyOfCaller:
    """Whether the login is valid, the key if it is that device's and account's own, and its named tasks by sid."""

    valid: bool
    key: KeyRow | None
    tasks: dict[bytes, TaskRow]


async def find(
    db: Database,
    *,
    token_hash: bytes,
    jkt: str,
    uid: bytes,
    sids: list[bytes],
    proof: UnspentProof | None = None,
    now: int,
) -> KeyOfCaller:
    """All that `open` and `finish` must know; spends the proof. Raises InvalidProof where that was spent before.

    Who calls with the token of an unlock is shown that one document alone, beside it the login that it may sign too,
    and who has a login never one of an unlock.
    """
    first, *others = sids or [b""]
    values = {"token_hash": token_hash, "jkt": jkt, "uid": uid, "sid": first, "now": now}
    rows = await _CONTEXT(db, proof, **values)
    unlock = None if rows else await unlocks.find(db, token_hash=token_hash, jkt=jkt, now=now)
    if unlock is not None:
        rows = await db.read_together(_CONTEXT_OF_UNLOCK, **values)
    valid = bool(rows) and rows[0]["a_state"] == "active"
    if valid and unlock is None:
        check_login(db.sealer, rows[0], token_hash=token_hash, jkt=jkt)
    if not valid or rows[0]["uid"] is None or (unlock is not None and unlock.uid != uid):
        return KeyOfCaller(valid=valid, key=None, tasks={})
    more = await asyncio.gather(*(db.read_together(_SQL["task"], uid=uid, sid=sid) for sid in others))
    all_rows = [rows[0], *(task for tasks in more for task in tasks)]
    named = {task["task_sid"]: task_of(task) for task in all_rows if task["task_sid"] is not None}
    tasks = {sid: task for sid, task in named.items() if _may_name(task, unlock)}
    if unlock is not None and unlock.sid in tasks and unlock.login_sid in sids:
        login = await unlocks.login_task(db, unlock, shield_number=rows[0]["shield_number"])
        tasks |= {} if login is None else {login.sid: login}
    _check_seals(db, rows[0])
    key = _key(rows[0], await _replaced(db, rows[0]), unlocking=unlock is not None)
    return KeyOfCaller(valid=True, key=key, tasks=tasks)


def _may_name(task: TaskRow, unlock: unlocks.Unlock | None) -> bool:
    is_of_unlock = task.purpose == unlocks.PURPOSE
    return not is_of_unlock if unlock is None else is_of_unlock and task.sid == unlock.sid


def _check_seals(db: Database, row: Row) -> None:
    """Of all that decides whether this key signs. Raises SealBroken."""
    KEYS.check(db.sealer, row)
    _ACCOUNT.check(db.sealer, row)
    _FILED.check_joined(db.sealer, row)
    _ENTERPRISE.check_joined(db.sealer, row)


def counted(db: Database | Tx, key: KeyRow, *, failures: int, wrong_total: int) -> dict[str, object]:
    """The seal of a key with these counters, for a statement that is guarded by the generation that was read."""
    values = {
        "uid": key.uid,
        "account_id": key.account_id,
        "device_id": key.device_id,
        "person_id": key.person_id,
        "filing_version": key.filing_version,
        "subject": key.subject,
        "failures": failures,
        "wrong_total": wrong_total,
    }
    version = key.seal_version + 1
    return {"seal_version": version, "seal": KEYS.seal(db.sealer, values, version=version)}


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
        "last_epoch": key.last_epoch if session.next_epoch is None else session.next_epoch,
        "epoch": session.epoch,
        "otp_hash": session.otp_hash,
        "rn_hash": session.rn_hash,
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
    elif not await db.write_together(_SQL["open"], by=key.uid, **values):
        raise Overtaken


def binding(db: Database, uid: bytes, fb: bytes, *, seal_version: int) -> bytes:
    """What a session keeps that is bound to a body of this hash: only the service can say that an attempt was counted.

    It holds for the version of the key's seal that the counting left, so not once the counters have changed again.
    """
    return mark_of(db.sealer, "attempt", uid, fb, seal_version)


async def reserve_attempt(db: Database, key: KeyRow, *, fb: bytes, now: int) -> KeyRow:
    """Counts one attempt and binds the session to `fb`, durably; gives the key as it is now. Raises Overtaken.

    One at a renewal's new key counts at both keys before it is tried: two guesses at once, one at each, are two.
    """
    seal = counted(db, key, failures=key.failures + 1, wrong_total=key.wrong_total + 1)
    values = {
        "uid": key.uid,
        "generation": key.generation,
        "fb": binding(db, key.uid, fb, seal_version=key.seal_version + 1),
        "now": now,
        **renewal_outcome.LIMITS,
        **seal,
    }

    async def work(tx: Tx) -> None:
        if key.replaces is not None and not await renewal_outcome.count_attempt(tx, uid=key.replaces.uid):
            raise Overtaken
        if not await _reserve(tx, values):
            raise Overtaken

    try:
        if db.dialect == "sqlite" or key.replaces is not None:
            await db.write(work)
        elif not await db.write_together(_SQL["reserve"], by=key.uid, **values):
            raise Overtaken
    except Undone as error:
        raise Overtaken from error
    return msgspec.structs.replace(
        key,
        generation=key.generation + 1,
        failures=key.failures + 1,
        wrong_total=key.wrong_total + 1,
        seal_version=key.seal_version + 1,
    )


async def _reserve(tx: Tx, values: dict[str, object]) -> bool:
    if tx.dialect == "postgresql":
        return bool(await tx.all(_SQL["reserve"], call=0, **values))
    counted = await tx.run(_SQL["count_attempt"], **values)
    bound = await tx.run(_SQL["bind_session"], **values)
    return (counted, bound) == (1, 1)


async def end_session(tx: Tx, *, uid: bytes) -> None:
    """Deletes the key's session, and what was kept of it for a crash of the database."""
    await tx.run(_SQL["end_session"], uid=uid)
    if tx.dialect == "postgresql":
        await tx.run(_SQL["end_attempt"], uid=uid)


async def find_attempt(db: Database, *, uid: bytes) -> SessionRow | None:
    """The session of an attempt that was counted and has no outcome, where a crash of the database has emptied it."""
    row = None if db.dialect == "sqlite" else await db.one(_SQL["find_attempt"], uid=uid)
    return None if row is None else session_of(row)


async def drop_session(db: Database, key: KeyRow) -> None:
    """Deletes the unbound session that was read; does nothing if another call was faster."""

    async def work(tx: Tx) -> None:
        if await tx.run(_SQL["raise_generation"], uid=key.uid, generation=key.generation) == 1:
            await end_session(tx, uid=key.uid)

    await db.write(work)


def value_shown(uid: bytes, *, otp_hash: bytes, rn_hash: bytes) -> bytes:
    """What is kept of the one-time value and rn that a session showed, 32 bytes."""
    return hashlib.sha256(uid + otp_hash + rn_hash).digest()


async def succeeded_since(db: Database, value: bytes, *, since: int) -> bool:
    """Whether a session that showed this (`value_shown`) was finished with a right PIN after `since` (ms)."""
    return await db.one(_SQL["find_value"], value=value, since=since) is not None


async def purge_values(db: Database, *, before: int) -> int:
    """Deletes what was shown in sessions that were finished before (ms), and gives their number."""
    return await db.run(_SQL["purge_values"], before=before)


async def purge_sessions(db: Database, *, now: int) -> int:
    """Deletes the sessions that are over, with what was kept of them, and gives their number."""
    await db.run(_SQL["purge_attempts"], now=now)
    return await db.run(_SQL["purge_sessions"], now=now)


async def hold_clone(db: Database, known: KnownMark | None = None, *, uid: bytes, now: int) -> None:
    """Holds the certificate as a possible copy (疑似复制); an enrolment under way is void.

    Raises RestoreUndeclared, with nothing held, in a database that lacks `known`: there the value of a phone that is
    no copy is unknown.
    """

    async def work(tx: Tx) -> None:
        await (known or KnownMark()).require(tx)
        await certificate_changes.change_in_force(
            tx, uid=uid, event=CertificateEvent.FIND_CLONE, reason="", now=now
        )
        await tx.run(_SQL["void_key"], uid=uid)
        await renewal_outcome.after_clone(tx, uid=uid, now=now)

    await db.write(work)


async def wrong_total(db: Database, *, uid: bytes) -> int:
    """Wrong PINs of a key since its PIN was set, less those that a success gave back."""
    row = await db.one(_SQL["wrong_total"], uid=uid)
    return 0 if row is None else row["wrong_total"]


async def lock_certificate(db: Database, *, uid: bytes, now: int) -> None:
    """Shows in the certificate's state that the PIN is locked."""

    async def work(tx: Tx) -> None:
        await certificate_changes.change_in_force(
            tx, uid=uid, event=CertificateEvent.LOCK_PIN, reason="", now=now
        )

    await db.write(work)


def _key(row: Row, replaces: ReplacedKey | None, *, unlocking: bool) -> KeyRow:
    return KeyRow(
        uid=row["uid"],
        account_id=row["account_id"],
        device_id=row["device_id"],
        person_id=row["person_id"],
        filing_version=row["filing_version"],
        subject=row["subject"],
        seal_version=row["seal_version"],
        state=row["key_state"],
        public_key=row["public_key"],
        epoch=row["epoch"],
        share_box=row["share_box"],
        pending_epoch=row["pending_epoch"],
        pending_box=row["pending_box"],
        last_epoch=row["last_epoch"],
        since_refresh=row["since_refresh"],
        otp_open=bool(row["otp_open"]),
        failures=row["failures"],
        wrong_total=row["wrong_total"],
        otp_hash=row["otp_hash"],
        otp_prev_hash=row["otp_prev_hash"],
        rn_prev_hash=row["rn_prev_hash"],
        generation=row["generation"],
        opens_window=row["opens_window"],
        opens=row["opens"],
        enrol_sid=row["enrol_sid"],
        expires_at=row["key_expires_at"],
        outcome_fb=row["outcome_fb"],
        outcome_box=row["outcome_box"],
        outcome_at=row["outcome_at"],
        certificate=certificate_of(row),
        filing_changed=bool(row["filing_changed"]),
        shield_number=row["shield_number"],
        id_number_box=row["id_number_box"],
        replaces=replaces,
        session=session_of(row),
        unlocking=unlocking,
    )


async def _replaced(db: Database, row: Row) -> ReplacedKey | None:
    if row["replaced_serial"] is None:
        return None
    replaced = await db.one(_SQL["replaced"], serial=row["replaced_serial"])
    certificate = None if replaced is None else certificate_of(replaced)
    if replaced is None or certificate is None:
        return None
    _KEY.check(db.sealer, replaced)
    return ReplacedKey(replaced["k_uid"], certificate, replaced["k_failures"], replaced["k_wrong_total"])
