"""Right edge of the stored tree, where the next entries are added; any fault in it stops the log.

Both the sequencer and the check read it here, so that the check finds whatever would stop the sequencer.
"""

from dataclasses import dataclass

from mshield.pki.errors import LogProofError
from mshield.pki.tlog.growth import Edge, check_edge
from mshield.pki.tlog.merkle import HASH_BYTES
from mshield.pki.tlog.note import open_checkpoint
from mshield.pki.tlog.tiles import HEIGHT, WIDTH, edge_root, split_bundle
from mshield.server.database.interface import Database
from mshield.server.log.open_log import Log
from mshield.server.log.rows import log as store
from mshield.server.log.rows.log import State, Stored


@dataclass(frozen=True, slots=True)
class RightEdge:
    """The partial tiles by level, and the entries of the last, incomplete bundle."""

    tiles: Edge
    entries: list[bytes]


async def read_edge(log: Log, state: State) -> RightEdge:
    """Reads the edge of a log in this state. Raises: LogError (it doesn't match the last signed checkpoint)."""
    tiles = {level: _hashes(stored) for level, stored in (await store.partial_tiles(log.db)).items()}
    last = open_checkpoint(state.checkpoint, log.key.verifier)
    if (last.origin, last.size) != (state.origin, state.size):
        raise LogProofError("the log's name or size differs from the last signed checkpoint")
    check_edge(state.size, tiles)
    if last.root != edge_root(state.size, tiles):
        raise LogProofError("the tiles do not yield the last signed root")
    return RightEdge(tiles, await _open_bundle(log.db, state.size))


def _hashes(tile: Stored) -> bytes:
    if len(tile.content) != tile.width * HASH_BYTES:
        raise LogProofError(f"a tile of {tile.width} hashes has {len(tile.content)} bytes")
    return tile.content


async def _open_bundle(db: Database, size: int) -> list[bytes]:
    if size % WIDTH == 0:
        return []
    stored = await store.find_bundle(db, number=size >> HEIGHT)
    entries = [] if stored is None else split_bundle(stored.content)
    if stored is None or not len(entries) == stored.width == size % WIDTH:
        raise LogProofError(f"the last bundle has {len(entries)} entries")
    return entries
