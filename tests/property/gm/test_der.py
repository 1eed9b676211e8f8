"""Each signature has one DER form: whatever is parsed encodes to the same bytes, and nothing else is parsed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mshield.gm.errors import BadSignature
from mshield.gm.sm2 import Signature
from tests.property.gm.strategies import scalars, values_256


@given(scalars, scalars)
def test_signature_round_trips(r: int, s: int) -> None:
    signature = Signature(r, s)
    assert Signature.from_der(signature.to_der()) == signature
    assert Signature.from_raw(signature.to_raw()) == signature


def read_or_refuse(encoded: bytes) -> None:
    try:
        signature = Signature.from_der(encoded)
    except BadSignature:
        return
    assert signature.to_der() == encoded


@settings(max_examples=500)
@given(st.binary(max_size=80))
def test_any_bytes_are_refused_or_canonical(encoded: bytes) -> None:
    read_or_refuse(encoded)


@settings(max_examples=500)
@given(scalars, scalars, st.data())
def test_any_change_is_refused_or_canonical(r: int, s: int, data: st.DataObject) -> None:
    encoded = bytearray(Signature(r, s).to_der())
    index = data.draw(st.integers(0, len(encoded) - 1))
    match data.draw(st.sampled_from(("change", "insert", "delete", "append"))):
        case "change":
            encoded[index] ^= data.draw(st.integers(1, 255))
        case "insert":
            encoded.insert(index, data.draw(st.integers(0, 255)))
        case "delete":
            del encoded[index]
        case _:
            encoded += data.draw(st.binary(min_size=1, max_size=4))
    read_or_refuse(bytes(encoded))


def tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content


@given(scalars, scalars, st.integers(1, 4))
def test_padded_integers_are_refused(r: int, s: int, zeros: int) -> None:
    plain, padded = (value.to_bytes(33, "big").lstrip(b"\x00") for value in (r, s))
    content = bytes(zeros) + (b"\x00" if padded[0] >= 0x80 else b"") + padded
    encoded = tlv(0x30, tlv(2, b"\x00" * (plain[0] >= 0x80) + plain) + tlv(2, content))
    with pytest.raises(BadSignature):
        Signature.from_der(encoded)


@given(values_256, values_256)
def test_raw_is_read_only_in_range(r: int, s: int) -> None:
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    try:
        assert Signature.from_raw(raw).to_raw() == raw
    except BadSignature:
        return
