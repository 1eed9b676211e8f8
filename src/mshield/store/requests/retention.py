"""Erases what is over of requests and their documents, some at a time, in the order of their making.

Of what was signed stays what its proof needs: sizes, digests, titles, displays, who asked. A document that was signed
as it stands is sealed anew without it; whoever erases it without the key breaks its seal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mshield.domain.ids import first_id
from mshield.domain.systems.business_system import OWN_CLIENT_ID
from mshield.gm.sm3 import sm3
from mshield.store.database.interface import Database, Row, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.tables import TASKS

MOST: Final = 200
"""Requests in one transaction: a few milliseconds' work, for which nobody else's rows are locked."""

_SQL: Final = Queries("requests", "retention")
_TASK: Final = TASKS.joined("t_")
_COUNT: Final = {
    "contents": _SQL["count_contents"],
    "unanswered": _SQL["count_unanswered"],
    "personal": _SQL["count_personal"],
    "own_tasks": _SQL["count_own_tasks"],
}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is over of a kind: keys beyond `after` and below `before`; times in ms.

    `fetched_before` spares results that were fetched late, `ended_before` requests that ended less long ago.
    """

    after: str
    before: str
    fetched_before: int = 0
    ended_before: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction did: the last key that it looked at, and how many rows it erased."""

    place: str
    erased: int


@dataclass(frozen=True, slots=True)
class Due:
    """What a run would erase: rows, and octets of their contents."""

    rows: int
    octets: int


async def erase_contents(tx: Tx, bounds: Bounds, *, now: int) -> Step | None:
    """Contents of signed documents; None where no request is left."""
    last = await _last(tx, bounds)
    if last is None:
        return None
    values = _values(bounds) | {"last": last, "now": now}
    erased = await _erase_messages(tx, "signature", values)
    return Step(last, erased + await tx.run(_SQL["erase_contents"], **values))


async def delete_unanswered(tx: Tx, bounds: Bounds, *, now: int) -> Step | None:
    """Requests that ended without a signature, with their documents; None where no request is left."""
    del now
    last = await _last(tx, bounds)
    if last is None:
        return None
    values = _values(bounds) | {"last": last}
    await tx.run(_SQL["delete_authorizations"], **values)
    await tx.run(_SQL["delete_tasks"], **values)
    return Step(last, await tx.run(_SQL["delete_requests"], **values))


async def erase_personal(tx: Tx, bounds: Bounds, *, now: int) -> Step | None:
    """Personal data of signed requests, and what logins were over; None where no request is left."""
    last = await _last(tx, bounds)
    if last is None:
        return None
    values = _values(bounds) | {"last": last, "now": now, "empty": b""}
    await _erase_messages(tx, "login", values)
    return Step(last, await tx.run(_SQL["erase_personal"], **values))


async def delete_own_tasks(tx: Tx, bounds: Bounds, *, now: int) -> Step | None:
    """What the protocol had to be signed, and nobody signed; its keys are times. None where nothing is left."""
    del now
    after, before = int(bounds.after or 0), int(bounds.before)
    rows = await tx.all(_SQL["own_tasks"], after=after, before=before, most=MOST)
    if not rows:
        return None
    last = rows[-1]["expires_at"]
    return Step(str(last), await tx.run(_SQL["delete_own_tasks"], after=after, last=last))


async def count(db: Database, name: str, bounds: Bounds) -> Due:
    """What is due, by the name of a counting statement: contents, unanswered, personal, own_tasks."""
    values = _values(bounds)
    if name == "own_tasks":
        values |= {"after": int(bounds.after or 0), "before": int(bounds.before)}
    row = await db.one(_COUNT[name], **values)
    return Due(0, 0) if row is None else Due(int(row["rows"]), int(row["octets"]))


async def has_any(db: Database, bounds: Bounds) -> bool:
    """Whether there is a request within the bounds."""
    return bool(await db.all(_SQL["ids"], after=bounds.after, before=bounds.before, most=1))


async def note_fetch(db: Database, *, id: str, now: int) -> None:  # noqa: A002  # the field's name
    """Notes the first fetch of a result that came after the request's life (ms)."""
    await db.run(_SQL["fetched"], id=id, now=now)


@dataclass(frozen=True, slots=True)
class Bare:
    """A signed document without its content, and the key that signed it."""

    sid: bytes
    request_id: str
    uid: bytes


async def erased_beyond(db: Database, *, kind: str, since: str, after: Bare | None, limit: int) -> list[Bare]:
    """Documents of requests of this kind that have no content and may still have it, by request, then sid."""
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
    """How far one has come with what a key signed, in the order of signing."""

    signed_at: int = 0
    sid: bytes = b""


async def count_signed_by(db: Database | Tx, *, uid: bytes, ended_before: int) -> int:
    """How many documents a key signed for business systems whose requests ended before (ms)."""
    values = {"uid": uid, "ended_before": ended_before, "own": OWN_CLIENT_ID}
    row = await db.one(_SQL["count_signed_by"], **values)
    return 0 if row is None else int(row["rows"])


async def erase_signed_by(
    tx: Tx, *, uid: bytes, ended_before: int, after: Place, now: int
) -> tuple[Place | None, int]:
    """Contents and personal data of some of them; how far that came, None at the end, and how many documents it was."""
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
            erased += await _erase_message(tx, row, now=now)
        else:
            erased += await tx.run(_SQL["erase_content_of"], sid=row["t_sid"], now=now)
    for request_id in sorted({row["request_id"] for row in rows}):
        await tx.run(_SQL["erase_personal_of"], id=request_id, empty=b"")
    return (Place(rows[-1]["signed_at"], rows[-1]["t_sid"]) if rows else None), erased


def before_id(at: int) -> str:
    """The id below which every request was made before this time (ms)."""
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
    """Those that were signed as they stand. One whose seal is broken stays, for whoever looks into it."""
    rows = await tx.all(_SQL["whole_messages"], kind=kind, **values)
    return sum([await _erase_message(tx, row, now=values["now"]) for row in rows])


async def _erase_message(tx: Tx, row: Row, *, now: object) -> int:
    is_sealed = row["t_seal"] is not None  # those of before the seals have none
    if is_sealed and not _TASK.holds(tx.sealer, row):
        return 0
    task = {name: row[f"t_{name}"] for name in TASKS.columns}
    version = row["t_seal_version"] + is_sealed
    seal = TASKS.seal(tx.sealer, task | {"message": b""}, version=version) if is_sealed else None
    return await tx.run(
        _SQL["erase_message"],
        sid=task["sid"],
        was=row["t_seal_version"],
        empty=b"",
        size=len(task["message"]),
        digest=sm3(task["message"]),
        version=version,
        seal=seal,
        now=now,
    )
