"""Personal data of an account that no law requires to keep: counting and erasing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.sealing import changing
from mshield.server.seals.tables import ACCOUNTS

_SQL: Final = Queries("retention", "erasure")
_COUNTS: Final = {
    "notices": _SQL["notices"],
    "sms": _SQL["sms"],
    "logins": _SQL["logins"],
    "devices": _SQL["devices"],
}


@dataclass(frozen=True, slots=True)
class ErasureSubject:
    """Subject of an erasure: an account, its phone number, and the keyed hash of the number in the SMS log."""

    account_id: str
    phone: str
    phone_hash: bytes


async def keys_of(db: Database | Tx, *, account_id: str) -> list[bytes]:
    """Returns the uids of the account's keys."""
    return [row["uid"] for row in await db.all(_SQL["keys"], account_id=account_id)]


async def has_certificates(db: Database | Tx, *, account_id: str) -> bool:
    """Reports whether a certificate was ever issued or reserved for the account."""
    row = await db.one(_SQL["certified"], account_id=account_id)
    return row is not None and row["rows"] > 0


async def count(db: Database | Tx, whose: ErasureSubject, *, now: int) -> Mapping[str, int]:
    """Counts rows by kind: notices, sms, ended logins, devices with a name or last login."""
    values = {
        "account_id": whose.account_id,
        "phone": whose.phone,
        "phone_hash": whose.phone_hash,
        "now": now,
    }
    rows = {name: await db.one(query, **values) for name, query in _COUNTS.items()}
    return {name: 0 if row is None else int(row["rows"]) for name, row in rows.items()}


async def delete(tx: Tx, whose: ErasureSubject, *, now: int) -> None:
    """Deletes the rows that `count` counts."""
    await tx.run(_SQL["delete_notices"], account_id=whose.account_id)
    await tx.run(_SQL["delete_sms_codes"], phone=whose.phone)
    await tx.run(_SQL["delete_sms_log"], phone_hash=whose.phone_hash)
    await tx.run(_SQL["delete_phone_logins"], account_id=whose.account_id, now=now)
    await tx.run(_SQL["delete_portal_logins"], account_id=whose.account_id, now=now)
    await tx.run(_SQL["delete_device_uses"], account_id=whose.account_id)


async def scrub(tx: Tx, *, account_id: str, nobody: bytes, box: bytes, reason: str, now: int) -> bool:
    """Removes name, numbers and password from an account without certificates; False if it has one.

    `nobody` are 32 random bytes that replace the id number's hash.
    """
    async with changing(tx, ACCOUNTS, account_id, now=now):
        updated = await tx.run(
            _SQL["scrub"],
            id=account_id,
            unnamed=f"erased-{account_id}",
            hash=nobody,
            box=box,
            no_end=b"",
            reason=reason,
            now=now,
        )
    return updated == 1
