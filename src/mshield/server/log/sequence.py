"""Sequencing of waiting rows into the log: entries, tiles and a signed checkpoint, in one transaction per batch.

It may run in several processes at once: one of them adds the entries, and the others notice that and stop.
Before anything is added, the stored right edge must yield the last signed root, so that every signed
checkpoint continues the previous one.
"""

from collections.abc import Callable, Sequence
from typing import Final

from mshield.pki.errors import LogError
from mshield.pki.tlog.growth import grow
from mshield.pki.tlog.merkle import leaf_hash
from mshield.pki.tlog.note import Checkpoint
from mshield.pki.tlog.tiles import HEIGHT, WIDTH, edge_root, pack_bundle
from mshield.server.database.interface import Conflict
from mshield.server.log.damage import LogDamaged
from mshield.server.log.entries import entry_of, time_of
from mshield.server.log.open_log import Log
from mshield.server.log.right_edge import read_edge
from mshield.server.log.rows import log as store
from mshield.server.log.rows.log import SOURCES, ConcurrentUpdate, Growth, SourceRow, State

BATCH: Final = 512
"""Rows per transaction; on SQLite it holds the event loop for some ten milliseconds."""


Placed = Callable[[int, Sequence[SourceRow]], None]
"""Callback for rows added to the log: index of the first one, and the rows, in order."""


async def sequence(log: Log, *, now: int, placed: Placed | None = None) -> int:
    """Logs all waiting rows, and returns how many. Raises: LogDamaged, StoreError."""
    total, added = 0, BATCH
    while added == BATCH:
        added = await _sequence_batch(log, now=now, placed=placed)
        total += added
    return total


async def _sequence_batch(log: Log, *, now: int, placed: Placed | None) -> int:
    # Read the state before the rows: if another process logs rows after that, the size will differ from this
    # one.
    state = await store.find_state(log.db)
    unlogged = await store.unlogged(log.db, limit=BATCH)
    if state is None or not unlogged:
        return 0
    try:
        rows = _in_order(unlogged)[:BATCH]
        await store.append(log.db, await _growth(log, state, rows), now=now)
    except (LogError, ConcurrentUpdate, Conflict) as error:
        # Another process may have added entries, perhaps between two of the reads.
        again = await store.find_state(log.db)
        if again is None or again.size != state.size:
            return 0
        raise LogDamaged(str(error)) from error
    if placed is not None:
        placed(state.size, rows)
    return len(rows)


def _in_order(rows: list[SourceRow]) -> list[SourceRow]:
    """Sorts by time, then source, then key. Raises: LogError."""
    if any(type(time_of(row)) is not int for row in rows):  # SQLite stores any type in any column
        raise LogError("a row has no time")
    return sorted(rows, key=lambda row: (time_of(row), SOURCES.index(row.source)))


async def _growth(log: Log, state: State, rows: list[SourceRow]) -> Growth:
    edge = await read_edge(log, state)
    entries = [entry_of(row, log.key) for row in rows]
    grown = grow(state.size, edge.tiles, [leaf_hash(entry) for entry in entries])
    size = state.size + len(rows)
    checkpoint = Checkpoint(state.origin, size, edge_root(size, grown.edge))
    bundles = _bundles(state.size, edge.entries, entries)
    return Growth(state.size, rows, grown.tiles, bundles, log.key.sign(checkpoint))


def _bundles(size: int, held: list[bytes], added: list[bytes]) -> list[tuple[int, int, bytes]]:
    """Returns number, width and content of the bundles that the entries go into."""
    entries, first = held + added, size >> HEIGHT
    parts = [entries[at : at + WIDTH] for at in range(0, len(entries), WIDTH)]
    return [(first + number, len(part), pack_bundle(part)) for number, part in enumerate(parts)]
