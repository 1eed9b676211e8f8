"""Time stamps on signatures: asked for by a job, one row for each authority, kept with the signature for good.

Signing touches none of this: the job takes signatures in by their places in the log.
"""

from dataclasses import dataclass, field
from typing import Final

from mshield.domain.ids import new_id
from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries

_SQL: Final = Queries("requests", "time_stamps")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStamp:
    """One to ask for now: on `signature` (r then s), or on the token that it renews; times in ms."""

    id: str
    sid: bytes
    place: str
    attempts: int
    asked_at: int
    signature: bytes = field(repr=False)
    signed_at: int
    renewed: bytes | None = field(repr=False)
    renewed_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StampRow:
    """One of a signature; token, profile and time (ms) where it is done. `renews`: it is on an earlier one's token."""

    state: str
    token: bytes | None = field(repr=False)
    profile: str | None = None
    stamped_at: int | None = None
    renews: bool = False


async def take_in(db: Database, place: str, *, since: int, most: int, now: int) -> int:
    """Notes a stamp for each further signature of a request, those since `since` (ms) at first; how many it read."""

    async def work(tx: Tx) -> int:
        row = await tx.one(_SQL["find_place"], place=place)
        if row is None:
            row = await tx.one(_SQL["first_since"], since=since)
            assert row is not None  # noqa: S101  # a sum without a group has a row
            await tx.run(_SQL["insert_place"], place=place, log_index=row["log_index"])
        known = row["log_index"]
        signed = await tx.all(_SQL["logged_after"], log_index=known, most=most)
        if not signed:
            return 0
        moved = await tx.run(
            _SQL["move_place"], place=place, old_index=known, log_index=signed[-1]["log_index"]
        )
        if moved != 1:
            return 0
        for sid in [row["sid"] for row in signed if row["request_id"] is not None]:
            await tx.run(_SQL["insert"], id=new_id(now), sid=sid, place=place, renews=None, now=now)
        return len(signed)

    return await db.write(work)


async def due(db: Database, *, now: int, most: int) -> list[DueStamp]:
    """Those to ask for now, the longest due first."""
    return [DueStamp(**row) for row in await db.all(_SQL["due"], now=now, most=most)]


async def end_done(
    db: Database, stamp: DueStamp, *, token: bytes, profile: str, stamped_at: int, good_until: int
) -> None:
    """Keeps the token."""
    await db.run(
        _SQL["done"],
        id=stamp.id,
        token=token,
        profile=profile,
        stamped_at=stamped_at,
        good_until=good_until,
    )


async def note_failure(db: Database, stamp: DueStamp, *, error: str, next_at: int | None) -> None:
    """Notes a failure; it is asked for again at `next_at` (ms), or no more."""
    await db.run(
        _SQL["not_done"],
        id=stamp.id,
        state="pending" if next_at is not None else "failed",
        next_at=next_at or 0,
        error=error,
    )


async def of_signature(db: Database, sid: bytes) -> list[StampRow]:
    """All of a signature, those that are done by their times."""
    rows = await db.all(_SQL["of_signature"], sid=sid)
    return [
        StampRow(
            state=row["state"],
            token=row["token"],
            profile=row["profile"],
            stamped_at=row["stamped_at"],
            renews=row["renews"] is not None,
        )
        for row in rows
    ]


async def of_request(db: Database, request_id: str) -> dict[int, list[StampRow]]:
    """Those on the signatures of a request, by the document's place."""
    stamps: dict[int, list[StampRow]] = {}
    for row in await db.all(_SQL["of_request"], request_id=request_id):
        stamps.setdefault(row["position"], []).append(StampRow(state=row["state"], token=row["token"]))
    return stamps


async def renew(db: Database, place: str, *, before: int, again_before: int, most: int, now: int) -> int:
    """Notes a renewal of each whose authority's life ends before `before` (ms), by this place; gives how many.

    Renewals that failed and were asked for before `again_before` are asked for again.
    """

    async def work(tx: Tx) -> int:
        count = await tx.run(_SQL["ask_again"], now=now, before=again_before)
        ending = await tx.all(_SQL["ending"], now=now, before=before, most=most)
        for row in ending:
            await tx.run(
                _SQL["insert"], id=new_id(now), sid=row["sid"], place=place, renews=row["id"], now=now
            )
        return count + len(ending)

    return await db.write(work)
