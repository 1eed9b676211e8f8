"""Transparency log as stored: the logged rows, their indexes, tiles, entry bundles, and the last checkpoint.

All changes by a batch of entries are one transaction, guarded by the size that was read, so two processes
that sequence rows at once still produce a single log. Data may have been tampered with, and SQLite stores any
value in any column: values of logged rows are returned as they are, values of the log itself only if they
have the right type.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import msgspec

from mshield.pki.tlog.tiles import Tile
from mshield.server.database.interface import Database, Row, Tx, as_parameter
from mshield.server.database.queries import Queries

_SQL: Final = Queries("log", "log", as_is=True)


class ConcurrentUpdate(Exception):
    """Another process has extended the log since it was read, or rows have changed; nothing was done."""

    def __init__(self) -> None:
        super().__init__("rows, tiles or bundles have changed since they were read")


@dataclass(frozen=True, slots=True)
class Source:
    """Table whose rows are logged: its key, and the columns committed to by an entry, in that order."""

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
"""Changes of rows with authority. To an outsider such an entry looks like that of an act."""

VIEWS: Final = Source(
    "views",
    "views",
    "id",
    ("id", "client_id", "view_id", "version", "digest", "approval_id", "asked_by", "approved_by", "at"),
)

SOURCES: Final = (EVENTS, SIGNATURES, ACTS, CHANGES, VIEWS)
ISSUES: Final = frozenset({"prepare", "activate"})
"""Events by which a certificate is issued: signed, put in force, or both at once."""

ISSUED: Final = (
    *("uid", "request_sid", "account_id", "device_id", "person_id", "filing_version", "shield_number"),
    *("organisation", "credit_code", "role", "common_name", "not_before", "not_after", "issued_at", "issuer"),
)
"""Immutable columns of a certificate; the entry of its issue commits to them and to the certificate itself."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Row to log, or logged; `values` has the source's columns, and for an issue also `der` and those of ISSUED."""

    source: Source
    log_index: int | None
    values: Row

    @property
    def id(self) -> Any:
        """Key of the row: bytes for a signature, text for others."""
        return self.values[self.source.key]


@dataclass(frozen=True, slots=True)
class State:
    """Name of the log, number of entries, last checkpoint (signed note), and time of its last growth (ms)."""

    origin: str
    size: int
    checkpoint: str
    changed_at: int = 0


@dataclass(frozen=True, slots=True)
class Growth:
    """A batch's additions to a log of `old_size`: rows in order, and whole tiles and bundles with the new entries."""

    old_size: int
    rows: Sequence[SourceRow]
    tiles: Sequence[tuple[Tile, bytes]]
    bundles: Sequence[tuple[int, int, bytes]]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Hashes of a tile or entries of a bundle, and their recorded number."""

    width: int
    content: bytes


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """Change of a certificate as recorded in its row."""

    event: str
    state: str
    holds: str
    at: int
    revocation_reason: int | None


@dataclass(frozen=True, slots=True)
class Life:
    """Standing of a certificate, beside all its events.

    `now` has state, holds, changed_at, revoked_at and revocation reason; `held_since` is the row's. `signed`:
    there is a certificate, not only a reserved serial. `not_after` is its end (ms).
    """

    serial: str
    now: tuple[object, ...]
    held_since: object
    signed: bool
    events: tuple[RecordedEvent, ...]
    not_after: object

    @property
    def is_reservation(self) -> bool:
        """Whether the standing is that of a reserved serial only."""
        state, holds, _, revoked_at, reason = self.now
        return (state, holds, revoked_at, reason, self.held_since) == ("issued", "", None, None, None)


class AuthorityAct(msgspec.Struct, frozen=True, gc=False):
    """Act on a certificate authority (`subject`); `details` is the stored text, `at` is ms."""

    act: str
    subject: str
    details: str
    at: int


class ErasureAct(msgspec.Struct, frozen=True, gc=False):
    """Act that records what was erased; `details` is the stored text."""

    subject: str
    details: str


class StoredAuthority(msgspec.Struct, frozen=True, gc=False):
    """Authority as stored: certificate (DER), time (ms) and reason of its revocation."""

    name: str
    certificate: object
    revoked_at: int | None
    revocation_reason: int | None


async def find_state(db: Database) -> State | None:
    """Returns the state; None before the log began.

    A value of the wrong type is returned as -1 or an empty text.
    """
    row = await db.one(_SQL["find_state"])
    if row is None:
        return None
    return State(
        _text(row["origin"]), _number(row["size"]), _text(row["checkpoint"]), _number(row["changed_at"])
    )


async def insert_state(db: Database, *, origin: str, checkpoint: str, now: int) -> None:
    """Begins the log; no-op if it has begun."""
    await db.run(_SQL["insert_state"], origin=origin, checkpoint=checkpoint, now=now)


async def rename(db: Database, *, old: str, origin: str, checkpoint: str, now: int) -> bool:
    """Renames the log, with the checkpoint under the new name; False if its name is no longer `old`."""
    return await db.run(_SQL["rename"], old=old, origin=origin, checkpoint=checkpoint, now=now) == 1


async def unlogged(db: Database, *, limit: int) -> list[SourceRow]:
    """Returns unlogged rows, up to `limit` per source, each source's in order."""
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
    """Returns rows with an index from `start` up to, not including, `end`."""
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
    """Returns rows whose index is outside a log of this size."""
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
    """Counts the unlogged rows."""
    row = await db.one(_SQL["waiting"])
    return 0 if row is None else int(row["rows"])


async def append(db: Database, growth: Growth, *, now: int) -> None:
    """Appends a batch as a whole. Raises: ConcurrentUpdate (nothing was done)."""

    async def work(tx: Tx) -> None:
        size = growth.old_size + len(growth.rows)
        advanced = await tx.run(
            _SQL["advance"], old_size=growth.old_size, size=size, checkpoint=growth.checkpoint, now=now
        )
        if advanced != 1 or await _place(tx, growth) != len(growth.rows):
            raise ConcurrentUpdate
        written = [
            await tx.run(
                _SQL["put_tile"], level=tile.level, number=tile.number, width=tile.width, hashes=hashes
            )
            for tile, hashes in growth.tiles
        ]
        written += [
            await tx.run(_SQL["put_bundle"], number=number, width=width, entries=entries)
            for number, width, entries in growth.bundles
        ]
        if not all(written):
            raise ConcurrentUpdate

    await db.write(work)


async def _place(tx: Tx, growth: Growth) -> int:
    """Sets the index of each row and returns the number of rows that had none before."""
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
    """Returns the partial tiles, from which the log grows, by level."""
    return {row["level"]: _stored(row) for row in await db.all(_SQL["partial_tiles"])}


async def find_tile(db: Database, *, level: int, number: int) -> Stored | None:
    """Returns a tile with its current number of hashes, or None."""
    row = await db.one(_SQL["find_tile"], level=level, number=number)
    return None if row is None else _stored(row)


async def find_bundle(db: Database, *, number: int) -> Stored | None:
    """Returns a bundle with its current number of entries, or None."""
    row = await db.one(_SQL["find_bundle"], number=number)
    return None if row is None else _stored(row)


def _stored(row: Row) -> Stored:
    """Treats content of the wrong type as empty: SQLite stores any value in any column."""
    content = row["content"]
    return Stored(_number(row["width"]), content if type(content) is bytes else b"")


def _number(value: object) -> int:
    return value if type(value) is int else -1


def _text(value: object) -> str:
    return value if type(value) is str else ""


async def outermost(db: Database) -> tuple[list[tuple[object, object]], list[object]]:
    """Returns level and number of each level's first and last tile, and the numbers of the first and last bundle.

    If some numbers aren't integers, which SQLite can store too, the first and last of those are included as
    well.
    """
    tiles = [
        (row["level"], number)
        for row in await db.all(_SQL["outermost_tiles"])
        for number in (row["first"], row["last"])
    ]
    bundles = await db.all(_SQL["outermost_bundles"])
    return tiles, [number for row in bundles for number in (row["first"], row["last"])]


async def log_position(db: Database, *, sid: bytes) -> int | None:
    """Returns the index of a signature's entry; None until logged (a second or so), or without such a signature."""
    row = await db.one(_SQL["signature_position"], sid=sid)
    return None if row is None else row["log_index"]


async def certificate_position(db: Database, *, serial: str) -> int | None:
    """Returns the index of the entry of a certificate's issue, or None."""
    row = await db.one(_SQL["certificate_position"], serial=serial)
    return None if row is None else row["log_index"]


async def view_position(db: Database, *, client_id: str, digest: bytes) -> int | None:
    """Returns the index of the entry of a business system's view, or None."""
    row = await db.one(_SQL["view_position"], client_id=client_id, digest=digest)
    return None if row is None else row["log_index"]


async def lives(db: Database, *, after: str, limit: int) -> list[Life]:
    """Returns up to `limit` certificates by serial, each with all its events."""
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
    """Returns the acts on certificate authorities, oldest first."""
    rows = await db.all(_SQL["acts_on_authorities"])
    return [AuthorityAct(row["act"], row["subject"], row["details"], row["at"]) for row in rows]


async def erasures(db: Database, *, act: str) -> list[ErasureAct]:
    """Returns the acts of this name, oldest first."""
    return [ErasureAct(row["subject"], row["details"]) for row in await db.all(_SQL["erasures"], act=act)]


async def authorities(db: Database) -> list[StoredAuthority]:
    """Returns all certificate authorities, in order of creation."""
    return [StoredAuthority(**row) for row in await db.all(_SQL["authorities"])]


async def serials_without_certificate(db: Database, *, limit: int) -> list[str]:
    """Returns up to `limit` serials that have events but no certificate."""
    return [row["serial"] for row in await db.all(_SQL["without_certificate"], limit=limit)]
