"""Progress of the retention job: one row per kind, so that it continues where it stopped."""

from dataclasses import dataclass
from typing import Final

from mshield.server.database.interface import Database, SealBroken, Sealer, Tx, Undone
from mshield.server.database.queries import Queries
from mshield.server.seals.marks import check_mark, mark_of

_SQL: Final = Queries("retention", "retention", as_is=True)
_KIND: Final = "retention so far"


@dataclass(frozen=True, slots=True)
class Standing:
    """Progress of one kind: `since` (ms) is its beginning, `place` the last processed key, `erased` the rows so far.

    The mark proves that the service really reached this point; None at the beginning.
    """

    kind: str
    since: int
    place: str
    erased: int
    changed_at: int
    mark: bytes | None = None

    def holds(self, sealer: Sealer) -> bool:
        """Reports whether the service really reached this place; never raises for bad values."""
        if self.place == "" and self.mark is None:
            return True
        try:
            check_mark(sealer, self.mark, "retention", _KIND, self.kind, self.place)
        except (SealBroken, TypeError, ValueError, OverflowError):
            return False
        return True


async def standings(db: Database) -> dict[str, Standing]:
    """Returns the progress of all kinds that were begun, by kind."""
    return {row["kind"]: Standing(**row) for row in await db.all(_SQL["list"])}


async def begin(db: Database, *, kind: str, now: int) -> None:
    """Begins a kind at its first row; no-op if begun before."""
    await db.run(_SQL["begin"], kind=kind, now=now)


async def advance(tx: Tx, *, kind: str, was: str, place: str, erased: int, now: int) -> None:
    """Updates the progress, in the transaction that erased the rows.

    Raises: Undone (another process was faster).
    """
    mark = mark_of(tx.sealer, _KIND, kind, place)
    if await tx.run(_SQL["advance"], kind=kind, was=was, place=place, mark=mark, erased=erased, now=now) != 1:
        raise Undone
