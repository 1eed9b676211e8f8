"""Trees, tiles and proofs compared with a naive tree that follows RFC 6962's recursion literally."""

import contextlib
import hashlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.pki.errors import LogFormError, LogProofError, PkiError
from mshield.pki.tlog import growth, merkle, tiles
from mshield.pki.tlog.entry import (
    ActEntry,
    CertificateEntry,
    Published,
    SignatureEntry,
    Value,
    ViewEntry,
    canonical,
    parse_entry,
)
from mshield.pki.tlog.merkle import Range
from mshield.pki.tlog.note import VerifierKey, open_checkpoint
from mshield.pki.tlog.proof import parse_proof
from mshield.pki.tlog.tile_set import TileSet, tiles_above
from mshield.pki.tlog.tiles import Tile

MOST = 600


@cache
def mth(start: int, end: int) -> bytes:
    """Returns MTH(D[start:end]), where D[i] is i as text."""
    if end == start:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return hashlib.sha256(b"\x00" + str(start).encode()).digest()
    k = 1
    while k * 2 < end - start:
        k *= 2
    return hashlib.sha256(b"\x01" + mth(start, start + k) + mth(start + k, end)).digest()


def path(m: int, start: int, end: int) -> list[bytes]:
    """Returns PATH(m, D[start:end])."""
    if end - start == 1:
        return []
    k = 1
    while k * 2 < end - start:
        k *= 2
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, *, whole: bool) -> list[bytes]:
    """Returns SUBPROOF(m, D[start:end], whole)."""
    if m == end - start:
        return [] if whole else [mth(start, end)]
    k = 1
    while k * 2 < end - start:
        k *= 2
    if m <= k:
        return [*subproof(m, start, start + k, whole=whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, whole=False), mth(start, start + k)]


def tile_bytes(tile: Tile) -> bytes:
    """Returns a tile by its definition."""
    step = 256**tile.level
    first = tile.number * 256
    return b"".join(mth(i * step, (i + 1) * step) for i in range(first, first + tile.width))


def from_tiles(leaves: Range, size: int) -> bytes:
    """Returns a range's hash, computed from the tiles of a tree."""
    found = []
    for node in merkle.subtrees(leaves):
        tile = tiles.tile_of(node, size)
        assert tile in all_tiles(size)
        found.append(tiles.node_in(tile, tile_bytes(tile), node))
    return merkle.fold(found)


def all_tiles(size: int) -> set[Tile]:
    """Returns every tile of a tree of this size, by the specification's definition."""
    found = set()
    for level in range(3):
        count = size // 256**level
        found |= {Tile(level, n, 256) for n in range(count // 256)}
        if count % 256:
            found.add(Tile(level, count // 256, count % 256))
    return found


sizes = st.integers(0, MOST)


@given(size=sizes)
def test_root_and_right_edge_match_the_naive_tree(size: int) -> None:
    edge = {tile.level: tile_bytes(tile) for tile in tiles.right_edge(size)}
    assert tiles.edge_root(size, edge) == mth(0, size) == from_tiles(Range(0, size), size)
    assert {tile for tile in all_tiles(size) if tile.width < 256} == set(tiles.right_edge(size))


@given(data=st.data(), size=st.integers(1, MOST))
def test_inclusion_proofs_match_the_naive_tree(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = [from_tiles(each, size) for each in merkle.inclusion_ranges(index, size)]
    assert proof == path(index, 0, size)
    kept = TileSet("", size)
    for tile in tiles_above([index], size):
        kept.put(tile.level, tile.number, tile_bytes(tile))
    assert list(kept.prove(b"", index).hashes) == proof
    merkle.check_inclusion(mth(index, index + 1), index=index, size=size, proof=proof, root=mth(0, size))
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index)) if size > 1 else None
    if other is not None:
        for leaf, place in ((mth(other, other + 1), index), (mth(index, index + 1), other)):
            _refused(leaf, place, size, proof, mth(0, size))
    if proof:
        wrong = list(proof)
        at = data.draw(st.integers(0, len(proof) - 1))
        wrong[at] = bytes(32)
        _refused(mth(index, index + 1), index, size, wrong, mth(0, size))


def _refused(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> None:
    try:
        merkle.check_inclusion(leaf, index=index, size=size, proof=proof, root=root)
    except LogProofError:
        return
    raise AssertionError("a wrong proof was accepted")


@given(data=st.data(), size=sizes)
def test_consistency_proofs_match_the_naive_tree(data: st.DataObject, size: int) -> None:
    old = data.draw(st.integers(0, size))
    proof = [from_tiles(each, size) for each in merkle.consistency_ranges(old, size)]
    assert proof == (subproof(old, 0, size, whole=True) if old else [])
    right = {"old": old, "size": size, "old_root": mth(0, old), "root": mth(0, size), "proof": proof}
    merkle.check_consistency(**right)  # type: ignore[arg-type]  # named as there
    wrong = {"old_root": bytes(32), "root": bytes(32), "proof": [bytes(32), *proof[1:]]}
    for name, value in wrong.items():
        if name == "root" and old == 0:
            continue  # every string starts with the empty one
        try:
            merkle.check_consistency(**{**right, name: value})  # type: ignore[arg-type]  # as above
        except LogProofError:
            continue
        raise AssertionError(f"a wrong {name} was accepted")


@given(number=st.integers(0, 10**15), width=st.integers(1, 256))
def test_paths_come_back(number: int, width: int) -> None:
    assert tiles.parse_position(tiles.position(number, width)) == (number, width)


@given(text=st.text(max_size=40))
def test_any_text_as_path_note_or_proof_is_refused_in_order(text: str) -> None:
    key = VerifierKey("log.example/log", bytes(32))
    for parse in (
        tiles.parse_position,
        VerifierKey.parse,
        parse_proof,
        lambda note: open_checkpoint(note, key),
    ):
        try:
            parse(text)
        except PkiError:
            continue
        assert parse is tiles.parse_position, "three digits are a place"


@given(data=st.binary(max_size=120))
def test_any_bytes_as_entry_or_bundle_are_refused_in_order(data: bytes) -> None:
    with contextlib.suppress(PkiError):
        assert parse_entry(data).encode() == data
    with contextlib.suppress(PkiError):
        assert tiles.pack_bundle(tiles.split_bundle(data)) == data


@given(data=st.data(), batches=st.lists(st.integers(0, 700), max_size=4))
def test_growing_by_batches_gives_the_tiles_of_the_whole(data: st.DataObject, batches: list[int]) -> None:
    size = 0
    edge: growth.Edge = {}
    kept: dict[tuple[int, int], bytes] = {}
    for batch in batches:
        leaves = [mth(i, i + 1) for i in range(size, size + batch)]
        grown = growth.grow(size, edge, leaves)
        for tile, hashes in grown.tiles:
            assert hashes.startswith(kept.get((tile.level, tile.number), b"")), "a tile only grows"
            kept[tile.level, tile.number] = hashes
        size, edge = size + batch, grown.edge
        assert tiles.edge_root(size, edge) == mth(0, size)
    assert kept == {(tile.level, tile.number): tile_bytes(tile) for tile in all_tiles(size)}
    if edge:
        level = data.draw(st.sampled_from(sorted(edge)))
        for wrong in (edge[level][32:], edge[level] + bytes(32)):
            with pytest.raises(LogFormError):
                growth.grow(size, {**edge, level: wrong}, [bytes(32)])


_values = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.text(max_size=8), st.binary(max_size=8))
_rows = st.lists(st.tuples(st.text("abc", min_size=1, max_size=3), _values), max_size=4)


@given(one=_rows, other=_rows)
def test_canonical_rows_are_equal_only_if_the_rows_are(
    one: list[tuple[str, Value]], other: list[tuple[str, Value]]
) -> None:
    encoded = [canonical([name for name, _ in row], [value for _, value in row]) for row in (one, other)]
    same = [[(name, type(value), value) for name, value in row] for row in (one, other)]
    assert (encoded[0] == encoded[1]) == (same[0] == same[1])
    # Nor can the end of one be read as the start of another.
    if one and other and one != other:
        joined = canonical([n for n, _ in one + other], [v for _, v in one + other])
        assert joined == encoded[0] + encoded[1]


def test_row_is_encoded_exactly() -> None:
    made = canonical(("a", "bc", "d", "e"), (None, -2, "é", b"\x07"))
    assert made == (
        b"\x00\x01a\x00"
        b"\x00\x02bc\x01\xff\xff\xff\xff\xff\xff\xff\xfe"
        b"\x00\x01d\x02\x00\x00\x00\x02\xc3\xa9"
        b"\x00\x01e\x03\x00\x00\x00\x01\x07"
    )


def test_entries_are_encoded_exactly() -> None:
    head = "0000000000000005"
    signature = SignatureEntry(5, b"s" * 16, b"b" * 32, b"r" * 32)
    certificate = CertificateEntry(5, b"n" * 20, Published.ON_HOLD, b"c" * 32, b"r" * 32)
    act = ActEntry(5, b"r" * 32)
    assert signature.encode().hex() == "0101" + head + "73" * 16 + "62" * 32 + "72" * 32
    assert certificate.encode().hex() == "0102" + head + "6e" * 20 + "01" + "63" * 32 + "72" * 32
    assert act.encode().hex() == "0103" + head + "72" * 32
    view = ViewEntry(
        at=5,
        client_id="bs-1",
        view_id="a/b",
        version=2,
        digest=b"d" * 32,
        asked_by=b"q" * 32,
        approved_by=b"p" * 32,
        row=b"r" * 32,
    )
    text = b'{"client_id":"bs-1","digest":"' + b"64" * 32 + b'","id":"a/b","version":2}'
    assert view.encode() == bytes.fromhex("0104" + head + "71" * 32 + "70" * 32 + "72" * 32) + text
    for wrong in (text.replace(b":2", b":02"), text.replace(b'"id"', b'"di"'), text.replace(b"/", b"_")):
        with pytest.raises(LogFormError):
            parse_entry(view.encode()[: -len(text)] + wrong)
    for entry in (signature, certificate, act, view):
        assert parse_entry(entry.encode()) == entry
        for wrong in (entry.encode()[:-1], entry.encode() + b"\x00", b"\x02" + entry.encode()[1:]):
            with pytest.raises(LogFormError):
                parse_entry(wrong)
    with pytest.raises(LogFormError):
        parse_entry(certificate.encode()[:30] + b"\x03" + certificate.encode()[31:])
