"""People on file as staff look for them (ADR 132): by name, enterprise, whole numbers, and by the ends of numbers."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.people_lists import PeopleLists
from mshield.store.database.queries import Queries
from mshield.store.filing.filing import ListedPerson

_SQL: Final = Queries("filing", "people_search")
_LISTS: Final = PeopleLists(_SQL)

on_file: Final = partial(_LISTS.places, also={"ended_too": 0})
"""The places of people who are on file, in the order of filing."""

ever_on_file: Final = partial(_LISTS.places, also={"ended_too": 1})
"""Those of who has left, too."""


async def lines(db: Database, ids: Sequence[str]) -> list[ListedPerson]:
    """The lines of these ids, in their order."""
    rows = await db.all(_SQL["lines"], ids=",".join(ids)) if ids else []
    by_id = {row["id"]: ListedPerson(**row) for row in rows}
    return [by_id[person_id] for person_id in ids if person_id in by_id]
