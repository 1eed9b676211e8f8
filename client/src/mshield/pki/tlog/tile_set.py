"""The tiles of a log that prove some of its entries against one checkpoint, stored beside them in a file.

An entry's proof needs the tile above it at each level, and the partial ones at the tree's right edge.
Neighbouring entries share these, so they cost some 32 octets per covered index.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mshield.pki.errors import LogFormError, LogProofError
from mshield.pki.tlog.merkle import HASH_BYTES, Range, check_inclusion, fold, inclusion_ranges, subtrees
from mshield.pki.tlog.note import Checkpoint, VerifierKey, open_checkpoint
from mshield.pki.tlog.proof import InclusionProof
from mshield.pki.tlog.tiles import HEIGHT, MAX_LEVEL, WIDTH, Tile, node_in, right_edge, tile_at, tile_of


def tiles_above(places: Iterable[int], size: int) -> Iterator[Tile]:
    """Yields the tiles that prove these indexes in a log of this size, each once."""
    numbers = {place >> HEIGHT for place in places}
    edge = {tile.level: tile for tile in right_edge(size)}
    for level in range(MAX_LEVEL + 1):
        for number in sorted(numbers):
            tile = tile_at(level, number, size)
            if tile.width > 0:
                yield tile
        if level in edge and edge[level].number not in numbers:
            yield edge[level]
        numbers = {number >> HEIGHT for number in numbers}


@dataclass(slots=True)
class TileSet:
    """Tiles, and the checkpoint (a signed note, not yet checked) of a log of `size` entries that they lead to."""

    note: str
    size: int
    _hashes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def put(self, level: int, number: int, hashes: bytes) -> None:
        """Adds a tile as it was read."""
        self._hashes[level, number] = hashes

    def prove(self, entry: bytes, index: int) -> InclusionProof:
        """Returns the proof of an entry, not checked. Raises: LogFormError if a tile is missing."""
        return InclusionProof(entry, index, self._path(index), self.note)

    def check(self, key: VerifierKey, leaves: Mapping[int, bytes]) -> Checkpoint:
        """Checks that each of these leaves is at its index in the checkpoint's tree. Raises: LogError.

        Folding one leaf up to the root uses all other leaves of its tile, so each tile is folded only once.
        """
        checkpoint = open_checkpoint(self.note, key)
        if checkpoint.size != self.size:
            raise LogFormError("the tiles belong to a log of another size")
        for number in {index >> HEIGHT for index in leaves}:
            first = number << HEIGHT
            check_inclusion(
                self._leaf(first),
                index=first,
                size=checkpoint.size,
                proof=self._path(first),
                root=checkpoint.root,
            )
        for index, leaf in leaves.items():
            if self._leaf(index) != leaf:
                raise LogProofError(f"another entry is at index {index}")
        return checkpoint

    def _path(self, index: int) -> tuple[bytes, ...]:
        if not 0 <= index < self.size:
            raise LogFormError("a position beyond the log's end")
        return tuple([self._hash(leaves) for leaves in inclusion_ranges(index, self.size)])

    def _leaf(self, index: int) -> bytes:
        first = index % WIDTH * HASH_BYTES
        return self._tile(tile_at(0, index >> HEIGHT, self.size))[first : first + HASH_BYTES]

    def _hash(self, leaves: Range) -> bytes:
        roots = []
        for node in subtrees(leaves):
            tile = tile_of(node, self.size)
            roots.append(node_in(tile, self._tile(tile), node))
        return fold(roots)

    def _tile(self, tile: Tile) -> bytes:
        hashes = self._hashes.get((tile.level, tile.number), b"")
        if len(hashes) != tile.width * HASH_BYTES:
            raise LogFormError(f"tile {tile.path} is missing or too narrow")
        return hashes
