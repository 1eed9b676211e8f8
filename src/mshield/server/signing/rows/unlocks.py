"""Unlocks: a document that a phone without a login may sign, once, with its own shield to get a login.

See docs/adr/0106-unlocking.md. An unlock's mark binds its token to account, device, the device's key, the
shield's key and the document. It may include a login at a PC whose QR code the phone has scanned, to be
signed under the same PIN (docs/adr/0125-one-pin.md), with its own mark.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.marks import check_mark, mark_of
from mshield.server.seals.tables import KEYS
from mshield.server.signing.rows import internal_tasks
from mshield.server.signing.rows.rows import CertificateRow, KeyRow, TaskRow, certificate_of, task_of
from mshield.server.signing.rows.step_up import SignedTask

_SQL: Final = Queries("signing", "unlocks")
_KEY: Final = KEYS.joined("k_")
_KIND: Final = "unlock"
_KIND_OF_LOGIN: Final = "login beside an unlock"
PURPOSE: Final = "unlock"


class ShieldOfDevice(msgspec.Struct, frozen=True):
    """Account of a device, and its newest certificate with the counters of the certificate's key.

    `uid` and `certificate` are None if it never had one.
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
    """Unlock in progress; times in ms, `token_hash` 32 bytes, `uid` and `sid` 16.

    `login_sid` (16) is the login at a PC that may be signed along with it.
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
        """Values covered by its mark."""
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
        """Values covered by the mark of its login."""
        return (self.token_hash, self.uid, self.sid, self.login_sid)


async def shield_of_device(db: Database | Tx, *, jkt: str) -> ShieldOfDevice | None:
    """Returns account and shield of the device with this key; None if it never applied. Raises: SealBroken."""
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
    """Stores the unlock with its document and ends this device's earlier unlocks."""
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
    """Returns the unlock of this token and device key, unless it is used or expired. Raises: SealBroken."""
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
    """Returns the login task of an unlock; `closed` if this key may not sign or take it."""
    row = await db.one(_SQL["login_task"], sid=unlock.login_sid, uid=unlock.uid, shield_number=shield_number)
    return None if row is None else task_of(row)


async def take_login(db: Database, key: KeyRow, request_id: str, *, now: int) -> bool:
    """Assigns the login of an unlock to this key, like a scan; False if it has ended or another key has it."""

    async def work(tx: Tx) -> bool:
        values = {"request_id": request_id, "uid": key.uid, "now": now}
        taken = await tx.one(_SQL["take_login"], **values, shield_number=key.shield_number) is not None
        if taken:
            await tx.run(_SQL["take_login_task"], request_id=request_id, uid=key.uid)
        return taken

    return await db.write(work)


async def signed(db: Database, unlock: Unlock, *, now: int) -> SignedTask | None:
    """Returns the signature for the unlock; None without one, or if the certificate isn't in force any more."""
    row = await db.one(_SQL["signed"], sid=unlock.sid, uid=unlock.uid, now=now)
    return (
        None if row is None else SignedTask(row["message"], row["signature"], unlock.uid, row["public_key"])
    )


async def use(tx: Tx, unlock: Unlock, *, now: int) -> bool:
    """Marks the unlock as used; False if it was used before or has expired."""
    return await tx.run(_SQL["use"], token_hash=unlock.token_hash, now=now) == 1


async def purge(db: Database, *, before: int) -> int:
    """Deletes unlocks that ended before `before` (ms) and returns their number."""
    return await db.run(_SQL["purge"], before=before)
