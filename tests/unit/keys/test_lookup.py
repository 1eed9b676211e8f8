"""Lookup hashes: HMAC-SM3 with one key per kind."""

import hmac

import pytest

from mshield.gm.sm3 import sm3
from mshield.server.keys.secrets import LookupKey

KEY = bytes(range(32))


def _hmac_sm3(key: bytes, message: bytes) -> bytes:
    block = key + bytes(64 - len(key))
    inner = sm3(bytes(byte ^ 0x36 for byte in block) + message)
    return sm3(bytes(byte ^ 0x5C for byte in block) + inner)


def test_the_hash_is_hmac_sm3_under_a_key_of_the_kind() -> None:
    lookup = LookupKey(KEY)
    expected = _hmac_sm3(_hmac_sm3(KEY, b"id-number"), b"330206199003124218")
    assert hmac.compare_digest(lookup.lookup_hash("id-number", "330206199003124218"), expected)


def test_equal_values_of_different_kinds_have_unrelated_hashes() -> None:
    lookup = LookupKey(KEY)
    assert lookup.lookup_hash("id-number", "1") != lookup.lookup_hash("phone", "1")
    assert lookup.lookup_hash("a", "bc") != lookup.lookup_hash("ab", "c")


def test_another_key_gives_another_hash() -> None:
    assert LookupKey(KEY).lookup_hash("k", "v") != LookupKey(bytes(32)).lookup_hash("k", "v")


def test_a_lookup_key_has_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        LookupKey(b"short")
