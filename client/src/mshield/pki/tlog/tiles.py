"""Tiles of C2SP tlog-tiles: which hashes are in which tile, and the paths under which tiles are served.

A tile of level L holds up to 256 hashes of perfect subtrees of height 8·L. A partial tile is the beginning of
the full one, so the widest stored tile can serve all narrower ones.
"""

import re
from typing import Final, NamedTuple

from mshield.pki.errors import LogFormError
from mshield.pki.tlog.merkle import HASH_BYTES, Node, Range, fold, perfect_root, subtrees

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
MAX_LEVEL: Final = 7
"""Highest level of a tree of less than 2^63 leaves."""

_POSITION: Final = re.compile(r"((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


class Tile(NamedTuple):
    """A tile: `number` counts from the left of its level, `width` is its number of hashes, 1 to 256."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Path below the log's URL: `tile/0/x001/234`, with `.p/7` for a partial tile."""
        return f"tile/{self.level}/{position(self.number, self.width)}"


def bundle_path(number: int, width: int) -> str:
    """Returns the path of an entry bundle below the log's URL."""
    return f"tile/entries/{position(number, width)}"


def position(number: int, width: int) -> str:
    """Formats a number: `x001/x234/067` for 1234067, with `.p/WIDTH` for a partial tile."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"


def parse_position(text: str) -> tuple[int, int]:
    """Parses a number and width. Raises: LogFormError for any other spelling."""
    match = _POSITION.fullmatch(text)
    if match is not None:
        number = int(match[1].replace("x", "").replace("/", ""))
        width = int(match[2] or WIDTH)
        if position(number, width) == text and width <= WIDTH and (match[2] is None or width < WIDTH):
            return number, width
    raise LogFormError("not the position of a tile")


def tile_of(node: Node, size: int) -> Tile:
    """Returns the tile that holds the subtree's hash, or the hashes it is computed from, in a tree of `size` leaves."""
    level, rest = divmod(node.height, HEIGHT)
    return tile_at(level, node.place << rest >> HEIGHT, size)


def tile_at(level: int, number: int, size: int) -> Tile:
    """Returns the `number`-th tile of a level, as wide as in a tree of this size."""
    return Tile(level, number, min(WIDTH, (size >> HEIGHT * level) - number * WIDTH))


def right_edge(size: int) -> list[Tile]:
    """Returns the partial tiles of a tree, lowest level first: enough to append leaves and to compute the root."""
    tiles = []
    for level in range(MAX_LEVEL + 1):
        hashes = size >> HEIGHT * level
        if hashes % WIDTH:
            tiles.append(Tile(level, hashes // WIDTH, hashes % WIDTH))
    return tiles


def node_in(tile: Tile, hashes: bytes, node: Node) -> bytes:
    """Computes a subtree's hash from its tile. Raises: LogFormError if the tile is too short."""
    rest = node.height - HEIGHT * tile.level
    first = (node.place << rest) - tile.number * WIDTH
    below = split_hashes(hashes)[first : first + (1 << rest)]
    if len(below) != 1 << rest:
        raise LogFormError(f"tile {tile.path} has {len(hashes) // HASH_BYTES} hashes")
    return perfect_root(below)


def split_hashes(hashes: bytes) -> list[bytes]:
    """Splits a tile into its hashes. Raises: LogFormError."""
    if len(hashes) % HASH_BYTES:
        raise LogFormError("a tile's length is not a multiple of 32")
    return [hashes[i : i + HASH_BYTES] for i in range(0, len(hashes), HASH_BYTES)]


def edge_root(size: int, edge: dict[int, bytes]) -> bytes:
    """Computes a tree's root from its partial tiles, by level. Raises: LogFormError if one is missing or short."""
    roots = []
    for node in subtrees(Range(0, size)):
        tile = tile_of(node, size)
        roots.append(node_in(tile, edge.get(tile.level, b""), node))
    return fold(roots)


def pack_bundle(entries: list[bytes]) -> bytes:
    """Encodes an entry bundle: each entry after its length in two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def split_bundle(bundle: bytes) -> list[bytes]:
    """Splits a bundle into its entries. Raises: LogFormError."""
    entries, at = [], 0
    while at < len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if at + 2 > len(bundle) or end > len(bundle):
            raise LogFormError("an entry bundle ends in the middle of an entry")
        entries.append(bundle[at + 2 : end])
        at = end
    return entries
