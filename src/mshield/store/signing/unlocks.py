"""Unlocks: what a phone without a login may sign with its own shield, once, to get one (docs/adr/0106-unlocking.md).

An unlock's mark binds its token to account, device, the device's key, the shield's key and the one document. Beside it
may stand the login at a PC whose code the phone has read, to be signed under the same PIN (docs/adr/0125-one-pin.md),
with a mark of its own.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.marks import check_mark, mark_of
from mshield.store.seals.tables import KEYS
from mshield.store.signing import internal_tasks
from mshield.store.signing.rows import CertificateRow, KeyRow, TaskRow, certificate_of, task_of

_SQL: Final = Queries("signing", "unlocks")
_KEY: Final = KEYS.joined("k_")
_KIND: Final = "unlock"
_KIND_OF_LOGIN: Final = "login beside an unlock"
PURPOSE: Final = "unlock"


class ShieldOfDevice(msgspec.Struct, frozen=True):
    """The account that a device belongs to, and its newest certificate with the counters of that one's key.

    `uid` and `certificate` are None where it never had one.
    """

    device_id: str
    account_id: str
    shield_number: str | None
    uid: bytes | None
    certificate: CertificateRow | None
    failures: int
    wrong_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """One that began; times in ms, `token_hash` 32 bytes, `uid` and `sid` 16.

    `login_sid` (16) is the login at a PC that may be signed beside it.
    """

    token_hash: bytes = field(repr=False)
    account_id: str
    device_id: str
    jkt: str
    uid: bytes
    sid: bytes
    expires_at: int
    login_sid: bytes | None = None

    @property
    def marked(self) -> tuple[bytes | str | int, ...]:
        """What its mark is over."""
        return (
            self.token_hash,
            self.account_id,
            self.device_id,
            self.jkt,
            self.uid,
            self.sid,
            self.expires_at,
        )

    @property
    def login_marked(self) -> tuple[bytes | str | int | None, ...]:
        """What the mark of the login beside it is over."""
        return (self.token_hash, self.uid, self.sid, self.login_sid)


class Signed(msgspec.Struct, frozen=True):
    """What was signed for an unlock: M, r then s (64 bytes), the key's point (65)."""

    message: bytes
    signature: bytes
    public_key: bytes


async def shield_of_device(db: Database | Tx, *, jkt: str) -> ShieldOfDevice | None:
    """Whose the device with this key is, since it applied; None for one that never did. Raises SealBroken."""
    row = await db.one(_SQL["shield_of_device"], jkt=jkt)
    return None if row is None else _shield(db, row)


def _shield(db: Database | Tx, row: Row) -> ShieldOfDevice:
    _KEY.check_joined(db.sealer, row)
    is_own = (row["k_account_id"], row["k_device_id"]) == (row["account_id"], row["device_id"])
    return ShieldOfDevice(
        device_id=row["device_id"],
        account_id=row["account_id"],
        shield_number=row["shield_number"],
        uid=row["k_uid"] if is_own else None,
        certificate=certificate_of(row) if is_own else None,
        failures=row["k_failures"] or 0,
        wrong_total=row["k_wrong_total"] or 0,
    )


async def begin(tx: Tx, unlock: Unlock, *, message: bytes, title: str, now: int) -> None:
    """Keeps the unlock with the document that it is for; this device's earlier ones end."""
    await tx.run(_SQL["end_earlier"], device_id=unlock.device_id, now=now)
    await internal_tasks.insert(
        tx,
        uid=unlock.uid,
        sid=unlock.sid,
        purpose=PURPOSE,
        message=message,
        title=title,
        expires_at=unlock.expires_at,
        now=now,
    )
    await tx.run(
        _SQL["insert"],
        token_hash=unlock.token_hash,
        account_id=unlock.account_id,
        device_id=unlock.device_id,
        uid=unlock.uid,
        sid=unlock.sid,
        now=now,
        expires_at=unlock.expires_at,
        mark=mark_of(tx.sealer, _KIND, *unlock.marked),
        login_sid=unlock.login_sid,
        login_mark=None
        if unlock.login_sid is None
        else mark_of(tx.sealer, _KIND_OF_LOGIN, *unlock.login_marked),
    )


async def find(db: Database | Tx, *, token_hash: bytes, jkt: str, now: int) -> Unlock | None:
    """The unlock of this token and the key of its device, if it isn't over. Raises SealBroken."""
    row = await db.one(_SQL["find"], token_hash=token_hash, jkt=jkt, now=now)
    if row is None:
        return None
    unlock = Unlock(
        token_hash=token_hash,
        account_id=row["account_id"],
        device_id=row["device_id"],
        jkt=jkt,
        uid=row["uid"],
        sid=row["sid"],
        expires_at=row["expires_at"],
        login_sid=row["login_sid"],
    )
    check_mark(db.sealer, row["mark"], "unlocks", _KIND, *unlock.marked)
    if unlock.login_sid is not None:
        check_mark(db.sealer, row["login_mark"], "unlocks", _KIND_OF_LOGIN, *unlock.login_marked)
    return unlock


async def login_task(db: Database, unlock: Unlock, *, shield_number: str | None) -> TaskRow | None:
    """The login beside it; `closed` where it isn't this key's to sign, or to take."""
    row = await db.one(_SQL["login_task"], sid=unlock.login_sid, uid=unlock.uid, shield_number=shield_number)
    return None if row is None else task_of(row)


async def take_login(db: Database, key: KeyRow, request_id: str, *, now: int) -> bool:
    """Lets this key take the login beside its unlock, as a scan does; False where it is over or another has it."""

    async def work(tx: Tx) -> bool:
        values = {"request_id": request_id, "uid": key.uid, "now": now}
        taken = await tx.one(_SQL["take_login"], **values, shield_number=key.shield_number) is not None
        if taken:
            await tx.run(_SQL["take_login_task"], request_id=request_id, uid=key.uid)
        return taken

    return await db.write(work)


async def signed(db: Database, unlock: Unlock, *, now: int) -> Signed | None:
    """What was signed for it; None where nothing was, or the certificate isn't in force any more."""
    row = await db.one(_SQL["signed"], sid=unlock.sid, uid=unlock.uid, now=now)
    return None if row is None else Signed(row["message"], row["signature"], row["public_key"])


async def use(tx: Tx, unlock: Unlock, *, now: int) -> bool:
    """Spends it; False where another call did, or its time is over."""
    return await tx.run(_SQL["use"], token_hash=unlock.token_hash, now=now) == 1


async def purge(db: Database, *, before: int) -> int:
    """Deletes those that were over before (ms), and gives their number."""
    return await db.run(_SQL["purge"], before=before)
