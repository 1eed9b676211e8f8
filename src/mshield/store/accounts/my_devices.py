"""The shields of one account: for each device the certificate that counts, else the newest that ended."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("accounts", "my_devices")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShield:
    """One of them; times in ms. `name` is its owner's, browser, model and address those of its last login."""

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
    """All of them, in no order."""
    rows = await db.all(_SQL["of_account"], account_id=account_id)
    return [
        AccountShield(**{**row, "holds": frozenset(filter(None, row["holds"].split(",")))}) for row in rows
    ]


async def rename(tx: Tx, *, account_id: str, shield_number: str, name: str | None) -> bool:
    """Renames the account's device; None takes its name away. False where the account has no such device."""
    values = {"account_id": account_id, "shield_number": shield_number, "name": name}
    return await tx.run(_SQL["rename"], **values) == 1 or await tx.run(_SQL["put_name"], **values) == 1
