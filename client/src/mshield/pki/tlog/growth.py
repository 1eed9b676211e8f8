"""Growth of a tree: from its partial tiles and new leaves to the changed tiles and the new partial tiles."""

from dataclasses import dataclass

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.merkle import HASH_BYTES, perfect_root
from mshield.pki.tlog.tiles import HEIGHT, WIDTH, Tile, right_edge, split_hashes

Edge = dict[int, bytes]
"""Partial tiles of a tree, by level."""


@dataclass(frozen=True, slots=True)
class Grown:
    """Result: the changed tiles with all their hashes, and all partial tiles of the new tree."""

    tiles: tuple[tuple[Tile, bytes], ...]
    edge: Edge


def check_edge(size: int, edge: Edge) -> None:
    """Checks the levels and widths of the partial tiles of a tree of this size. Raises: LogFormError."""
    if {level: len(hashes) for level, hashes in edge.items()} != {
        tile.level: tile.width * HASH_BYTES for tile in right_edge(size)
    }:
        raise LogFormError(f"these are not the partial tiles of a log of {size}")


def grow(size: int, edge: Edge, leaves: list[bytes]) -> Grown:
    """Appends leaves to the tree of `size` leaves. Raises: LogFormError if `edge` belongs to another size."""
    check_edge(size, edge)
    tiles: list[tuple[Tile, bytes]] = []
    after = dict(edge)
    level, added = 0, leaves
    while added:
        hashes = split_hashes(after.pop(level, b"")) + added
        first, added = (size >> HEIGHT * level) // WIDTH, []
        for at in range(0, len(hashes), WIDTH):
            part = hashes[at : at + WIDTH]
            joined = b"".join(part)
            tiles.append((Tile(level, first + at // WIDTH, len(part)), joined))
            if len(part) == WIDTH:
                added.append(perfect_root(part))
            else:
                after[level] = joined
        level += 1
    return Grown(tuple(tiles), after)
