"""Writes the log's tiles into a folder, as C2SP tlog-tiles lays them out, for any file server or object store.

Each run writes what the folder doesn't have: full tiles never change, and of the partial ones a wider one is a file of
its own. The checkpoint comes last and in one step, so that whoever reads beside it never misses a tile of it.
"""

from collections.abc import Iterator
from pathlib import Path

from mshield.pki.tlog.note import open_checkpoint
from mshield.pki.tlog.tiles import HEIGHT, MAX_LEVEL, WIDTH, Tile, bundle_path, tile_at
from mshield.services.log.errors import NotLogged
from mshield.services.log.open_log import Log
from mshield.services.log.read import read_bundle, read_checkpoint, read_tile


async def export_log(log: Log, folder: Path) -> tuple[int, int]:
    """The log's size, and how many files were written. Raises NotLogged, LogError, OSError."""
    note = await read_checkpoint(log)
    size = open_checkpoint(note, log.key.verifier).size
    written = 0
    for tile in _tiles(size):
        if not (folder / tile.path).exists():
            _write(folder / tile.path, _there(await read_tile(log, tile)))
            written += 1
        if tile.level:
            continue
        place = folder / bundle_path(tile.number, tile.width)
        if not place.exists():
            _write(place, _there(await read_bundle(log, number=tile.number, width=tile.width)))
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


def _there(content: bytes | None) -> bytes:
    if content is None:
        raise NotLogged
    return content


def _write(place: Path, content: bytes) -> None:
    """Whole or not at all; readable for all, as a log is."""
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_name(f".{place.name}.new")
    new.write_bytes(content)
    new.replace(place)
