"""Checks rows, entries and tiles against each other and the signed root, 256 places at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from mshield.pki.errors import LogError
from mshield.pki.tlog.merkle import Range, leaf_hash, perfect_root
from mshield.pki.tlog.note import Checkpoint
from mshield.pki.tlog.tiles import HEIGHT, MAX_LEVEL, WIDTH, edge_root, split_bundle, split_hashes, tile_at
from mshield.services.log.archived import Archived
from mshield.services.log.entries import entry_of
from mshield.services.log.findings import Finding, shown
from mshield.services.log.open_log import Log
from mshield.services.log.right_edge import read_edge
from mshield.services.log.sequence import BATCH
from mshield.store.log import log as store
from mshield.store.log.log import SourceRow, Stored

_FEW = 10


PART: Final = 256
"""Tiles of one part: 65 536 entries, some seconds, and one tile of level 1."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a run of tiles of level 0 showed: faults, the roots of the full ones, a partial one's hashes, all leaves.

    `archived` is how many of its rows are in files.
    """

    findings: list[Finding]
    full: list[bytes]
    edge: bytes
    leaves: bytes
    archived: int


@dataclass(slots=True)
class _Tree:
    """What level 0 makes: the roots of its full tiles, and the partial tiles by level."""

    full: list[bytes] = field(default_factory=list)
    edge: dict[int, bytes] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)


def runs_of(first: int, size: int) -> list[range]:
    """The tiles of level 0 from the number `first` on, in parts that begin at multiples of PART."""
    end = -(-size // WIDTH)
    if first >= end:
        return []
    starts = [first, *range((first // PART + 1) * PART, end, PART)]
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], end], strict=True)]


async def check_part(log: Log, numbers: range, size: int, archived: Archived) -> Part:
    """Each row of these tiles of a log of this size against its leaf, each entry too.

    A row that was archived isn't here; its entry and leaf are.
    """
    tree, findings, met = _Tree(), [], archived.met
    for number in numbers:
        findings += await _check_leaves(log, number, size, tree, archived)
    return Part(findings, tree.full, tree.edge.get(0, b""), b"".join(tree.leaves), archived.met - met)


async def check_levels(
    log: Log, checkpoint: Checkpoint, full: list[bytes], edge: bytes
) -> AsyncIterator[Finding]:
    """Each level against the one below, and the root, from the roots of level 0's full tiles and its partial one."""
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
    """Rows, tiles and bundles whose place the log doesn't have; read before its size, as it may grow."""
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
    """The log's size by now; what the checkpoint says it has it has, also where the recorded size was made smaller."""
    state = await store.find_state(log.db)
    return checkpoint.size if state is None else max(checkpoint.size, state.size)


def _index(row: SourceRow) -> int | None:
    return row.log_index if type(row.log_index) is int else None


def _has_tile(size: int, level: object, number: object) -> bool:
    if type(level) is not int or type(number) is not int:  # SQLite keeps any value in any column
        return False
    return level in range(MAX_LEVEL + 1) and 0 <= number * WIDTH < size >> HEIGHT * level


async def check_end(log: Log) -> list[Finding]:
    """What would keep the log from growing: its end isn't as the last checkpoint says, or a row that waits is bad."""
    findings = [
        Finding("bad_row", table=row.source.table, row=shown(row.id))
        for row in await store.unlogged(log.db, limit=BATCH)
        if _leaf(log, row) is None
    ]
    before, state = None, await store.find_state(log.db)
    while state is not None and state != before:
        try:
            await read_edge(log, state)
        except LogError as error:  # or it has grown while it was read
            before, state = state, await store.find_state(log.db)
            if state == before:
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
    """Whether it says as much as it holds, and no more than a full one; beyond `width` a partial one may have grown."""
    return stored.width == held and (width < WIDTH or held == WIDTH)


def _compare(  # what stands at the same places
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
        else:  # between two places, as SQLite's columns take fractions
            findings.append(Finding("row_outside", table=row.source.table, row=shown(row.id)))
    for index, leaf in enumerate(leaves, places.start):
        here = by_place[index]
        findings += [
            Finding("row_changed", table=row.source.table, row=shown(row.id), index=index)
            for row in here
            if _leaf(log, row) != leaf
        ]
        if not here and not archived.has(index):
            findings.append(Finding("row_missing", index=index))
        if len(here) > 1:
            names = ", ".join(f"{row.source.table} {shown(row.id)}" for row in here)
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
    """Levels 1 and above; makes the partial tiles of each."""
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
    """What is wrong with a tile that should begin with these hashes, and where; None where nothing is."""
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
