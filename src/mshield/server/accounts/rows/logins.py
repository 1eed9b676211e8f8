"""Logins of one account, on phones and at the portal, ended one by one."""

from typing import Final, Literal

from mshield.server.accounts.rules.logins import AccountLoginMessage
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("accounts", "logins")


async def of_account(
    db: Database, *, account_id: str, idle_since: int, now: int
) -> list[AccountLoginMessage]:
    """Returns the account's logins: phones first, each kind newest first."""
    phones = await db.all(_SQL["phones"], account_id=account_id, now=now)
    portal = await db.all(_SQL["portal"], account_id=account_id, idle_since=idle_since, now=now)
    return [
        *(_login("phone", row) for row in phones),
        *(_login("portal", row) for row in portal),
    ]


_OF_ONE_KIND: Final = ("used_at", "shield_number", "device_since")


def _login(kind: Literal["phone", "portal"], row: Row) -> AccountLoginMessage:
    values = {**dict.fromkeys(_OF_ONE_KIND), **row}
    return AccountLoginMessage(id=values.pop("token_hash").hex(), kind=kind, **values)


async def end(tx: Tx, *, account_id: str, token_hash: bytes, now: int) -> bool:
    """Ends a login of the account; False if there is none with this token."""
    values = {"account_id": account_id, "token_hash": token_hash, "now": now}
    return 1 in {await tx.run(_SQL["end_phone"], **values), await tx.run(_SQL["end_portal"], **values)}
