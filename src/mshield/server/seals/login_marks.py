"""Marks that bind a phone's login to its account and to the device whose key authenticates it.

Each statement that reads the caller's row checks the mark (`p` there, `login_…` in its result). If somebody
restores an ended login in the database, only the same phone can use it.
"""

from typing import Final

from mshield.server.database.interface import Database, Row, SealBroken, Sealer
from mshield.server.database.queries import Queries
from mshield.server.seals.marks import check_mark, mark_of

_SQL: Final = Queries("seals", "login_marks", as_is=True)
_KIND: Final = "login"


def login_mark(
    sealer: Sealer, *, token_hash: bytes, account_id: str, device_id: str, jkt: str, expires_at: int
) -> bytes:
    """Returns the mark of a new login; `expires_at` in ms."""
    return mark_of(sealer, _KIND, token_hash, account_id, device_id, jkt, expires_at)


def check_login(sealer: Sealer, row: Row, *, token_hash: bytes, jkt: str) -> None:
    """Raises SealBroken unless the service logged this account in on this device, for the caller's token and key."""
    values = (row["login_account_id"], row["login_device_id"], jkt, row["login_expires_at"])
    check_mark(sealer, row["login_mark"], "phone_sessions", _KIND, token_hash, *values)


def holds(sealer: Sealer, row: Row) -> bool:
    """Reports whether a row of `logins_page` is as the service wrote it; never raises for bad values."""
    try:
        check_login(sealer, row, token_hash=row["token_hash"], jkt=row["jkt"])
    except (SealBroken, TypeError, ValueError, OverflowError):
        return False
    return True


async def logins_page(db: Database, *, after: object, most: int) -> list[Row]:
    """Returns logins by token hash, unchecked, each with its device's key thumbprint."""
    return await db.all(_SQL["logins"], after=after, most=most)
