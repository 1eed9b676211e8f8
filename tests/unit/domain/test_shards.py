"""Shards of a revocation list: the serial number determines the shard, and each has a range of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.pki.certificates.issue import serial_from
from mshield.server.certificates.rules.shards import (
    MOST_SHARD,
    list_name,
    read_list_name,
    serials_of,
    shard_of,
)

RANDOM = st.binary(min_size=20, max_size=20)


@given(random=RANDOM, shard=st.integers(0, MOST_SHARD))
def test_serial_contains_its_shard(random: bytes, shard: int) -> None:
    serial = serial_from(random, shard=shard)
    text = f"{serial:040x}"
    assert (len(text), shard_of(text)) == (40, shard)
    assert (
        len(serial.to_bytes(20, "big", signed=True)) == 20
    )  # positive, and of 20 bytes, the most that RFC 5280 allows
    for other in {1, shard - 1, shard, shard + 1, MOST_SHARD} & set(range(1, MOST_SHARD + 1)):
        first, last = serials_of(other)
        assert (first <= text < last) == (other == shard)


@given(random=RANDOM)
def test_most_of_a_serial_is_random_in_a_shard_too(random: bytes) -> None:
    mask = (1 << 140) - 1
    assert serial_from(random, shard=7) & mask == int.from_bytes(random, "big") >> 20


@pytest.mark.parametrize("shard", [-1, MOST_SHARD + 1])
def test_other_shards_are_refused(shard: int) -> None:
    with pytest.raises(ValueError, match="shard"):
        serial_from(bytes(20), shard=shard)


@given(ca=st.sampled_from(["root", "issuing", "issuing-2"]), shard=st.integers(0, MOST_SHARD))
def test_list_name_contains_ca_and_shard(ca: str, shard: int) -> None:
    assert read_list_name(list_name(ca, shard)) == (ca, shard)


@pytest.mark.parametrize(
    "name",
    ["", "issuing.", "issuing.0", "issuing.01", "issuing.65536", "issuing.1.2", "issuing/1", "Issuing", ".1"],
)
def test_other_list_names_are_refused(name: str) -> None:
    assert read_list_name(name) is None
