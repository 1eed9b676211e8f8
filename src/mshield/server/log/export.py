"""Export of the log's tiles into a folder, in the layout of C2SP tlog-tiles, for any file server or object store.

Each run writes only missing files: full tiles never change, and a wider partial tile is a separate file. The
checkpoint is written last and atomically, so that a concurrent reader finds all tiles that it refers to.
"""

from collections.abc import Iterator
from pathlib import Path

from mshield.pki.tlog.note import open_checkpoint
from mshield.pki.tlog.tiles import HEIGHT, MAX_LEVEL, WIDTH, Tile, bundle_path, tile_at
from mshield.server.log.damage import NotLogged
from mshield.server.log.open_log import Log
from mshield.server.log.read import read_bundle, read_checkpoint, read_tile


async def export_log(log: Log, folder: Path) -> tuple[int, int]:
    """Returns the log's size, and how many files were written. Raises: NotLogged, LogError, OSError."""
    note = await read_checkpoint(log)
    size = open_checkpoint(note, log.key.verifier).size
    written = 0
    for tile in _tiles(size):
        if not (folder / tile.path).exists():
            _write(folder / tile.path, _required(await read_tile(log, tile)))
            written += 1
        if tile.level:
            continue
        place = folder / bundle_path(tile.number, tile.width)
        if not place.exists():
            _write(place, _required(await read_bundle(log, number=tile.number, width=tile.width)))
            written += 1
    place = folder / "checkpoint"
    if not place.exists() or place.read_text("utf-8") != note:
        _write(place, note.encode())
        written += 1
    return size, written


def _tiles(size: int) -> Iterator[Tile]:
    for level in range(MAX_LEVEL + 1):
        hashes = size >> HEIGHT * level
        for number in range(-(-hashes // WIDTH)):
            yield tile_at(level, number, size)


def _required(content: bytes | None) -> bytes:
    if content is None:
        raise NotLogged
    return content


def _write(place: Path, content: bytes) -> None:
    """Writes the file atomically; the log is public, so anybody may read it."""
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f".{place.name}.new")
    new.write_bytes(content)
    new.replace(place)
