"""Merkle tree hashes and proofs of RFC 6962, with SHA-256; proofs are checked by the algorithms of RFC 9162.

A tree is addressed by its perfect subtrees: `Node(height, place)` covers the leaves from `place << height`.
Proofs are described as ranges of leaves, so that nothing here depends on where hashes are stored.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, NamedTuple

from mshield.pki.errors import LogProofError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


class Node(NamedTuple):
    """A perfect subtree of 2^height leaves, the `place`-th of its height from the left."""

    height: int
    place: int


class Range(NamedTuple):
    """Leaves from `start` up to but excluding `end`."""

    start: int
    end: int


def leaf_hash(entry: bytes) -> bytes:
    """Returns SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Returns SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Returns the root of 2^n consecutive hashes of the same height."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def fold(hashes: Sequence[bytes]) -> bytes:
    """Returns the hash of a range from those of its `subtrees`, left to right; for none, the empty tree's root."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


def subtrees(leaves: Range) -> tuple[Node, ...]:
    """Returns the perfect subtrees that make up a range of a proof or a whole tree, left to right."""
    nodes = []
    start = leaves.start
    while start < leaves.end:
        height = (leaves.end - start).bit_length() - 1
        nodes.append(Node(height, start >> height))
        start += 1 << height
    return tuple(nodes)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """Returns the ranges of the inclusion proof of leaf `index` in a tree of `size`, the leaf's sibling first (2.1.1).

    Raises: LogProofError if the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise LogProofError(f"there is no entry {index} in a log of {size}")
    ranges = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append(Range(middle, end))
            end = middle
        else:
            ranges.append(Range(start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, size: int) -> list[Range]:
    """Returns the ranges of the proof that a tree of `size` begins with the tree of `old` leaves (2.1.2).

    Raises: LogProofError unless `old` is at most `size`.
    """
    if not 0 <= old <= size:
        raise LogProofError(f"a log of {size} entries can't begin with a log of {old} entries")
    if old == 0:
        return []
    ranges = []
    start, end = 0, size
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append(Range(middle, end))
            end = middle
        else:
            ranges.append(Range(start, middle))
            start = middle
    if start:
        ranges.append(Range(start, end))
    return ranges[::-1]


def check_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Checks that the leaf is at `index` in the tree of this size and root (RFC 9162, 2.1.3.2).

    Raises: LogProofError.
    """
    if not 0 <= index < size:
        raise LogProofError(f"there is no entry {index} in a log of {size}")
    first, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise LogProofError("the inclusion proof is too long")
        if first & 1 or first == last:
            node = node_hash(sibling, node)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        first, last = first >> 1, last >> 1
    if last or node != root:
        raise LogProofError("the inclusion proof does not lead to the checkpoint's root")


def check_consistency(*, old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Checks that the tree begins with the old one (RFC 9162, 2.1.4.2). Raises: LogProofError."""
    if not 0 <= old <= size:
        raise LogProofError(f"a log of {size} entries can't begin with a log of {old} entries")
    if old in {0, size}:
        same = old_root == (root if old else EMPTY_ROOT)
        if proof or not same:
            raise LogProofError("the two trees differ")
        return
    hashes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not hashes:
        raise LogProofError("the consistency proof is empty")
    _check_grown(old, size, old_root, root, hashes)


def _check_grown(old: int, size: int, old_root: bytes, root: bytes, hashes: list[bytes]) -> None:
    first, last = old - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_node = node = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise LogProofError("the consistency proof is too long")
        if first & 1 or first == last:
            old_node, node = node_hash(sibling, old_node), node_hash(sibling, node)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        first, last = first >> 1, last >> 1
    if last or old_node != old_root or node != root:
        raise LogProofError("the consistency proof does not lead from the old root to the new one")


def _split(leaves: int) -> int:
    """Returns the largest power of two below the number of leaves."""
    return 1 << (leaves - 1).bit_length() - 1
