"""Enrolment of a device: the filed person, the key being generated, and what may prevent it."""

from dataclasses import asdict, dataclass
from typing import Final

from mshield.server.certificates.rows import renewal_outcome
from mshield.server.certificates.rows.key_marks import begun_mark, check_enrolment, key_mark
from mshield.server.certificates.rules.states import CertificateState, Standing, parse_holds
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import seal_new
from mshield.server.seals.tables import ENTERPRISES, FILED_PERSONS, KEYS, TASKS

_SQL: Final = Queries("certificates", "enrolment")
_FILED: Final = FILED_PERSONS.joined("f_")
_ENTERPRISE: Final = ENTERPRISES.joined("e_")
_KEY: Final = KEYS.joined("k_")


@dataclass(frozen=True, slots=True)
class FiledPerson:
    """Legal person or operator on file (备案) with their enterprise; `version` grows with each change of either."""

    id: str
    name: str
    role: str
    version: int
    organisation: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class NewKey:
    """Key whose enrolment begins. `subject` is JSON text; times in ms."""

    uid: bytes
    account_id: str
    device_id: str
    person_id: str
    filing_version: int
    subject: str
    enrol_sid: bytes
    challenge_hash: bytes
    otp_hash: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Enrolment in progress; public_key and share_box are None until the phone has sent its P1."""

    uid: bytes
    sid: bytes
    challenge_hash: bytes
    subject: str
    state: str
    public_key: bytes | None
    share_box: bytes | None
    epoch: int
    expires_at: int
    mark: bytes


@dataclass(frozen=True, slots=True)
class Occupant:
    """Current certificate of a device; `not_after` in ms."""

    serial: str
    standing: Standing
    not_after: int


async def find_filed(
    db: Database, *, credit_code: str, role: str, id_number_hash: bytes
) -> FiledPerson | None:
    """Returns the person on file with exactly these data, if any. Raises: SealBroken."""
    row = await db.one(_SQL["find_filed"], credit_code=credit_code, role=role, id_number_hash=id_number_hash)
    if row is None:
        return None
    _FILED.check(db.sealer, row)
    _ENTERPRISE.check(db.sealer, row)
    return FiledPerson(
        id=row["f_id"],
        name=row["f_name"],
        role=row["f_role"],
        version=row["f_version"] + row["e_version"],
        organisation=row["e_name"],
        credit_code=row["e_credit_code"],
    )


async def find_occupant(db: Database | Tx, *, device_id: str) -> Occupant | None:
    """Returns this device's certificate that is neither revoked nor superseded, if any."""
    row = await db.one(_SQL["live_on_device"], device_id=device_id)
    if row is None:
        return None
    standing = Standing(CertificateState(row["state"]), parse_holds(row["holds"]))
    return Occupant(row["serial"], standing, row["not_after"])


async def other_devices_in_use(db: Database | Tx, *, account_id: str, device_id: str) -> int:
    """Counts the person's other devices with such a certificate, across all their accounts (R5)."""
    row = await db.one(_SQL["devices_in_use"], account_id=account_id, device_id=device_id)
    return 0 if row is None else int(row["devices"])


async def reset_beside_a_shield(  # one value per column
    db: Database, *, account_id: str, device_id: str, act: str, since: int, now: int
) -> int | None:
    """Returns the time (ms) of the account's last password reset after `since`; None if no wait follows from it.

    There is a wait only if another device has a shield of the account that nobody else has stopped. `act` is
    the name of the recorded reset.
    """
    row = await db.one(
        _SQL["reset_beside_a_shield"],
        account_id=account_id,
        device_id=device_id,
        act=act,
        since=since,
        now=now,
    )
    return None if row is None else row["at"]


async def begin(db: Database, key: NewKey, *, shield_number: str, now: int) -> str:
    """Starts the enrolment, ends an unfinished one of the same device, and returns the device's shield number.

    Raises: Conflict (the proposed shield number is taken: propose another).
    """

    async def work(tx: Tx) -> str:
        device = await tx.one(
            _SQL["give_shield_number"], device_id=key.device_id, shield_number=shield_number
        )
        if device is None:
            raise Conflict("the device no longer exists")
        await tx.run(_SQL["void_unfinished"], device_id=key.device_id)
        await insert_key(tx, key, now=now)
        return str(device["shield_number"])

    return await db.write(work)


async def insert_key(tx: Tx, key: NewKey, *, now: int) -> None:
    """Inserts the row of a key whose enrolment begins."""
    mark = begun_mark(
        tx.sealer,
        uid=key.uid,
        enrol_sid=key.enrol_sid,
        challenge_hash=key.challenge_hash,
        expires_at=key.expires_at,
    )
    await tx.run(_SQL["insert_key"], **asdict(key), mark=mark, now=now)
    await seal_new(tx, KEYS, key.uid, now=now)


async def find(db: Database, *, uid: bytes, account_id: str, device_id: str) -> Enrolment | None:
    """Returns the enrolment if it belongs to this device and account, verified as begun or made. Raises: SealBroken."""
    row = await db.one(_SQL["find_enrolment"], uid=uid, account_id=account_id, device_id=device_id)
    if row is None:
        return None
    _KEY.check(db.sealer, row)
    check_enrolment(db.sealer, {**row, "uid": row["k_uid"]})
    return Enrolment(
        uid=row["k_uid"],
        sid=row["enrol_sid"],
        challenge_hash=row["challenge_hash"] or b"",
        subject=row["k_subject"],
        state=row["state"],
        public_key=row["public_key"],
        share_box=row["share_box"],
        epoch=row["epoch"],
        expires_at=row["expires_at"],
        mark=row["mark"],
    )


async def set_challenge(db: Database, enrolment: Enrolment, *, challenge_hash: bytes) -> bool:
    """Replaces the challenge of a key that isn't made yet; False if it is made or void."""
    mark = begun_mark(
        db.sealer,
        uid=enrolment.uid,
        enrol_sid=enrolment.sid,
        challenge_hash=challenge_hash,
        expires_at=enrolment.expires_at,
    )
    values = {"uid": enrolment.uid, "challenge_hash": challenge_hash, "mark": mark, "begun": enrolment.mark}
    return await db.run(_SQL["set_challenge"], **values) == 1


async def sent_again(db: Database, *, uid: bytes, share_box: bytes, same: bool, now: int) -> bool:
    """Records that P1 was sent again for a key with this box; a different P1 ends the enrolment and its renewal.

    False if the enrolment has ended already. The row lock serialises calls, so no call is accepted after one
    with a different P1.
    """

    async def work(tx: Tx) -> bool:
        if await tx.run(_SQL["claim"], uid=uid, share_box=share_box) != 1:
            return False
        if not same:
            await tx.run(_SQL["void"], uid=uid)
            await renewal_outcome.after_second_point(tx, uid=uid, now=now)
        return True

    return await db.write(work)


async def set_public_key(
    db: Database,
    enrolment: Enrolment,
    *,
    public_key: bytes,
    share_box: bytes,
    message: bytes,
    title: str,
    now: int,
) -> bool:
    """Stores the key and its task (the certification request); False if another call was faster."""

    async def work(tx: Tx) -> bool:
        changed = await tx.run(
            _SQL["set_public_key"],
            uid=enrolment.uid,
            public_key=public_key,
            share_box=share_box,
            begun=enrolment.mark,
            mark=key_mark(tx.sealer, uid=enrolment.uid, enrol_sid=enrolment.sid, public_key=public_key),
        )
        if changed != 1:
            return False
        await tx.run(
            _SQL["insert_task"],
            sid=enrolment.sid,
            uid=enrolment.uid,
            message=message,
            title=title,
            display="[]",
            now=now,
            expires_at=enrolment.expires_at,
        )
        await seal_new(tx, TASKS, enrolment.sid)
        return True

    return await db.write(work)
