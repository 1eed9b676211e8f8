"""Shields of one account: for each device the certificate in force, else the newest ended one."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries

_SQL: Final = Queries("accounts", "my_devices")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShield:
    """Shield of an account; times in ms.

    `name` is set by its owner; browser, model and address are of its last login.
    """

    device_id: str
    shield_number: str
    state: str
    holds: frozenset[str]
    organisation: str
    role: str
    issued_at: int
    not_after: int
    device_since: int
    used_at: int | None
    serial: str
    name: str | None
    browser: str | None
    model: str | None
    address: str | None
    logged_in_at: int | None


async def of_account(db: Database, *, account_id: str) -> list[AccountShield]:
    """Returns the account's shields, in no order."""
    rows = await db.all(_SQL["of_account"], account_id=account_id)
    return [
        AccountShield(**{**row, "holds": frozenset(filter(None, row["holds"].split(",")))}) for row in rows
    ]


async def rename(tx: Tx, *, account_id: str, shield_number: str, name: str | None) -> bool:
    """Renames the account's device, None to remove the name; False if the account has no such device."""
    values = {"account_id": account_id, "shield_number": shield_number, "name": name}
    return await tx.run(_SQL["rename"], **values) == 1
