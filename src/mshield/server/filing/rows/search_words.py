"""Search index of enterprises: pieces of their names.

A name's pieces are its substrings of two characters, in lower case; a search uses the word's rarest piece.
New names are searched without an index until the job `search` adds them.
"""

from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.matching import contains, pieces
from mshield.server.database.queries import Queries
from mshield.server.filing.rows.filing import Enterprise

_SQL: Final = Queries("filing", "search_words")
_FEW: Final = 64
"""Initial limit when counting a piece: at least one piece is usually rare, and counting those of 有限公司 fully
would take most of the time.
"""

MANY: Final = 1_000
"""Number of new rows that may change query plans; analysing the tables takes at most a second."""


async def enterprises_of(db: Database, word: str, *, most: int) -> list[str] | None:
    """Returns credit codes of enterprises whose name may contain the word, now or formerly; None for more than `most`.

    All have the word's rarest piece. Returns an empty list for a word shorter than a piece.
    """
    word_pieces = sorted(pieces(word))
    if not word_pieces:
        return []
    for limit in sorted({min(_FEW, most), most}):
        count, rarest = min([(await _count(db, piece, most=limit + 1), piece) for piece in word_pieces])
        if count <= limit:
            break
    else:
        return None
    rows = await db.all(_SQL["enterprises"], word=rarest, pattern=contains(word), most=most)
    return [row["credit_code"] for row in rows]


async def _count(db: Database, piece: str, *, most: int) -> int:
    row = await db.one(_SQL["count"], word=piece, most=most)
    return 0 if row is None else row["count"]


async def unsearched(db: Database | Tx, *, most: int) -> list[Enterprise]:
    """Returns enterprises that are new or have a new name."""
    return [Enterprise(**row) for row in await db.all(_SQL["unsearched"], most=most)]


async def take(tx: Tx, enterprise: Enterprise) -> None:
    """Indexes a name. Pieces of former names stay, since certificates contain those names."""
    for piece in sorted(pieces(enterprise.name)):
        await tx.run(_SQL["add"], word=piece, credit_code=enterprise.credit_code)
    await tx.run(_SQL["searched"], credit_code=enterprise.credit_code, version=enterprise.version)


async def analyse(db: Database, *, rows: int) -> None:
    """Updates PostgreSQL's statistics on the search tables if at least `MANY` rows are new."""
    if db.dialect == "postgresql" and rows >= MANY:
        await db.run(_SQL["analyse"])
