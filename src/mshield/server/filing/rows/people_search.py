"""Search for filed people by staff (ADR 132): by name, enterprise, whole numbers, and ends of numbers."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.people_lists import PeopleLists
from mshield.server.database.queries import Queries
from mshield.server.filing.rows.filing import ListedPerson

_SQL: Final = Queries("filing", "people_search")
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

on_file: Final = partial(_LISTS.places, also={"ended_too": 0})
"""Queries for the ids of people on file, in the order of filing."""

ever_on_file: Final = partial(_LISTS.places, also={"ended_too": 1})
"""Like `on_file`, including people who have left."""


async def lines(db: Database, ids: Sequence[str]) -> list[ListedPerson]:
    """Returns the lines of these ids, in their order."""
    rows = await db.all(_SQL["lines"], ids=",".join(ids)) if ids else []
    by_id = {row["id"]: ListedPerson(**row) for row in rows}
    return [by_id[person_id] for person_id in ids if person_id in by_id]


async def numbers(db: Database, ids: Sequence[str]) -> set[str]:
    """Returns the phone numbers of these people."""
    rows = await db.all(_SQL["numbers"], ids=",".join(ids)) if ids else []
    return {row["phone"] for row in rows}
