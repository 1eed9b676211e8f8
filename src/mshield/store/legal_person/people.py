"""The filed people of one enterprise, as its legal person looks them up (R19)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.matching import name_contains
from mshield.store.database.queries import Queries

_SQL: Final = Queries("legal_person", "people")


@dataclass(frozen=True, slots=True)
class NumberEnd:
    """How a shield number, a phone number or an id number ends; the last is sealed, so `people` have one like that."""

    text: str
    people: Sequence[str]

    @property
    def of_id_number(self) -> str:
        """Their ids as statements take them."""
        return ",".join(self.people)


@dataclass(frozen=True, slots=True)
class SealedNumber:
    """A filed person's id number, sealed under their id."""

    id: str
    id_number_box: bytes = field(repr=False)


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
    end: NumberEnd | None = None,
    page_size: int,
) -> list[FiledPersonRow]:
    """People whose id is greater than `after`, by id; `name` is any part of a name.

    `id_number_end` is the hash of an id number's end: whose end isn't hashed yet comes too. `end` is that
    of an id number, or of a phone or shield number of theirs.
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
    """Those of the enterprise whose id number has this hash of its last four characters."""
    rows = await db.all(_SQL["with_end"], credit_code=credit_code, id_number_end=id_number_end)
    return [SealedNumber(**row) for row in rows]
