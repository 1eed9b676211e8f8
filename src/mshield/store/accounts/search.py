"""Accounts as staff look for them (ADR 129): by name, by enterprise, by whole numbers, and by the ends of numbers.

The end of an id number is kept as filed persons' is: a keyed hash, which the seal doesn't cover and nothing is decided
by. Whoever reads a line decides nothing by it either; the account's page reads the account with its seal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.people_lists import PeopleLists, WithoutEnd
from mshield.store.database.queries import Queries

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
    of_any_id=_SQL["of_any_id"],
)

places: Final = _LISTS.places
"""The places of accounts, in the order of registration; erased ones have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """A line of a search; shield number and enterprise are of the newest certificate, None before there is any; ms."""

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
    """The lines of these ids, in their order."""
    rows = await db.all(_SQL["lines"], ids=",".join(ids)) if ids else []
    by_id = {row["id"]: AccountLine(**row) for row in rows}
    return [by_id[account_id] for account_id in ids if account_id in by_id]


async def numbers(db: Database, ids: Sequence[str]) -> set[str]:
    """Their phone numbers."""
    rows = await db.all(_SQL["numbers"], ids=",".join(ids)) if ids else []
    return {row["phone"] for row in rows}


async def without_end(db: Database | Tx, *, most: int) -> list[WithoutEnd]:
    """Accounts whose id number's end isn't hashed."""
    return [WithoutEnd(**row) for row in await db.all(_SQL["without_end"], most=most)]


async def set_ends(tx: Tx, ends: Sequence[tuple[str, bytes]]) -> None:
    """Keeps the hashes of ends, by the account's id."""
    for account_id, hashed in ends:
        await tx.run(_SQL["set_end"], id=account_id, id_number_end=hashed)


async def forget_ends(db: Database | Tx, *, nothing: bytes) -> int:
    """Leaves `nothing` of what erased accounts still have; gives their number."""
    return await db.run(_SQL["forget_ends"], nothing=nothing)
