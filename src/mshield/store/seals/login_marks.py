"""What binds a phone's login to its account and to the device with whose key it proves itself.

Checked with the row that says who calls, by each statement that reads it (`p` there, `login_…` in its answer). A login
that was ended and is put back is the same phone's.
"""

from typing import Final

from mshield.store.database.interface import Database, Row, SealBroken, Sealer
from mshield.store.database.queries import Queries
from mshield.store.seals.marks import check_mark, mark_of

_SQL: Final = Queries("seals", "login_marks", as_is=True)
_KIND: Final = "login"


def login_mark(
    sealer: Sealer, *, token_hash: bytes, account_id: str, device_id: str, jkt: str, expires_at: int
) -> bytes:
    """The mark of a login that begins; `expires_at` in ms."""
    return mark_of(sealer, _KIND, token_hash, account_id, device_id, jkt, expires_at)


def check_login(sealer: Sealer, row: Row, *, token_hash: bytes, jkt: str) -> None:
    """Raises SealBroken unless the service let this account in on this device, for the caller's token and key."""
    values = (row["login_account_id"], row["login_device_id"], jkt, row["login_expires_at"])
    check_mark(sealer, row["login_mark"], "phone_sessions", _KIND, token_hash, *values)


def holds(sealer: Sealer, row: Row) -> bool:
    """Whether a row of `logins_page` is as the service wrote it; whatever the values are."""
    try:
        check_login(sealer, row, token_hash=row["token_hash"], jkt=row["jkt"])
    except (SealBroken, TypeError, ValueError, OverflowError):
        return False
    return True


async def logins_page(db: Database, *, after: object, most: int) -> list[Row]:
    """Logins by the hash of their token, as they stand, each with its device's key thumbprint."""
    return await db.all(_SQL["logins"], after=after, most=most)
