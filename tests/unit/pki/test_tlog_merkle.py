"""Merkle trees and tiles against outside vectors: certificate-transparency's tree, C2SP's example paths."""

import pytest

from mshield.pki.errors import LogFormError, LogProofError
from mshield.pki.tlog import merkle, tiles
from mshield.pki.tlog.merkle import Range
from mshield.pki.tlog.tiles import Tile

# certificate-transparency, cpp/merkletree/merkle_tree_test.cc; also in transparency-dev/merkle.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(each)
    for each in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
CONSISTENCY = {
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
INCLUSION = {
    (0, 8): CONSISTENCY[1, 8],
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
}


def _hash(leaves: Range) -> bytes:
    hashes = [merkle.leaf_hash(each) for each in LEAVES]
    return merkle.fold(
        [
            merkle.perfect_root(hashes[node.place << node.height : node.place + 1 << node.height])
            for node in merkle.subtrees(leaves)
        ]
    )


@pytest.mark.parametrize("size", range(9))
def test_roots_match_the_vectors(size: int) -> None:
    assert _hash(Range(0, size)) == ROOTS[size]


@pytest.mark.parametrize(("old", "size"), list(CONSISTENCY))
def test_consistency_proofs_match_the_vectors(old: int, size: int) -> None:
    proof = [_hash(each) for each in merkle.consistency_ranges(old, size)]
    assert [each.hex() for each in proof] == list(CONSISTENCY[old, size])
    merkle.check_consistency(old=old, size=size, old_root=ROOTS[old], root=ROOTS[size], proof=proof)


@pytest.mark.parametrize(("index", "size"), list(INCLUSION))
def test_inclusion_proofs_match_the_vectors(index: int, size: int) -> None:
    proof = [_hash(each) for each in merkle.inclusion_ranges(index, size)]
    assert [each.hex() for each in proof] == list(INCLUSION[index, size])
    leaf = merkle.leaf_hash(LEAVES[index])
    merkle.check_inclusion(leaf, index=index, size=size, proof=proof, root=ROOTS[size])


def test_wrong_inclusion_proof_is_refused() -> None:
    proof = [_hash(each) for each in merkle.inclusion_ranges(5, 8)]
    leaf = merkle.leaf_hash(LEAVES[5])
    for changed in (proof[:-1], [*proof, proof[0]], [*proof[::-1]], []):
        with pytest.raises(LogProofError):
            merkle.check_inclusion(leaf, index=5, size=8, proof=changed, root=ROOTS[8])
    for index in (-1, 4, 8):
        with pytest.raises(LogProofError):
            merkle.check_inclusion(leaf, index=index, size=8, proof=proof, root=ROOTS[8])


def test_a_log_that_shrank_or_forked_is_refused() -> None:
    proof = [_hash(each) for each in merkle.consistency_ranges(6, 8)]
    for old, size, old_root, root, given in (
        (8, 6, ROOTS[8], ROOTS[6], proof),
        (6, 8, ROOTS[5], ROOTS[8], proof),
        (6, 8, ROOTS[6], ROOTS[7], proof),
        (6, 8, ROOTS[6], ROOTS[8], proof[:-1]),
        (6, 8, ROOTS[6], ROOTS[8], [*proof, proof[0]]),
        (6, 8, ROOTS[6], ROOTS[8], []),
        (8, 8, ROOTS[8], ROOTS[7], []),
        (8, 8, ROOTS[8], ROOTS[8], proof),
        (0, 8, ROOTS[1], ROOTS[8], []),
    ):
        with pytest.raises(LogProofError):
            merkle.check_consistency(old=old, size=size, old_root=old_root, root=root, proof=given)


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, 256, "000"),
        (7, 3, "007.p/3"),
        (999, 256, "999"),
        (1000, 256, "x001/000"),
        (1_234_067, 256, "x001/x234/067"),  # example of the specification
        (1_234_067, 255, "x001/x234/067.p/255"),
    ],
)
def test_tile_paths_round_trip(number: int, width: int, path: str) -> None:
    assert tiles.position(number, width) == path
    assert tiles.parse_position(path) == (number, width)
    assert Tile(0, number, width).path == f"tile/0/{path}"
    assert tiles.bundle_path(number, width) == f"tile/entries/{path}"


@pytest.mark.parametrize(
    "path",
    ["", "0", "00", "0000", "x000/000", "x001", "001/000", "000.p/0", "000.p/256", "000.p/01", "000.p/", "000.p",
     "000/", "/000", "-01", "٠٠٠", "x01/000", "000.p/1/2", "x001/" * 9 + "000"],
)  # fmt: skip
def test_path_has_one_spelling(path: str) -> None:
    with pytest.raises(LogFormError):
        tiles.parse_position(path)


def test_right_edge_of_a_tree_of_70000_has_three_tiles() -> None:
    # Example of the specification.
    assert tiles.right_edge(70_000) == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert tiles.right_edge(256) == [Tile(1, 0, 1)]
    assert tiles.tile_at(0, 272, 70_000) == Tile(0, 272, 256)
    assert tiles.right_edge(0) == []


def test_entry_bundles_round_trip_and_truncated_ones_are_refused() -> None:
    entries = [b"", b"a", bytes(300)]
    assert tiles.pack_bundle(entries[:2]) == b"\x00\x00\x00\x01a"
    assert tiles.split_bundle(tiles.pack_bundle(entries)) == entries
    for cut in (1, 3, 100):
        with pytest.raises(LogFormError):
            tiles.split_bundle(tiles.pack_bundle(entries[1:])[: cut + 3])
