"""Checks rows, entries and tiles against each other and the signed root, 256 places at a time."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from mshield.pki.errors import LogError
from mshield.pki.tlog.merkle import HASH_BYTES, Range, leaf_hash, perfect_root
from mshield.pki.tlog.note import Checkpoint
from mshield.pki.tlog.tiles import HEIGHT, WIDTH, edge_root, split_bundle, split_hashes, tile_at
from mshield.services.log.entries import entry_of, shown
from mshield.services.log.findings import Finding
from mshield.services.log.open_log import Log
from mshield.store import log as store
from mshield.store.log import SourceRow

_FEW = 10


@dataclass(slots=True)
class _Tree:
    """What level 0 makes: the roots of its full tiles, and the partial tiles by level."""

    full: list[bytes] = field(default_factory=list)
    edge: dict[int, bytes] = field(default_factory=dict)


async def check_rows(log: Log, checkpoint: Checkpoint) -> AsyncIterator[Finding]:
    """Each row against its leaf, each entry too, each level against the one below, and the root."""
    tree = _Tree()
    for number in range(-(-checkpoint.size // WIDTH)):
        for finding in await _check_leaves(log, number, checkpoint.size, tree):
            yield finding
    async for finding in _check_levels(log, tree):
        yield finding
    try:
        root = edge_root(checkpoint.size, tree.edge)
    except LogError:
        root = b""
    if root != checkpoint.root:
        yield Finding("wrong_root")


async def check_outside(log: Log) -> list[Finding]:
    """Rows, tiles and bundles whose place the log doesn't have; read before its size, as it may grow."""
    state = await store.find_state(log.db)
    rows = [] if state is None else await store.outside(log.db, size=state.size, limit=_FEW)
    tiles, bundles = await store.last_tiles(log.db)
    state = await store.find_state(log.db)
    size = 0 if state is None else state.size
    found = [
        Finding("row_outside", table=row.source.table, row=shown(row), index=row.log_index)
        for row in rows
        if not (isinstance(row.log_index, int) and 0 <= row.log_index < size)
    ]
    found += [
        Finding("tile_outside", table="log_tiles", row=f"{level}/{number}")
        for level, number in tiles.items()
        if number * WIDTH >= size >> HEIGHT * level
    ]
    if bundles * WIDTH >= max(size, 1):
        found.append(Finding("tile_outside", table="log_bundles", row=str(bundles)))
    return found


async def _check_leaves(log: Log, number: int, size: int, tree: _Tree) -> list[Finding]:
    start, width = number << HEIGHT, tile_at(0, number, size).width
    found = []
    leaves = _hashes(await store.find_tile(log.db, level=0, number=number), width)
    if leaves is None:
        found.append(Finding("tile_missing", table="log_tiles", row=f"0/{number}", index=start))
        leaves = [b""] * width
    entries = _entries(await store.find_bundle(log.db, number=number), width)
    if entries is None:
        found.append(Finding("bundle_missing", table="log_bundles", row=str(number), index=start))
    if width == WIDTH:
        tree.full.append(perfect_root(leaves))
    else:
        tree.edge[0] = b"".join(leaves)
    rows = await store.logged(log.db, start=start, end=start + width)
    return found + _compare(log, Range(start, start + width), leaves, entries, rows)


def _compare(
    log: Log, places: Range, leaves: list[bytes], entries: list[bytes] | None, rows: list[SourceRow]
) -> list[Finding]:
    by_place: dict[int, list[SourceRow]] = {index: [] for index in range(*places)}
    for row in rows:
        by_place[row.log_index or 0].append(row)
    found = []
    for index, leaf in enumerate(leaves, places.start):
        here = by_place[index]
        found += [
            Finding("row_changed", table=row.source.table, row=shown(row), index=index)
            for row in here
            if _leaf(log, row) != leaf
        ]
        if not here:
            found.append(Finding("row_missing", index=index))
        if len(here) > 1:
            names = ", ".join(f"{row.source.table} {shown(row)}" for row in here)
            found.append(Finding("row_doubled", index=index, detail=names))
        if entries is not None and leaf_hash(entries[index - places.start]) != leaf:
            found.append(Finding("entry_changed", table="log_bundles", row=str(index >> HEIGHT), index=index))
    return found


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
            stored = _hashes(await store.find_tile(log.db, level=level, number=number), len(part))
            if stored != part:
                place = 0 if stored is None else _first_difference(stored, part)
                yield Finding(
                    "tile_missing" if stored is None else "tile_changed",
                    table="log_tiles",
                    row=f"{level}/{number}",
                    index=(at + place) << HEIGHT * level,
                )
            if len(part) == WIDTH:
                above.append(perfect_root(part))
            else:
                tree.edge[level] = b"".join(part)
        level, hashes = level + 1, above


def _first_difference(one: list[bytes], other: list[bytes]) -> int:
    return next(place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])


def _hashes(tile: bytes | None, width: int) -> list[bytes] | None:
    """The first hashes of a tile, or None where it has less."""
    if not isinstance(tile, bytes) or len(tile) < width * HASH_BYTES:
        return None
    return split_hashes(tile[: width * HASH_BYTES])


def _entries(bundle: bytes | None, width: int) -> list[bytes] | None:
    try:
        entries = split_bundle(bundle or b"")
    except LogError:
        return None
    return entries[:width] if len(entries) >= width else None
