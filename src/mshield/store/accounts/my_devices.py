"""The shields of one account: for each device the certificate that counts, else the newest that ended."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

_SQL: Final = Queries("accounts", "my_devices")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShield:
    """One of them; times in ms."""

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


async def of_account(db: Database, *, account_id: str) -> list[AccountShield]:
    """All of them, in no order."""
    rows = await db.all(_SQL["of_account"], account_id=account_id)
    return [
        AccountShield(**{**row, "holds": frozenset(filter(None, row["holds"].split(",")))}) for row in rows
    ]
