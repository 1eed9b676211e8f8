"""The logins of one account, at phones and at the portal, and their end one by one."""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("accounts", "logins")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLogin:
    """A login that still counts; times in ms.

    `shield_number` and `device_since` are a phone's, `used_at` a portal login's. Address and browser are None for
    logins from before they were kept.
    """

    token_hash: bytes
    kind: Literal["phone", "portal"]
    created_at: int
    expires_at: int
    address: str | None
    browser: str | None
    shield_number: str | None = None
    device_since: int | None = None
    used_at: int | None = None


async def of_account(db: Database, *, account_id: str, idle_since: int, now: int) -> list[AccountLogin]:
    """Phones first, each kind with the newest first."""
    phones = await db.all(_SQL["phones"], account_id=account_id, now=now)
    portal = await db.all(_SQL["portal"], account_id=account_id, idle_since=idle_since, now=now)
    return [
        *(AccountLogin(kind="phone", **row) for row in phones),
        *(AccountLogin(kind="portal", **row) for row in portal),
    ]


async def end(tx: Tx, *, account_id: str, token_hash: bytes, now: int) -> bool:
    """Whether this ended a login of the account."""
    values = {"account_id": account_id, "token_hash": token_hash, "now": now}
    return 1 in {await tx.run(_SQL["end_phone"], **values), await tx.run(_SQL["end_portal"], **values)}
