"""What enterprises and people are found by beside their own columns: pieces of names, keyed hashes of numbers' ends.

A name's pieces are its runs of two characters, in small letters: a word is looked for by its rarest piece. What was
written by a release that knows none of this, or is new, waits for the job `search` and is read as it stands until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.matching import contains, pieces
from mshield.store.database.people_lists import WithoutEnd
from mshield.store.database.queries import Queries

_SQL: Final = Queries("filing", "search_words")
_FEW: Final = 64
"""So far a name's pieces are counted first: one is rare mostly, and those of 有限公司 would cost more than all else."""

MANY: Final = 1_000
"""New rows by which plans may change; looking at all tables takes a second at most, whatever is in them."""


@dataclass(frozen=True, slots=True)
class Unsearched:
    """An enterprise whose name, as of this version, has no pieces yet."""

    credit_code: str
    name: str
    version: int


async def enterprises_of(db: Database, word: str, *, most: int) -> list[str] | None:
    """Credit codes of enterprises whose name may have this word, now or formerly; None where that are over `most`.

    Each has the word's rarest piece. None at all for a word that is shorter than a piece.
    """
    wanted = sorted(pieces(word))
    if not wanted:
        return []
    for limit in sorted({min(_FEW, most), most}):
        count, rarest = min([(await _count(db, piece, most=limit + 1), piece) for piece in wanted])
        if count <= limit:
            break
    else:
        return None
    rows = await db.all(_SQL["enterprises"], word=rarest, pattern=contains(word), most=most)
    return [row["credit_code"] for row in rows]


async def _count(db: Database, piece: str, *, most: int) -> int:
    row = await db.one(_SQL["count"], word=piece, most=most)
    return 0 if row is None else row["count"]


async def unsearched(db: Database | Tx, *, most: int) -> list[Unsearched]:
    """Enterprises that are new or have a new name."""
    return [Unsearched(**row) for row in await db.all(_SQL["unsearched"], most=most)]


async def take(tx: Tx, enterprise: Unsearched) -> None:
    """Keeps the pieces of a name. Those of former names stay: certificates have them."""
    for piece in sorted(pieces(enterprise.name)):
        await tx.run(_SQL["add"], word=piece, credit_code=enterprise.credit_code)
    await tx.run(_SQL["searched"], credit_code=enterprise.credit_code, version=enterprise.version)


async def analyse(db: Database, *, rows: int) -> None:
    """Has PostgreSQL look at what there is to search, where this many rows are new."""
    if db.dialect == "postgresql" and rows >= MANY:
        await db.run(_SQL["analyse"])


async def without_end(db: Database | Tx, *, most: int) -> list[WithoutEnd]:
    """People whose id number's end isn't hashed."""
    return [WithoutEnd(**row) for row in await db.all(_SQL["without_end"], most=most)]


async def set_ends(tx: Tx, ends: Sequence[tuple[str, bytes]]) -> None:
    """Keeps the hashes of ends, by the record's id."""
    for person_id, hashed in ends:
        await tx.run(_SQL["set_end"], id=person_id, id_number_end=hashed)
