"""Check of rows, entries and tiles against each other and the signed root, 256 entries at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from mshield.pki.errors import LogError
from mshield.pki.tlog.merkle import Range, leaf_hash, perfect_root
from mshield.pki.tlog.note import Checkpoint
from mshield.pki.tlog.tiles import HEIGHT, MAX_LEVEL, WIDTH, edge_root, split_bundle, split_hashes, tile_at
from mshield.server.log.archived import Archived
from mshield.server.log.entries import entry_of
from mshield.server.log.findings import Finding, shown
from mshield.server.log.open_log import Log
from mshield.server.log.right_edge import read_edge
from mshield.server.log.rows import log as store
from mshield.server.log.rows.log import SourceRow, Stored
from mshield.server.log.sequence import BATCH

_FEW = 10


PART: Final = 256
"""Tiles per part: 65 536 entries, some seconds of work, and exactly one tile of level 1."""


@dataclass(frozen=True, slots=True)
class Part:
    """Result for a run of level-0 tiles: findings, roots of the full tiles, hashes of a partial one, all leaves.

    `archived` is the number of its rows that are in archive files.
    """

    findings: list[Finding]
    full: list[bytes]
    edge: bytes
    leaves: bytes
    archived: int


@dataclass(slots=True)
class _Tree:
    """The tree's state: the roots of the full level-0 tiles, and the partial tiles by level."""

    full: list[bytes] = field(default_factory=list)
    edge: dict[int, bytes] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)


def runs_of(first: int, size: int) -> list[range]:
    """Splits the level-0 tiles from number `first` on into parts that begin at multiples of PART."""
    end = -(-size // WIDTH)
    if first >= end:
        return []
    starts = [first, *range((first // PART + 1) * PART, end, PART)]
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], end], strict=True)]


async def check_part(log: Log, numbers: range, size: int, archived: Archived) -> Part:
    """Compares each row of these tiles with its leaf, and each entry too, for a log of this size.

    Archived rows are missing here, but their entries and leaves are checked.
    """
    tree, findings, met = _Tree(), [], archived.met
    for number in numbers:
        findings += await _check_leaves(log, number, size, tree, archived)
    return Part(findings, tree.full, tree.edge.get(0, b""), b"".join(tree.leaves), archived.met - met)


async def check_levels(
    log: Log, checkpoint: Checkpoint, full: list[bytes], edge: bytes
) -> AsyncIterator[Finding]:
    """Compares each level with the one below, and the root, starting from level 0's full tiles and its partial one."""
    tree = _Tree(full, {0: edge} if edge else {})
    async for finding in _check_levels(log, tree):
        yield finding
    try:
        root = edge_root(checkpoint.size, tree.edge)
    except LogError:
        root = b""
    if root != checkpoint.root:
        yield Finding("wrong_root")


async def check_outside(log: Log, checkpoint: Checkpoint) -> list[Finding]:
    """Returns rows, tiles and bundles beyond the log's end; they are read before its size, since it may grow."""
    rows = await store.outside(log.db, size=await _size(log, checkpoint), limit=_FEW)
    tiles, bundles = await store.outermost(log.db)
    size = await _size(log, checkpoint)
    findings = [
        Finding("row_outside", table=row.source.table, row=shown(row.id), index=_index(row))
        for row in rows
        if not (isinstance(row.log_index, int) and 0 <= row.log_index < size)
    ]
    findings += [
        Finding("tile_outside", table="log_tiles", row=f"{shown(level)}/{shown(number)}")
        for level, number in tiles
        if not _has_tile(size, level, number)
    ]
    findings += [
        Finding("tile_outside", table="log_bundles", row=shown(number))
        for number in bundles
        if not _has_tile(size, 0, number)
    ]
    return findings


async def _size(log: Log, checkpoint: Checkpoint) -> int:
    """Returns the log's current size, at least the checkpoint's, in case the recorded size was reduced."""
    state = await store.find_state(log.db)
    return checkpoint.size if state is None else max(checkpoint.size, state.size)


def _index(row: SourceRow) -> int | None:
    return row.log_index if type(row.log_index) is int else None


def _has_tile(size: int, level: object, number: object) -> bool:
    if type(level) is not int or type(number) is not int:  # SQLite stores any type in any column
        return False
    return level in range(MAX_LEVEL + 1) and 0 <= number * WIDTH < size >> HEIGHT * level


async def check_end(log: Log) -> list[Finding]:
    """Finds faults that would stop the log: an edge that doesn't match the last checkpoint, a malformed waiting row."""
    findings = [
        Finding("bad_row", table=row.source.table, row=shown(row.id))
        for row in await store.unlogged(log.db, limit=BATCH)
        if _leaf(log, row) is None
    ]
    previous, state = None, await store.find_state(log.db)
    while state is not None and state != previous:
        try:
            await read_edge(log, state)
        except LogError as error:  # The log may have grown while it was read.
            previous, state = state, await store.find_state(log.db)
            if state == previous:
                findings.append(Finding("edge_damaged", detail=str(error)))
        else:
            break
    return findings


async def _check_leaves(log: Log, number: int, size: int, tree: _Tree, archived: Archived) -> list[Finding]:
    start, width = number << HEIGHT, tile_at(0, number, size).width
    findings = []
    tile = await store.find_tile(log.db, level=0, number=number)
    leaves = _hashes(tile)
    if tile is None or leaves is None or len(leaves) < width:
        findings.append(Finding("tile_missing", table="log_tiles", row=f"0/{number}", index=start))
        leaves = [b""] * width
    elif not _fits(tile, len(leaves), width):
        findings.append(Finding("wrong_width", table="log_tiles", row=f"0/{number}", index=start))
    bundle = await store.find_bundle(log.db, number=number)
    entries = _entries(bundle)
    if bundle is None or entries is None or len(entries) < width:
        findings.append(Finding("bundle_missing", table="log_bundles", row=str(number), index=start))
        entries = None
    elif not _fits(bundle, len(entries), width):
        findings.append(Finding("wrong_width", table="log_bundles", row=str(number), index=start))
    leaves = leaves[:width]
    tree.leaves += leaves
    if width == WIDTH:
        tree.full.append(perfect_root(leaves))
    else:
        tree.edge[0] = b"".join(leaves)
    rows = await store.logged(log.db, start=start, end=start + width)
    places = Range(start, start + width)
    return findings + _compare(log, places, leaves=leaves, entries=entries, rows=rows, archived=archived)


def _fits(stored: Stored, held: int, width: int) -> bool:
    """Reports whether the stored width is that of the content, and at most a full tile's.

    A partial one may have grown beyond `width`.
    """
    return stored.width == held and (width < WIDTH or held == WIDTH)


def _compare(  # compares rows and tiles at the same indexes
    log: Log,
    places: Range,
    *,
    leaves: list[bytes],
    entries: list[bytes] | None,
    rows: list[SourceRow],
    archived: Archived,
) -> list[Finding]:
    by_place: dict[int, list[SourceRow]] = {index: [] for index in range(*places)}
    findings = []
    for row in rows:
        if row.log_index in by_place:
            by_place[row.log_index].append(row)
        else:  # between two indexes, since SQLite columns accept fractions
            findings.append(Finding("row_outside", table=row.source.table, row=shown(row.id)))
    for index, leaf in enumerate(leaves, places.start):
        rows_here = by_place[index]
        findings += [
            Finding("row_changed", table=row.source.table, row=shown(row.id), index=index)
            for row in rows_here
            if _leaf(log, row) != leaf
        ]
        if not rows_here and not archived.has(index):
            findings.append(Finding("row_missing", index=index))
        if len(rows_here) > 1:
            names = ", ".join(f"{row.source.table} {shown(row.id)}" for row in rows_here)
            findings.append(Finding("row_doubled", index=index, detail=names))
        if entries is not None and leaf_hash(entries[index - places.start]) != leaf:
            findings.append(
                Finding("entry_changed", table="log_bundles", row=str(index >> HEIGHT), index=index)
            )
    return findings


def _leaf(log: Log, row: SourceRow) -> bytes | None:
    try:
        return leaf_hash(entry_of(row, log.key))
    except LogError:
        return None


async def _check_levels(log: Log, tree: _Tree) -> AsyncIterator[Finding]:
    """Checks levels 1 and above, and builds their partial tiles."""
    level, hashes = 1, tree.full
    while hashes:
        above = []
        for number, at in enumerate(range(0, len(hashes), WIDTH)):
            part = hashes[at : at + WIDTH]
            tile = await store.find_tile(log.db, level=level, number=number)
            code, place = _difference(tile, part)
            if code is not None:
                first = (at + place) << HEIGHT * level
                yield Finding(code, table="log_tiles", row=f"{level}/{number}", index=first)
            if len(part) == WIDTH:
                above.append(perfect_root(part))
            else:
                tree.edge[level] = b"".join(part)
        level, hashes = level + 1, above


def _difference(tile: Stored | None, part: list[bytes]) -> tuple[str | None, int]:
    """Compares a tile with the hashes that it must begin with.

    Returns the code of a finding, or None if there is none, and the position of the first difference.
    """
    stored = _hashes(tile)
    if tile is None or stored is None or len(stored) < len(part):
        return "tile_missing", 0
    for place, pair in enumerate(zip(stored, part, strict=False)):
        if pair[0] != pair[1]:
            return "tile_changed", place
    return None if _fits(tile, len(stored), len(part)) else "wrong_width", 0


def _hashes(tile: Stored | None) -> list[bytes] | None:
    try:
        return None if tile is None else split_hashes(tile.content)
    except LogError:
        return None


def _entries(bundle: Stored | None) -> list[bytes] | None:
    try:
        return None if bundle is None else split_bundle(bundle.content)
    except LogError:
        return None
