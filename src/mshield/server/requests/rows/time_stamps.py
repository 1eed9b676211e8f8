"""Time stamps on signatures: requested by a job, one row per authority, kept with the signature permanently.

The signing calls aren't involved: the job collects signatures by their indexes in the log.
"""

from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.wire.ids import new_id

_SQL: Final = Queries("requests", "time_stamps")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStamp:
    """Stamp to request, on `signature` (r then s) or on the token that it renews; times in ms."""

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
    """Stamp of a signature; token, profile and time (ms) once done. `renews`: it is on an earlier stamp's token."""

    state: str
    token: bytes | None = field(repr=False)
    profile: str | None = None
    stamped_at: int | None = None
    renews: bool = False


async def take_in(db: Database, place: str, *, since: int, most: int, now: int) -> int:
    """Inserts a stamp for each further request signature, beginning with those since `since` (ms).

    Returns how many log entries it read.
    """

    async def work(tx: Tx) -> int:
        row = await tx.one(_SQL["find_place"], place=place)
        if row is None:
            row = await tx.one(_SQL["first_since"], since=since)
            assert row is not None  # noqa: S101  # a sum without a group has a row
            await tx.run(_SQL["insert_place"], place=place, log_index=row["log_index"])
        position = row["log_index"]
        signed = await tx.all(_SQL["logged_after"], log_index=position, most=most)
        if not signed:
            return 0
        advanced = await tx.run(
            _SQL["move_place"], place=place, old_index=position, log_index=signed[-1]["log_index"]
        )
        if advanced != 1:
            return 0
        for sid in [row["sid"] for row in signed if row["request_id"] is not None]:
            await tx.run(_SQL["insert"], id=new_id(now), sid=sid, place=place, renews=None, now=now)
        return len(signed)

    return await db.write(work)


async def due(db: Database, *, now: int, most: int) -> list[DueStamp]:
    """Returns the stamps to request now, longest due first."""
    return [DueStamp(**row) for row in await db.all(_SQL["due"], now=now, most=most)]


async def end_done(
    db: Database, stamp: DueStamp, *, token: bytes, profile: str, stamped_at: int, good_until: int
) -> None:
    """Stores the token."""
    await db.run(
        _SQL["done"],
        id=stamp.id,
        token=token,
        profile=profile,
        stamped_at=stamped_at,
        good_until=good_until,
    )


async def note_failure(db: Database, stamp: DueStamp, *, error: str, next_at: int | None) -> None:
    """Records a failure; the stamp is requested again at `next_at` (ms), or given up if that is None."""
    await db.run(
        _SQL["not_done"],
        id=stamp.id,
        state="pending" if next_at is not None else "failed",
        next_at=next_at or 0,
        error=error,
    )


async def of_signature(db: Database, sid: bytes) -> list[StampRow]:
    """Returns all stamps of a signature; completed ones are in the order of time."""
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
    """Returns the stamps on a request's signatures, by the document's index."""
    stamps: dict[int, list[StampRow]] = {}
    for row in await db.all(_SQL["of_request"], request_id=request_id):
        stamps.setdefault(row["position"], []).append(StampRow(state=row["state"], token=row["token"]))
    return stamps


async def renew(db: Database, place: str, *, before: int, again_before: int, most: int, now: int) -> int:
    """Inserts a renewal by the authority at this place for each stamp whose authority ends before `before` (ms).

    Returns their number.

    Failed renewals requested before `again_before` are requested again.
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
