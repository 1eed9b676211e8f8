"""The filed people of one enterprise, as its legal person looks them up (R19)."""

from dataclasses import dataclass, field
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.matching import name_contains
from mshield.store.database.queries import Queries

_SQL: Final = Queries("legal_person", "people")


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPersonRow:
    """A filed person; `shields` counts their certificates that aren't over.

    Times in ms; `ended_at` is None while they are on file.
    """

    id: str
    name: str
    id_type: str
    id_number_box: bytes = field(repr=False)
    role: str
    created_at: int
    changed_at: int
    ended_at: int | None
    shields: int


async def page(
    db: Database,
    *,
    credit_code: str,
    after: str,
    name: str | None = None,
    role: str | None = None,
    on_file: bool | None = None,
    shield_number: str | None = None,
    id_number_end: bytes | None = None,
    last: str | None = None,
    last_of_id: bytes | None = None,
    page_size: int,
) -> list[FiledPersonRow]:
    """People whose id is greater than `after`, by id; `name` is any part of a name.

    `id_number_end` is the hash of an id number's end: whose end isn't hashed yet comes too. `last` are the last four
    characters of an id number (`last_of_id`: as its hash), or of a phone or shield number of theirs.
    """
    rows = await db.all(
        _SQL["page"],
        credit_code=credit_code,
        after=after,
        name=name_contains(name),
        role=role,
        on_file=on_file,
        shield_number=shield_number,
        id_number_end=id_number_end,
        last=last,
        last_of_id=last_of_id,
        page_size=page_size,
    )
    return [FiledPersonRow(**row) for row in rows]
