"""Keys and their open signing sessions: the data that `open` and `finish` read, reserve and record.

Every change is guarded by the key's `generation` as read, so that two simultaneous openings or finishes can
neither spend one attempt twice nor lose one: the later one reads again.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec

from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows import renewal_outcome
from mshield.server.certificates.rows.standing import check_standing
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Row, Tx, Undone
from mshield.server.database.queries import Queries, reading_instead
from mshield.server.runtime.rows.known_mark import KnownMark
from mshield.server.runtime.rows.proofs import Spending, UnspentProof
from mshield.server.seals.login_marks import check_login
from mshield.server.seals.marks import mark_of
from mshield.server.seals.tables import ACCOUNTS, ENTERPRISES, FILED_PERSONS, KEYS
from mshield.server.signing.rows import unlocks
from mshield.server.signing.rows.rows import (
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


class ConcurrentUpdate(Exception):
    """Another call changed the key since it was read, so the caller must read again."""


@dataclass(frozen=True, slots=True)
class KeyOfCaller:
    """Validity of the login, the key if it belongs to this device and account, and the requested tasks by sid."""

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
    """Returns everything that `open` and `finish` need, and spends the proof. Raises: InvalidProof (already used).

    A caller with an unlock token gets only the unlock's document and the login that it may sign too; a caller
    with a login never gets a document of an unlock.
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
    all_rows = rows[:1]
    if others:  # Gathering nothing would cost an iteration of the event loop.
        found = await asyncio.gather(*(db.read_together(_SQL["task"], uid=uid, sid=sid) for sid in others))
        all_rows += [task for tasks in found for task in tasks]
    tasks_by_sid = {task["task_sid"]: task_of(task) for task in all_rows if task["task_sid"] is not None}
    tasks = {sid: task for sid, task in tasks_by_sid.items() if _is_visible(task, unlock)}
    if unlock is not None and unlock.sid in tasks and unlock.login_sid in sids:
        login = await unlocks.login_task(db, unlock, shield_number=rows[0]["shield_number"])
        tasks |= {} if login is None else {login.sid: login}
    _check_seals(db, rows[0])
    await _check_standing(db, rows[0])
    key = _key(rows[0], await _find_replaced_key(db, rows[0]), unlocking=unlock is not None)
    return KeyOfCaller(valid=True, key=key, tasks=tasks)


def _is_visible(task: TaskRow, unlock: unlocks.Unlock | None) -> bool:
    is_of_unlock = task.purpose == unlocks.PURPOSE
    return not is_of_unlock if unlock is None else is_of_unlock and task.sid == unlock.sid


def _check_seals(db: Database, row: Row) -> None:
    """Checks the seals of everything that decides whether this key signs. Raises: SealBroken."""
    KEYS.check(db.sealer, row)
    _ACCOUNT.check(db.sealer, row)
    _FILED.check_joined(db.sealer, row)
    _ENTERPRISE.check_joined(db.sealer, row)


async def _check_standing(db: Database, row: Row) -> None:
    """Checks the certificate's state against its events. Raises: SealBroken."""
    state, holds, logged = row["certificate_state"], row["holds"], row["logged"]
    if state is not None and logged != f"{state} {holds}":
        await check_standing(db, serial=row["serial"], state=state, holds=holds, logged=logged)


def count_parameters(
    db: Database | Tx,
    key: KeyRow,
    *,
    failures: int,
    wrong_total: int,
    issued: dict[str, object] | None = None,
) -> dict[str, object]:
    """Returns the seal of a key with these counters, for a statement guarded by the generation that was read.

    `issued` has the hashes of the one-time values after a success; by default they are those of the key.
    """
    values = {
        "uid": key.uid,
        "account_id": key.account_id,
        "device_id": key.device_id,
        "person_id": key.person_id,
        "filing_version": key.filing_version,
        "subject": key.subject,
        "failures": failures,
        "wrong_total": wrong_total,
        "otp_hash": key.otp_hash,
        "otp_prev_hash": key.otp_prev_hash,
        "rn_prev_hash": key.rn_prev_hash,
        "otp_open": key.otp_open,
    }
    if issued is not None:
        values |= issued
    version = key.seal_version + 1
    return {"seal_version": version, "seal": KEYS.seal(db.sealer, values, version=version)}


async def open_session(
    db: Database, key: KeyRow, session: SessionRow, *, forget_previous: bool, opens_window: int, opens: int
) -> None:
    """Stores the key's only open session. Raises: ConcurrentUpdate."""
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
            raise ConcurrentUpdate
        await tx.run(_SQL["put_session"], **values)

    if db.dialect == "sqlite":
        await db.write(work)
    elif not await db.write_together(_SQL["open"], by=key.uid, **values):
        raise ConcurrentUpdate


def binding(db: Database, uid: bytes, fb: bytes, *, seal_version: int) -> bytes:
    """Returns the value that marks a session as bound to a body with this hash, which only the service can make.

    It proves a counted attempt, and is valid only for the seal version after the counting, so no longer once
    the counters change again.
    """
    return mark_of(db.sealer, "attempt", uid, fb, seal_version)


async def reserve_attempt(db: Database, key: KeyRow, *, fb: bytes, now: int) -> KeyRow:
    """Counts one attempt and binds the session to `fb`, durably; returns the key's new state. Raises: ConcurrentUpdate.

    An attempt with a renewal's new key is counted for both keys beforehand, so two simultaneous guesses, one
    per key, count as two.
    """
    seal = count_parameters(db, key, failures=key.failures + 1, wrong_total=key.wrong_total + 1)
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
            raise ConcurrentUpdate
        if not await _reserve(tx, values):
            raise ConcurrentUpdate

    try:
        if db.dialect == "sqlite" or key.replaces is not None:
            await db.write(work)
        elif not await db.write_together(_SQL["reserve"], by=key.uid, **values):
            raise ConcurrentUpdate
    except Undone as error:
        raise ConcurrentUpdate from error
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
    attempt_rows = await tx.run(_SQL["count_attempt"], **values)
    bound = await tx.run(_SQL["bind_session"], **values)
    return (attempt_rows, bound) == (1, 1)


async def end_session(tx: Tx, *, uid: bytes) -> None:
    """Deletes the key's session, and its copy for a crash of the database."""
    await tx.run(_SQL["end_session"], uid=uid)
    if tx.dialect == "postgresql":
        await tx.run(_SQL["end_attempt"], uid=uid)


async def find_attempt(db: Database, *, uid: bytes) -> SessionRow | None:
    """Returns the session of a counted attempt without outcome, after a crash of the database emptied the sessions."""
    row = None if db.dialect == "sqlite" else await db.one(_SQL["find_attempt"], uid=uid)
    return None if row is None else session_of(row)


async def drop_session(db: Database, key: KeyRow) -> None:
    """Deletes the unbound session that was read; no-op if another call was faster."""

    async def work(tx: Tx) -> None:
        if await tx.run(_SQL["raise_generation"], uid=key.uid, generation=key.generation) == 1:
            await end_session(tx, uid=key.uid)

    await db.write(work)


def value_shown(uid: bytes, *, otp_hash: bytes, rn_hash: bytes) -> bytes:
    """Returns the stored hash (32 bytes) of the one-time value and rn that a session presented."""
    return hashlib.sha256(uid + otp_hash + rn_hash).digest()


async def succeeded_since(db: Database, value: bytes, *, since: int) -> bool:
    """Reports whether a session with this `value_shown` finished with a correct PIN after `since` (ms)."""
    return await db.one(_SQL["find_value"], value=value, since=since) is not None


async def purge_values(db: Database, *, before: int) -> int:
    """Deletes values of sessions finished before `before` (ms) and returns their number."""
    return await db.run(_SQL["purge_values"], before=before)


async def purge_sessions(db: Database, *, now: int) -> int:
    """Deletes expired sessions with their copies and returns their number."""
    await db.run(_SQL["purge_attempts"], now=now)
    return await db.run(_SQL["purge_sessions"], now=now)


async def hold_clone(db: Database, known: KnownMark | None = None, *, uid: bytes, now: int) -> None:
    """Puts the certificate on hold as a possible copy (疑似复制) and voids an enrolment in progress.

    Raises: RestoreUndeclared, with nothing held, if the database lacks `known`: an older copy lacks the
    current value of the genuine phone.
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
    """Returns the wrong PINs of a key since its PIN was set, minus those refunded by a success."""
    row = await db.one(_SQL["wrong_total"], uid=uid)
    return 0 if row is None else row["wrong_total"]


async def lock_certificate(db: Database, *, uid: bytes, now: int) -> None:
    """Moves the certificate to the state that shows the locked PIN."""

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
        otp_open=row["otp_open"],
        failures=row["failures"],
        wrong_total=row["wrong_total"],
        otp_hash=row["otp_hash"],
        otp_prev_hash=row["otp_prev_hash"],
        rn_prev_hash=row["rn_prev_hash"],
        otp_prev_spent=bool(row["otp_prev_spent"]),
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


async def _find_replaced_key(db: Database, row: Row) -> ReplacedKey | None:
    if row["replaced_serial"] is None:
        return None
    replaced = await db.one(_SQL["replaced"], serial=row["replaced_serial"])
    certificate = None if replaced is None else certificate_of(replaced)
    if replaced is None or certificate is None:
        return None
    _KEY.check(db.sealer, replaced)
    await _check_standing(db, replaced)
    return ReplacedKey(replaced["k_uid"], certificate, replaced["k_failures"], replaced["k_wrong_total"])
