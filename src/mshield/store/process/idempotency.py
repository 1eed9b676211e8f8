"""Calls that may be repeated: one row a call, held while it is carried out, then with its sealed answer for a day."""

from dataclasses import dataclass, field
from typing import Final

from mshield.store.database.interface import Database
from mshield.store.database.queries import Queries

_SQL: Final = Queries("process", "idempotency")


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call that came before; `answer_box` is None while it is under way."""

    request_hash: bytes
    answer_box: bytes | None = field(repr=False)


async def begin(
    db: Database, *, call: str, request_hash: bytes, holder: str, held_until: int, now: int
) -> bool:
    """Holds a call that is new, or whose holder's time (ms) is over; False where it came before."""
    row = await db.run_one(
        _SQL["begin"], call=call, request_hash=request_hash, holder=holder, held_until=held_until, now=now
    )
    return row is not None


async def find(db: Database, *, call: str) -> CallRow | None:
    """What is known of a call."""
    row = await db.one(_SQL["find"], call=call)
    return None if row is None else CallRow(**row)


async def keep(db: Database, *, call: str, holder: str, status: int, answer_box: bytes) -> None:
    """Keeps the answer of a call that this holder carried out."""
    await db.run(_SQL["keep"], call=call, holder=holder, status=status, answer_box=answer_box)


async def abandon(db: Database, *, call: str, holder: str) -> None:
    """Forgets a call that had no effect, so that its repeat is carried out."""
    await db.run(_SQL["abandon"], call=call, holder=holder)


async def purge(db: Database, *, before: int) -> int:
    """Deletes the calls from before this time (ms), and gives their number."""
    return await db.run(_SQL["purge"], before=before)
