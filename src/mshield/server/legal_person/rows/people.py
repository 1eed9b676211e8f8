"""Filed people of one enterprise, as listed for its legal person (R19)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database
from mshield.server.database.matching import name_contains
from mshield.server.database.queries import Queries

_SQL: Final = Queries("legal_person", "people")


@dataclass(frozen=True, slots=True)
class NumberEnd:
    """End of a shield, phone or id number.

    Id numbers are sealed, so `people` has the ids of the people whose id number has this end.
    """

    text: str
    people: Sequence[str]

    @property
    def of_id_number(self) -> str:
        """Ids of `people` as a parameter of statements."""
        return ",".join(self.people)


@dataclass(frozen=True, slots=True)
class SealedNumber:
    """Id number of a filed person, sealed under their id."""

    id: str
    id_number_box: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledPersonRow:
    """Filed person; `shields` counts their certificates that have not ended.

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
    end: NumberEnd | None = None,
    page_size: int,
) -> list[FiledPersonRow]:
    """Returns people with ids after `after`, by id; `name` is any part of a name.

    `id_number_end` is the hash of an id number's end. `end` is the end of an id number, or of one of
    their phone or shield numbers.
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
        ending=None if end is None else end.text,
        of_id_number=None if end is None else end.of_id_number,
        page_size=page_size,
    )
    return [FiledPersonRow(**row) for row in rows]


async def with_end(db: Database, *, credit_code: str, id_number_end: bytes) -> list[SealedNumber]:
    """Finds the enterprise's people by the hash of the last four characters of the ID number."""
    rows = await db.all(_SQL["with_end"], credit_code=credit_code, id_number_end=id_number_end)
    return [SealedNumber(**row) for row in rows]
