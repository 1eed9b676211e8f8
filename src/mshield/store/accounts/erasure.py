"""What there is about an account that no law keeps, counted and erased."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.sealing import changing
from mshield.store.seals.tables import ACCOUNTS

_SQL: Final = Queries("accounts", "erasure")
_COUNTS: Final = {
    "notices": _SQL["notices"],
    "sms": _SQL["sms"],
    "logins": _SQL["logins"],
    "devices": _SQL["devices"],
}


@dataclass(frozen=True, slots=True)
class Whose:
    """An account, its phone number, and the keyed hash by which the SMS log knows that."""

    account_id: str
    phone: str
    phone_hash: bytes


async def keys_of(db: Database | Tx, *, account_id: str) -> list[bytes]:
    """The uids of its keys."""
    return [row["uid"] for row in await db.all(_SQL["keys"], account_id=account_id)]


async def has_certificates(db: Database | Tx, *, account_id: str) -> bool:
    """Whether a certificate was ever issued or reserved for it."""
    row = await db.one(_SQL["certified"], account_id=account_id)
    return row is not None and row["rows"] > 0


async def count(db: Database | Tx, whose: Whose, *, now: int) -> Mapping[str, int]:
    """Rows by what they are: notices, sms, logins that have ended, devices of which a name or last login is known."""
    values = {
        "account_id": whose.account_id,
        "phone": whose.phone,
        "phone_hash": whose.phone_hash,
        "now": now,
    }
    rows = {name: await db.one(query, **values) for name, query in _COUNTS.items()}
    return {name: 0 if row is None else int(row["rows"]) for name, row in rows.items()}


async def delete(tx: Tx, whose: Whose, *, now: int) -> None:
    """Deletes what `count` counts."""
    await tx.run(_SQL["delete_notices"], account_id=whose.account_id)
    await tx.run(_SQL["delete_sms_codes"], phone=whose.phone)
    await tx.run(_SQL["delete_sms_log"], phone_hash=whose.phone_hash)
    await tx.run(_SQL["delete_phone_logins"], account_id=whose.account_id, now=now)
    await tx.run(_SQL["delete_portal_logins"], account_id=whose.account_id, now=now)
    await tx.run(_SQL["delete_device_uses"], account_id=whose.account_id)


async def scrub(tx: Tx, *, account_id: str, nobody: bytes, box: bytes, reason: str, now: int) -> bool:
    """Takes name, numbers and password out of an account without certificates; `nobody` is 32 random bytes.

    False where there is a certificate.
    """
    async with changing(tx, ACCOUNTS, account_id, now=now):
        scrubbed = await tx.run(
            _SQL["scrub"],
            id=account_id,
            unnamed=f"erased-{account_id}",
            hash=nobody,
            box=box,
            no_end=b"",
            reason=reason,
            now=now,
        )
    return scrubbed == 1
