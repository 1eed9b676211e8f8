"""How far the job has come that erases what is over: one row for each kind, so that it goes on where it was."""

from dataclasses import dataclass
from typing import Final

from mshield.store.database.interface import Database, SealBroken, Sealer, Tx, Undone
from mshield.store.database.queries import Queries
from mshield.store.seals.marks import check_mark, mark_of

_SQL: Final = Queries("operations", "retention", as_is=True)
_KIND: Final = "retention so far"


@dataclass(frozen=True, slots=True)
class Standing:
    """One kind: `since` (ms) is when it was first looked at, `place` the last key that is done, `erased` rows so far.

    The mark says that the service came to that place; None where it is still at the beginning.
    """

    kind: str
    since: int
    place: str
    erased: int
    changed_at: int
    mark: bytes | None = None

    def holds(self, sealer: Sealer) -> bool:
        """Whether the service came so far; whatever the values are."""
        if self.place == "" and self.mark is None:
            return True
        try:
            check_mark(sealer, self.mark, "retention", _KIND, self.kind, self.place)
        except (SealBroken, TypeError, ValueError, OverflowError):
            return False
        return True


async def standings(db: Database) -> dict[str, Standing]:
    """All that were begun, by kind."""
    return {row["kind"]: Standing(**row) for row in await db.all(_SQL["list"])}


async def begin(db: Database, *, kind: str, now: int) -> None:
    """Begins a kind at its first row; without effect where it was begun."""
    await db.run(_SQL["begin"], kind=kind, now=now)


async def advance(tx: Tx, *, kind: str, was: str, place: str, erased: int, now: int) -> None:
    """Moves on, in the transaction that erased the rows. Raises Undone where another process was there."""
    mark = mark_of(tx.sealer, _KIND, kind, place)
    if await tx.run(_SQL["advance"], kind=kind, was=was, place=place, mark=mark, erased=erased, now=now) != 1:
        raise Undone
