"""The transparency log as stored: the rows that it is made of, their places, tiles, entry bundles, the last checkpoint.

All that a batch of entries changes is one transaction, guarded by the size that was read: two that number rows at once
make one log. What is read may have been tampered with, and SQLite keeps any value in any column: a row's values are
given as they are, those of the log itself only where they are of their type.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import msgspec

from mshield.pki.tlog.tiles import Tile
from mshield.store.database.interface import Database, Row, Tx, as_parameter
from mshield.store.database.queries import Queries

_SQL: Final = Queries("log", "log", as_is=True)


class Overtaken(Exception):
    """Another process has added to the log since it was read, or something isn't as it was: nothing was done."""

    def __init__(self) -> None:
        super().__init__("rows, tiles or bundles are not as they were read")


@dataclass(frozen=True, slots=True)
class Source:
    """A table whose rows are logged: its key, and the columns that the entry commits to, in their order there."""

    name: str
    table: str
    key: str
    columns: tuple[str, ...]


SIGNATURES: Final = Source(
    "signatures",
    "signatures",
    "sid",
    ("sid", "uid", "request_id", "purpose", "digest", "signature", "signed_at", "serial"),
)
EVENTS: Final = Source(
    "events",
    "certificate_events",
    "id",
    ("id", "serial", "event", "actor", "actor_id", "reason", "state", "holds", "revocation_reason", "at"),
)
ACTS: Final = Source("acts", "acts", "id", ("id", "actor", "actor_id", "act", "subject", "details", "at"))
CHANGES: Final = Source(
    "changes", "sealed_changes", "id", ("id", "place", "row_key", "version", "seal", "at")
)
"""Changes of rows with authority: what an outsider sees of one is what they see of an act."""

VIEWS: Final = Source(
    "views",
    "views",
    "id",
    ("id", "client_id", "view_id", "version", "digest", "approval_id", "asked_by", "approved_by", "at"),
)

SOURCES: Final = (EVENTS, SIGNATURES, ACTS, CHANGES, VIEWS)
ISSUES: Final = frozenset({"prepare", "activate"})
"""Events by which a certificate was issued: signed, put in force, or both at once."""

ISSUED: Final = (
    *("uid", "request_sid", "account_id", "device_id", "person_id", "filing_version", "shield_number"),
    *("organisation", "credit_code", "role", "common_name", "not_before", "not_after", "issued_at", "issuer"),
)
"""Columns of a certificate that never change; the entry of its issue commits to them, and to the certificate itself."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row to be logged, or logged; `values` has the source's columns, an issue's also `der` and those of ISSUED."""

    source: Source
    log_index: int | None
    values: Row

    @property
    def id(self) -> Any:
        """The row's key: bytes of a signature, text of others."""
        return self.values[self.source.key]


@dataclass(frozen=True, slots=True)
class State:
    """The log's name, number of entries and last checkpoint (signed note), and when (ms) it grew last."""

    origin: str
    size: int
    checkpoint: str
    changed_at: int = 0


@dataclass(frozen=True, slots=True)
class Growth:
    """What a batch adds to a log of `old_size`: rows in their order, whole tiles and bundles with the new entries."""

    old_size: int
    rows: Sequence[SourceRow]
    tiles: Sequence[tuple[Tile, bytes]]
    bundles: Sequence[tuple[int, int, bytes]]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A tile's hashes or a bundle's entries, and how many it says they are."""

    width: int
    content: bytes


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """A change of a certificate, as its row says."""

    event: str
    state: str
    holds: str
    at: int
    revocation_reason: int | None


@dataclass(frozen=True, slots=True)
class Life:
    """How a certificate stands, beside all that happened to it.

    `now` is state, holds, changed_at, revoked_at and revocation reason; `held_since` is the row's; `signed`: there is a
    certificate, not only the reservation of its serial. `not_after` is when it ends (ms).
    """

    serial: str
    now: tuple[object, ...]
    held_since: object
    signed: bool
    events: tuple[RecordedEvent, ...]
    not_after: object

    @property
    def is_reservation(self) -> bool:
        """Whether it stands as one of which only the serial was reserved."""
        state, holds, _, revoked_at, reason = self.now
        return (state, holds, revoked_at, reason, self.held_since) == ("issued", "", None, None, None)


class AuthorityAct(msgspec.Struct, frozen=True, gc=False):
    """An act on a certificate authority (`subject`); `details` is the text as it stands, `at` is ms."""

    act: str
    subject: str
    details: str
    at: int


class ErasureAct(msgspec.Struct, frozen=True, gc=False):
    """An act that says what was erased; `details` is the text as it stands."""

    subject: str
    details: str


class StoredAuthority(msgspec.Struct, frozen=True, gc=False):
    """An authority as its row says: its certificate (DER), when (ms) and why it was revoked."""

    name: str
    certificate: object
    revoked_at: int | None
    revocation_reason: int | None


async def find_state(db: Database) -> State | None:
    """The state, or None before the log was opened; what is of another type is -1, or an empty text."""
    row = await db.one(_SQL["find_state"])
    if row is None:
        return None
    return State(
        _text(row["origin"]), _number(row["size"]), _text(row["checkpoint"]), _number(row["changed_at"])
    )


async def insert_state(db: Database, *, origin: str, checkpoint: str, now: int) -> None:
    """Begins the log, unless it was begun."""
    await db.run(_SQL["insert_state"], origin=origin, checkpoint=checkpoint, now=now)


async def rename(db: Database, *, old: str, origin: str, checkpoint: str, now: int) -> bool:
    """Gives the log another name, with the checkpoint under it; False where it isn't called so any more."""
    return await db.run(_SQL["rename"], old=old, origin=origin, checkpoint=checkpoint, now=now) == 1


async def unlogged(db: Database, *, limit: int) -> list[SourceRow]:
    """Rows that wait, up to `limit` of each source, each source's in its order."""
    source_rows = []
    for source, query in (
        (SIGNATURES, _SQL["unlogged_signatures"]),
        (EVENTS, _SQL["unlogged_events"]),
        (ACTS, _SQL["unlogged_acts"]),
        (CHANGES, _SQL["unlogged_changes"]),
        (VIEWS, _SQL["unlogged_views"]),
    ):
        source_rows += [SourceRow(source, None, row) for row in await db.all(query, limit=limit)]
    return source_rows


async def logged(db: Database, *, start: int, end: int) -> list[SourceRow]:
    """Rows with a place from `start` up to, not including, `end`."""
    source_rows = []
    for source, query in (
        (SIGNATURES, _SQL["logged_signatures"]),
        (EVENTS, _SQL["logged_events"]),
        (ACTS, _SQL["logged_acts"]),
        (CHANGES, _SQL["logged_changes"]),
        (VIEWS, _SQL["logged_views"]),
    ):
        rows = await db.all(query, start=start, end=end)
        source_rows += [SourceRow(source, row["log_index"], row) for row in rows]
    return source_rows


async def outside(db: Database, *, size: int, limit: int) -> list[SourceRow]:
    """Rows whose place no log of this size has."""
    source_rows = []
    for source, query in (
        (SIGNATURES, _SQL["signatures_outside"]),
        (EVENTS, _SQL["events_outside"]),
        (ACTS, _SQL["acts_outside"]),
        (CHANGES, _SQL["changes_outside"]),
        (VIEWS, _SQL["views_outside"]),
    ):
        rows = await db.all(query, size=size, limit=limit)
        source_rows += [SourceRow(source, row["log_index"], row) for row in rows]
    return source_rows


async def count_waiting(db: Database) -> int:
    """How many rows wait for their place."""
    row = await db.one(_SQL["waiting"])
    return 0 if row is None else int(row["rows"])


async def append(db: Database, growth: Growth, *, now: int) -> None:
    """Adds a batch: all of it or, with Overtaken, nothing."""

    async def work(tx: Tx) -> None:
        size = growth.old_size + len(growth.rows)
        advanced = await tx.run(
            _SQL["advance"], old_size=growth.old_size, size=size, checkpoint=growth.checkpoint, now=now
        )
        if advanced != 1 or await _place(tx, growth) != len(growth.rows):
            raise Overtaken
        put = [
            await tx.run(
                _SQL["put_tile"], level=tile.level, number=tile.number, width=tile.width, hashes=hashes
            )
            for tile, hashes in growth.tiles
        ]
        put += [
            await tx.run(_SQL["put_bundle"], number=number, width=width, entries=entries)
            for number, width, entries in growth.bundles
        ]
        if not all(put):
            raise Overtaken

    await db.write(work)


async def _place(tx: Tx, growth: Growth) -> int:
    """Writes each row's place; the number of rows that were still waiting for it."""
    placed = list(enumerate(growth.rows, growth.old_size))
    if tx.dialect == "sqlite":
        one = {
            SIGNATURES: _SQL["place_signature"],
            EVENTS: _SQL["place_event"],
            ACTS: _SQL["place_act"],
            CHANGES: _SQL["place_change"],
            VIEWS: _SQL["place_view"],
        }
        return sum([await tx.run(one[row.source], id=row.id, log_index=index) for index, row in placed])
    many = {
        SIGNATURES: _SQL["place_signatures"],
        EVENTS: _SQL["place_events"],
        ACTS: _SQL["place_acts"],
        CHANGES: _SQL["place_changes"],
        VIEWS: _SQL["place_views"],
    }
    count = 0
    for source, query in many.items():
        own = [(row.id, index) for index, row in placed if row.source is source]
        if own:
            ids, indexes = zip(*own, strict=True)
            count += await tx.run(query, ids=list(ids), log_indexes=list(indexes))
    return count


async def partial_tiles(db: Database) -> dict[int, Stored]:
    """The partial tiles, which a log goes on from, by level."""
    return {row["level"]: _stored(row) for row in await db.all(_SQL["partial_tiles"])}


async def find_tile(db: Database, *, level: int, number: int) -> Stored | None:
    """A tile with as many hashes as there are by now, or None."""
    row = await db.one(_SQL["find_tile"], level=level, number=number)
    return None if row is None else _stored(row)


async def find_bundle(db: Database, *, number: int) -> Stored | None:
    """A bundle with as many entries as there are by now, or None."""
    row = await db.one(_SQL["find_bundle"], number=number)
    return None if row is None else _stored(row)


def _stored(row: Row) -> Stored:
    """A content of another type counts as empty: SQLite keeps any value in any column."""
    content = row["content"]
    return Stored(_number(row["width"]), content if type(content) is bytes else b"")


def _number(value: object) -> int:
    return value if type(value) is int else -1


def _text(value: object) -> str:
    return value if type(value) is str else ""


async def outermost(db: Database) -> tuple[list[tuple[object, object]], list[object]]:
    """Level and number of each level's first and last tile; number of the first and the last bundle.

    Where some numbers are no integers, which SQLite keeps too, the first and last of these as well.
    """
    tiles = [
        (row["level"], number)
        for row in await db.all(_SQL["outermost_tiles"])
        for number in (row["first"], row["last"])
    ]
    bundles = await db.all(_SQL["outermost_bundles"])
    return tiles, [number for row in bundles for number in (row["first"], row["last"])]


async def log_position(db: Database, *, sid: bytes) -> int | None:
    """The place of a signature's entry; None while it waits (a second or so) or where there is no such signature."""
    row = await db.one(_SQL["signature_position"], sid=sid)
    return None if row is None else row["log_index"]


async def certificate_position(db: Database, *, serial: str) -> int | None:
    """The place of the entry of a certificate's issue, or None."""
    row = await db.one(_SQL["certificate_position"], serial=serial)
    return None if row is None else row["log_index"]


async def view_position(db: Database, *, client_id: str, digest: bytes) -> int | None:
    """The place of the entry of a business system's view, or None."""
    row = await db.one(_SQL["view_position"], client_id=client_id, digest=digest)
    return None if row is None else row["log_index"]


async def lives(db: Database, *, after: str, limit: int) -> list[Life]:
    """Up to `limit` certificates by serial, each with all its events."""
    rows: Iterable[Row] = await db.all(_SQL["lives"], after=as_parameter(after), limit=limit)
    return [_life(serial, list(own)) for serial, own in groupby(rows, key=lambda row: row["serial"])]


def _life(serial: str, rows: list[Row]) -> Life:
    now = tuple(rows[0][name] for name in ("state", "holds", "changed_at", "revoked_at", "revocation_reason"))
    names = ("event", "event_state", "event_holds", "event_at", "event_revocation_reason")
    events = [RecordedEvent(*(row[name] for name in names)) for row in rows if row["event"] is not None]
    return Life(
        serial, now, rows[0]["held_since"], bool(rows[0]["signed"]), tuple(events), rows[0]["not_after"]
    )


async def acts_on_authorities(db: Database) -> list[AuthorityAct]:
    """What was done to the certificate authorities, the oldest first."""
    rows = await db.all(_SQL["acts_on_authorities"])
    return [AuthorityAct(row["act"], row["subject"], row["details"], row["at"]) for row in rows]


async def erasures(db: Database, *, act: str) -> list[ErasureAct]:
    """The acts of this name, the oldest first."""
    return [ErasureAct(row["subject"], row["details"]) for row in await db.all(_SQL["erasures"], act=act)]


async def authorities(db: Database) -> list[StoredAuthority]:
    """All certificate authorities, in the order in which they were made."""
    return [StoredAuthority(**row) for row in await db.all(_SQL["authorities"])]


async def serials_without_certificate(db: Database, *, limit: int) -> list[str]:
    """Serials, `limit` at most, that have events and no certificate."""
    return [row["serial"] for row in await db.all(_SQL["without_certificate"], limit=limit)]
