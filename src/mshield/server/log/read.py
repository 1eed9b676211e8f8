"""Public content of the log: checkpoint, tiles and entry bundles; and proofs, built from the same tiles."""

from mshield.pki.tlog.merkle import HASH_BYTES, Range, fold, inclusion_ranges, subtrees
from mshield.pki.tlog.note import open_checkpoint
from mshield.pki.tlog.proof import InclusionProof
from mshield.pki.tlog.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    node_in,
    pack_bundle,
    split_bundle,
    tile_of,
)
from mshield.server.log.damage import NotLogged
from mshield.server.log.open_log import Log
from mshield.server.log.rows import cosignatures
from mshield.server.log.rows import log as store


async def read_checkpoint(log: Log) -> str:
    """Returns the last checkpoint, a signed note. Raises: NotLogged (there is no log yet)."""
    state = await store.find_state(log.db)
    if state is None:
        raise NotLogged
    return state.checkpoint


async def read_cosigned(log: Log, *, index: int | None = None) -> str:
    """Returns the last checkpoint, with the signature lines of the witnesses that cosigned it.

    With `index`, returns the first checkpoint with this entry that any witness cosigned, or the last one if
    there is none. Raises: NotLogged.
    """
    state = await store.find_state(log.db)
    if state is None:
        raise NotLogged
    if index is not None:
        note = await cosignatures.first_with(log.db, origin=state.origin, log_index=index)
        return state.checkpoint if note is None else note
    note = await cosignatures.with_lines(log.db, origin=state.origin, size=state.size)
    return note if note is not None and note.startswith(state.checkpoint) else state.checkpoint


async def read_last_cosigned(log: Log) -> str | None:
    """Returns the largest checkpoint cosigned by any witness, with all its signature lines; None before the first."""
    return await cosignatures.newest(log.db, origin=log.key.verifier.name)


async def read_tile(log: Log, tile: Tile) -> bytes | None:
    """Returns the tile's hashes, or None if the log has no such tile (yet)."""
    stored = await store.find_tile(log.db, level=tile.level, number=tile.number)
    if stored is None or len(stored.content) < tile.width * HASH_BYTES:
        return None
    return stored.content[: tile.width * HASH_BYTES]


async def read_bundle(log: Log, *, number: int, width: int) -> bytes | None:
    """Returns the entry bundle, or None if the log has none of this width (yet)."""
    stored = await store.find_bundle(log.db, number=number)
    entries = [] if stored is None else split_bundle(stored.content)
    if stored is None or len(entries) < width:
        return None
    return stored.content if len(entries) == width else pack_bundle(entries[:width])


async def prove_inclusion(log: Log, *, index: int | None) -> InclusionProof:
    """Builds the proof for the entry at this index, under the last checkpoint. Raises: NotLogged, LogError."""
    return await prove_under(log, await read_checkpoint(log), index=index)


async def prove_under(log: Log, note: str, *, index: int | None) -> InclusionProof:
    """Builds the proof for the entry at this index, under the given checkpoint. Raises: NotLogged, LogError."""
    size = open_checkpoint(note, log.key.verifier).size
    if type(index) is not int or not 0 <= index < size:  # SQLite stores any type in any column
        raise NotLogged
    number, place = divmod(index, WIDTH)
    width = min(WIDTH, size - (number << HEIGHT))
    bundle = await read_bundle(log, number=number, width=width)
    if bundle is None:
        raise NotLogged
    hashes = [await hash_of(log, leaves, size) for leaves in inclusion_ranges(index, size)]
    return InclusionProof(split_bundle(bundle)[place], index, tuple(hashes), note)


async def prove_signature(log: Log, *, sid: bytes) -> InclusionProof:
    """Builds the proof for the signature of a document. Raises: NotLogged, LogError."""
    return await prove_inclusion(log, index=await store.log_position(log.db, sid=sid))


async def prove_issue(log: Log, *, serial: str) -> InclusionProof:
    """Builds the proof for the issue of a certificate; `serial` is lower-case hex. Raises: NotLogged, LogError."""
    return await prove_inclusion(log, index=await store.certificate_position(log.db, serial=serial))


async def prove_view(log: Log, *, client_id: str, digest: bytes) -> InclusionProof:
    """Builds the proof that a business system's view was registered; `digest` is SM3. Raises: NotLogged, LogError."""
    position = await store.view_position(log.db, client_id=client_id, digest=digest)
    return await prove_inclusion(log, index=position)


async def hash_of(log: Log, leaves: Range, size: int) -> bytes:
    """Returns the hash of a range in a log of this size, from its tiles. Raises: NotLogged, LogError."""
    roots = []
    for node in subtrees(leaves):
        tile = tile_of(node, size)
        hashes = await read_tile(log, tile)
        if hashes is None:
            raise NotLogged
        roots.append(node_in(tile, hashes, node))
    return fold(roots)
