"""Erasure of expired contents and personal data of requests, in batches, oldest first.

All data needed for the proof of signed documents remain: sizes, digests, titles, displays, requester. A
document whose content was signed directly is resealed without it; erasing it without the seal key would break
the seal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.gm.sm3 import sm3
from mshield.server.database.interface import Database, Row, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.tables import TASKS
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID
from mshield.wire.ids import first_id

MOST: Final = 200
"""Number of requests per transaction: a few milliseconds' work, during which no other caller's rows are locked."""

_SQL: Final = Queries("retention", "sweep")
_TASK: Final = TASKS.joined("t_")
_COUNT: Final = {
    "contents": _SQL["count_contents"],
    "late_contents": _SQL["count_contents"],
    "unanswered": _SQL["count_unanswered"],
    "personal": _SQL["count_personal"],
    "own_tasks": _SQL["count_own_tasks"],
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Range to erase: keys above `after` and below `before`; times in ms.

    `fetched_before` spares results fetched later, `ended_before` requests that ended later.
    """

    after: str
    before: str
    fetched_before: int = 0
    ended_before: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """Result of one transaction: the last key examined, and the number of rows erased."""

    place: str
    erased: int


@dataclass(frozen=True, slots=True)
class Due:
    """Amount that a run would erase: rows, and bytes of their contents."""

    rows: int
    octets: int


async def erase_contents(tx: Tx, bounds: Bounds, *, now: int) -> Step | None:
    """Erases contents of signed documents; None if no request is left."""
    last = await _last(tx, bounds)
    if last is None:
        return None
    values = _values(bounds) | {"last": last, "now": now}
    erased = await _erase_messages(tx, "signature", values)
    return Step(last, erased + await tx.run(_SQL["erase_contents"], **values))


async def delete_unanswered(tx: Tx, bounds: Bounds, *, now: int) -> Step | None:
    """Deletes requests that ended without a signature, with their documents; None if no request is left."""
    del now
    last = await _last(tx, bounds)
    if last is None:
        return None
    values = _values(bounds) | {"last": last}
    await tx.run(_SQL["delete_authorizations"], **values)
    await tx.run(_SQL["delete_tasks"], **values)
    return Step(last, await tx.run(_SQL["delete_requests"], **values))


async def erase_personal(tx: Tx, bounds: Bounds, *, now: int) -> Step | None:
    """Erases personal data of signed requests, and what logins signed; None if no request is left."""
    last = await _last(tx, bounds)
    if last is None:
        return None
    values = _values(bounds) | {"last": last, "now": now, "empty": b""}
    await _erase_messages(tx, "login", values)
    return Step(last, await tx.run(_SQL["erase_personal"], **values))


async def delete_own_tasks(tx: Tx, bounds: Bounds, *, now: int) -> Step | None:
    """Deletes the protocol's own tasks that nobody signed, keyed by time; None if nothing is left."""
    del now
    after, before = int(bounds.after or 0), int(bounds.before)
    rows = await tx.all(_SQL["own_tasks"], after=after, before=before, most=MOST)
    if not rows:
        return None
    last = rows[-1]["expires_at"]
    return Step(str(last), await tx.run(_SQL["delete_own_tasks"], after=after, last=last))


async def count(db: Database, kind: str, bounds: Bounds) -> Due:
    """Counts what is due of a kind."""
    values = _values(bounds)
    if kind == "own_tasks":
        values |= {"after": int(bounds.after or 0), "before": int(bounds.before)}
    row = await db.one(_COUNT[kind], **values)
    return Due(0, 0) if row is None else Due(int(row["rows"]), int(row["octets"]))


async def has_any(db: Database, bounds: Bounds) -> bool:
    """Reports whether there is a request within the bounds."""
    return bool(await db.all(_SQL["ids"], after=bounds.after, before=bounds.before, most=1))


async def note_fetch(db: Database, *, id: str, now: int) -> None:  # noqa: A002  # the field's name
    """Records the first fetch of a result after the request's life (ms)."""
    await db.run(_SQL["fetched"], id=id, now=now)


@dataclass(frozen=True, slots=True)
class Bare:
    """Signed document without its content, and the key that signed it."""

    sid: bytes
    request_id: str
    uid: bytes


async def erased_beyond(db: Database, *, kind: str, since: str, after: Bare | None, limit: int) -> list[Bare]:
    """Returns erased documents of requests of this kind that should still have their content, by request, then sid."""
    rows = await db.all(
        _SQL["erased_beyond"],
        kind=kind,
        since=since,
        own=OWN_CLIENT_ID,
        after=after.request_id if after else "",
        after_sid=after.sid if after else b"",
        limit=limit,
    )
    return [Bare(row["sid"], row["request_id"], row["uid"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Place:
    """Position in the signatures of a key, in the order of signing."""

    signed_at: int = 0
    sid: bytes = b""


async def count_signed_by(db: Database | Tx, *, uid: bytes, ended_before: int) -> int:
    """Counts documents signed by a key for business systems whose requests ended before `ended_before` (ms)."""
    values = {"uid": uid, "ended_before": ended_before, "own": OWN_CLIENT_ID}
    row = await db.one(_SQL["count_signed_by"], **values)
    return 0 if row is None else int(row["rows"])


async def erase_signed_by(
    tx: Tx, *, uid: bytes, ended_before: int, after: Place, now: int
) -> tuple[Place | None, int]:
    """Erases contents and personal data of a batch of documents signed by a key.

    Returns the position reached, None at the end, and the number of documents.
    """
    rows = await tx.all(
        _SQL["signed_by"],
        uid=uid,
        ended_before=ended_before,
        own=OWN_CLIENT_ID,
        after_at=after.signed_at,
        after_sid=after.sid,
        most=MOST,
    )
    erased = 0
    for row in rows:
        if row["is_whole"]:
            content = await _erase_message(tx, row, now=now)
        else:
            content = await tx.run(_SQL["erase_content_of"], sid=row["t_sid"], now=now)
        # The sweep leaves the drawn lines, so they may be all that is left of a document.
        drawing = await tx.run(_SQL["erase_drawing_of"], sid=row["t_sid"])
        erased += content or drawing
    for request_id in sorted({row["request_id"] for row in rows}):
        await tx.run(_SQL["erase_personal_of"], id=request_id, empty=b"")
    return (Place(rows[-1]["signed_at"], rows[-1]["t_sid"]) if rows else None), erased


def before_id(at: int) -> str:
    """Returns the id below which are all requests made before `at` (ms)."""
    return first_id(at)


def _values(bounds: Bounds) -> dict[str, object]:
    return {
        "after": bounds.after,
        "before": bounds.before,
        "fetched_before": bounds.fetched_before,
        "ended_before": bounds.ended_before,
        "own": OWN_CLIENT_ID,
    }


async def _last(tx: Tx, bounds: Bounds) -> str | None:
    rows = await tx.all(_SQL["ids"], after=bounds.after, before=bounds.before, most=MOST)
    return rows[-1]["id"] if rows else None


async def _erase_messages(tx: Tx, kind: str, values: Mapping[str, object]) -> int:
    """Erases documents whose content was signed directly. One with a broken seal is kept for investigation."""
    rows = await tx.all(_SQL["whole_messages"], kind=kind, **values)
    return sum([await _erase_message(tx, row, now=values["now"]) for row in rows])


async def _erase_message(tx: Tx, row: Row, *, now: object) -> int:
    if not _TASK.holds(tx.sealer, row):
        return 0
    task = {name: row[f"t_{name}"] for name in TASKS.columns}
    version = row["t_seal_version"] + 1
    return await tx.run(
        _SQL["erase_message"],
        sid=task["sid"],
        was=row["t_seal_version"],
        empty=b"",
        size=len(task["message"]),
        digest=sm3(task["message"]),
        version=version,
        seal=TASKS.seal(tx.sealer, task | {"message": b""}, version=version),
        now=now,
    )
