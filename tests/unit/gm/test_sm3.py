import pytest

from mshield.gm import sm3 as module
from mshield.gm.engine import Engine
from mshield.gm.sm3 import sm3

# GB/T 32905, annex A, and the hash of the empty string.
VECTORS = {
    b"": "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b",
    b"abc": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
    b"abcd" * 16: "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
}


@pytest.mark.parametrize(("data", "expected"), VECTORS.items())
def test_hash_matches_the_vectors(engine: Engine, data: bytes, expected: str) -> None:
    assert sm3(data).hex() == expected
    assert engine.sm3(data).hex() == expected
    assert engine.sm3(*(bytes([byte]) for byte in data)).hex() == expected


@pytest.mark.parametrize("length", [55, 56, 63, 64, 65, 119, 120, 1000, 100_000])
def test_engines_agree_around_block_edges(engine: Engine, length: int) -> None:
    data = bytes(index % 251 for index in range(length))
    assert engine.sm3(data) == sm3(data) == engine.sm3(data[:1], b"", data[1:])


def test_without_hashlib_the_engine_hashes() -> None:
    assert module._by_engine(b"abc").hex() == VECTORS[b"abc"]


def test_hashlib_without_sm3_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ValueError(name)

    monkeypatch.setattr("mshield.gm.sm3.hashlib.new", refuse)
    assert module._from_hashlib() is None
