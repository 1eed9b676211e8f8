"""Logins of phones: the account and device behind a token."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.queries import Queries
from mshield.server.seals.login_marks import check_login
from mshield.server.seals.tables import ACCOUNTS

_SQL: Final = Queries("accounts", "sessions")
_ACCOUNT: Final = ACCOUNTS.joined("a_")


@dataclass(frozen=True, slots=True)
class PhoneLogin:
    """Valid login. Once the device has applied, only `pinned_account_id` may use it (R7)."""

    account_id: str
    device_id: str
    phone: str
    name: str
    id_type: str
    id_number_hash: bytes
    shield_number: str | None
    pinned_account_id: str | None


async def find(db: Database, *, token_hash: bytes, jkt: str, now: int) -> PhoneLogin | None:
    """Returns the login of this token if it is bound to the proof's key. Raises: SealBroken."""
    row = await db.one(_SQL["find"], token_hash=token_hash, jkt=jkt, now=now)
    if row is None:
        return None
    check_login(db.sealer, row, token_hash=token_hash, jkt=jkt)
    _ACCOUNT.check(db.sealer, row)
    return PhoneLogin(
        account_id=row["a_id"],
        device_id=row["login_device_id"],
        phone=row["a_phone"],
        name=row["a_name"],
        id_type=row["a_id_type"],
        id_number_hash=row["a_id_number_hash"],
        shield_number=row["shield_number"],
        pinned_account_id=row["pinned_account_id"],
    )


async def end(db: Database, *, token_hash: bytes, now: int) -> None:
    """Ends the login."""
    await db.run(_SQL["end"], token_hash=token_hash, now=now)
