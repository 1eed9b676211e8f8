"""The one DER structure that signatures need: a sequence of two non-negative integers below 2^256.

Reading accepts exactly what writing gives, byte for byte: a second form would make signatures malleable.
"""

from typing import Final

from mshield.gm.errors import BadSignature

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_LONGEST: Final = 2 + 2 * (2 + 33)


def encode_pair(r: int, s: int) -> bytes:
    """`SEQUENCE { INTEGER r, INTEGER s }`."""
    body = _encode_integer(r) + _encode_integer(s)
    return bytes((_SEQUENCE, len(body))) + body


def decode_pair(encoded: bytes) -> tuple[int, int]:
    """The two numbers; raises `BadSignature` for anything that `encode_pair` would not write."""
    if len(encoded) <= _LONGEST:
        r, rest = _integer_after_header(encoded[2:])
        s, _ = _integer_after_header(rest)
        if encode_pair(r, s) == encoded:
            return r, s
    raise BadSignature("not the DER form of two numbers below 2^256")


def _encode_integer(value: int) -> bytes:
    # One bit more than the number has, as DER integers are signed.
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes((_INTEGER, len(content))) + content


def _integer_after_header(encoded: bytes) -> tuple[int, bytes]:
    """A guess at what is there; whether it was well-formed shows when it is written again."""
    end = 2 + encoded[1] if len(encoded) > 1 else 0
    return int.from_bytes(encoded[2:end], "big"), encoded[end:]
