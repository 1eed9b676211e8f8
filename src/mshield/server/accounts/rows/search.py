"""Search for accounts by staff (ADR 129): by name, enterprise, whole numbers, and ends of numbers.

The end of an id number is stored like that of filed persons: a keyed hash, not covered by the seal. Neither
the search nor a result line decides anything; the account's page reads the account with its seal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.people_lists import PeopleLists
from mshield.server.database.queries import Queries

_SQL: Final = Queries("accounts", "search")
_LISTS: Final = PeopleLists(
    everybody=_SQL["everybody"],
    of_id_number=_SQL["of_id_number"],
    of_enterprise=_SQL["of_enterprise"],
    of_enterprises=_SQL["of_enterprises"],
    of_surname=_SQL["of_surname"],
    of_name=_SQL["of_name"],
    of_given_name=_SQL["of_given_name"],
    of_phone_end=_SQL["of_phone_end"],
    of_shield_end=_SQL["of_shield_end"],
    of_id_end=_SQL["of_id_end"],
)

places: Final = _LISTS.places
"""Queries for the ids of matching accounts, in the order of registration, without erased ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """Result line; times in ms.

    Shield number and enterprise are those of the newest certificate, None without one.
    """

    id: str
    name: str
    phone: str = field(repr=False)
    id_type: str
    id_number_box: bytes = field(repr=False)
    state: str
    source: str
    created_at: int
    shield_number: str | None
    enterprise: str | None


async def lines(db: Database, ids: Sequence[str]) -> list[AccountLine]:
    """Returns the lines of these ids, in their order."""
    rows = await db.all(_SQL["lines"], ids=",".join(ids)) if ids else []
    by_id = {row["id"]: AccountLine(**row) for row in rows}
    return [by_id[account_id] for account_id in ids if account_id in by_id]


async def numbers(db: Database, ids: Sequence[str]) -> set[str]:
    """Returns the phone numbers of these accounts."""
    rows = await db.all(_SQL["numbers"], ids=",".join(ids)) if ids else []
    return {row["phone"] for row in rows}
