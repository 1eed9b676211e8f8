"""Integers modulo the group order n: ranges, bytes, random choice and the blinded inverse.

Python's integers aren't constant-time, so the one operation that leaks measurably, the inverse, is blinded.
"""

import os

from mshield.gm.curve import SCALAR_BYTES, N
from mshield.gm.errors import Malformed


def random_scalar() -> int:
    """Returns a uniform integer in [1, n-1] from the operating system's generator, by rejection sampling."""
    while True:
        candidate = int.from_bytes(os.urandom(SCALAR_BYTES), "big")
        if 0 < candidate < N:
            return candidate


def fresh_octets(w: bytes | None = None) -> bytes:
    """Returns 32 random bytes as seed of a derived secret; test vectors pass their own `w`. Raises: Malformed."""
    if w is None:
        return os.urandom(SCALAR_BYTES)
    if len(w) != SCALAR_BYTES:
        raise Malformed("w is 32 bytes")
    return w


def invert(x: int) -> int:
    """Returns `x^-1 mod n` as `t·(x·t)^-1` with a fresh random t, so that the time doesn't depend on x.

    Raises: ValueError unless x is in [1, n-1].
    """
    if not 0 < x < N:
        raise ValueError("only a scalar in [1, n-1] has an inverse here")
    t = random_scalar()
    return t * pow(x * t % N, -1, N) % N


def scalar_bytes(x: int) -> bytes:
    """Encodes `x` as 32 bytes, big-endian."""
    return x.to_bytes(SCALAR_BYTES, "big")


def check_scalar(x: int) -> int:
    """Returns `x` if it is in [1, n-1]. Raises: Malformed."""
    if not 0 < x < N:
        raise Malformed("a scalar is not in [1, n-1]")
    return x


def parse_scalar(raw: bytes) -> int:
    """Parses a received scalar (`z`, `tau`, a share): 32 bytes in [1, n-1]. Raises: Malformed."""
    if len(raw) != SCALAR_BYTES:
        raise Malformed("a scalar is 32 bytes")
    return check_scalar(int.from_bytes(raw, "big"))
