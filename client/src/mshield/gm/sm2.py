"""SM2 signatures (GB/T 32918.2) over SM3, and their two encodings: DER (GM/T 0009) and raw `r‖s`.

Verification returns nothing or raises. Signatures are read strictly, so each pair (r, s) has one DER form.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

from mshield.gm import scalars
from mshield.gm.curve import GX, GY, A, B, N, affine_x, check_point
from mshield.gm.engine import Engine
from mshield.gm.errors import BadPoint, BadSignature, Malformed
from mshield.gm.sm3 import sm3

DEFAULT_ID: Final = b"1234567812345678"
_CURVE_BYTES: Final = b"".join(value.to_bytes(32, "big") for value in (A, B, GX, GY))
_ID_LIMIT: Final = 0x10000 // 8  # ENTL counts bits in two bytes
_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_LONGEST_DER: Final = 2 + 2 * (2 + 33)


@dataclass(frozen=True, slots=True)
class Signature:
    """An SM2 signature; both numbers are in [1, n-1] once verified."""

    r: int
    s: int

    def to_der(self) -> bytes:
        """Returns `SEQUENCE { INTEGER r, INTEGER s }`."""
        return _encode_pair(self.r, self.s)

    @classmethod
    def from_der(cls, encoded: bytes) -> Self:
        """Reads the only DER form of a pair in [1, n-1]. Raises: BadSignature."""
        return cls._checked(*_decode_pair(encoded))

    def to_raw(self) -> bytes:
        """Returns `r‖s`, 64 bytes."""
        return self.r.to_bytes(32, "big") + self.s.to_bytes(32, "big")

    @classmethod
    def from_raw(cls, raw: bytes) -> Self:
        """Reads 64 bytes `r‖s`. Raises: BadSignature."""
        if len(raw) != 64:
            raise BadSignature("a raw signature is 64 bytes")
        return cls._checked(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))

    @classmethod
    def _checked(cls, r: int, s: int) -> Self:
        if not (0 < r < N and 0 < s < N):
            raise BadSignature("r and s are in [1, n-1]")
        return cls(r, s)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A whole key in one place, such as a CA's; a shield's key never exists in this form.

    `inverse` is (1 + d)^-1, computed once since each signature needs it. Raises: ValueError if 1 + d has no
    inverse.
    """

    d: int = field(repr=False)
    public: bytes
    inverse: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inverse", scalars.invert(1 + self.d))


def generate(engine: Engine) -> PrivateKey:
    """Generates a key with d in [1, n-2] (GB/T 32918.1: 1 + d must have an inverse)."""
    while True:
        d = engine.random_scalar()
        if d != N - 1:
            return PrivateKey(d, engine.mul_g(d))


@lru_cache(maxsize=64)
def z_value(public: bytes, user_id: bytes = DEFAULT_ID) -> bytes:
    """Returns `Z`, the 32-byte hash of the user id, the curve and the public key (GB/T 32918.2, 5.5).

    Cached, since a CA's key signs again and again. Raises: BadPoint, Malformed (a user id of 8192 bytes or
    more).
    """
    check_point(public)
    if len(user_id) >= _ID_LIMIT:
        raise Malformed("an SM2 user id is shorter than 8192 bytes")
    bits = (8 * len(user_id)).to_bytes(2, "big")
    return sm3(bits + user_id + _CURVE_BYTES + public[1:])


def digest(public: bytes, message: bytes, user_id: bytes = DEFAULT_ID) -> bytes:
    """Returns `e = SM3(Z ‖ M)`, 32 bytes that may be ≥ n as a number."""
    return sm3(z_value(public, user_id) + message)


def sign(engine: Engine, private: PrivateKey, message: bytes, user_id: bytes = DEFAULT_ID) -> Signature:
    """Signs a message with a whole key (GB/T 32918.2, 6.1)."""
    return sign_digest(engine, private, digest(private.public, message, user_id))


def sign_digest(engine: Engine, private: PrivateKey, e: bytes) -> Signature:
    """Signs the 32-byte `e` of a message."""
    while True:
        signature = sign_with_nonce(engine, private, e, engine.random_scalar())
        if signature is not None:
            return signature


def sign_with_nonce(engine: Engine, private: PrivateKey, e: bytes, k: int) -> Signature | None:
    """Tries to sign with the nonce `k`, which must never be reused. Returns None if r = 0, r + k = n or s = 0."""
    r = (digest_number(e) + affine_x(engine.mul_g(k))) % N
    if r == 0 or r + k == N:
        return None
    s = private.inverse * (k - r * private.d) % N
    return Signature(r, s) if s else None


def verify(
    engine: Engine, public: bytes, message: bytes, signature: Signature, user_id: bytes = DEFAULT_ID
) -> None:
    """Verifies a signature over a message (GB/T 32918.2, 7.1). Raises: BadSignature."""
    try:
        e = digest(public, message, user_id)
    except BadPoint as error:
        raise BadSignature("the public key is no point") from error
    verify_digest(engine, public, e, signature)


def verify_digest(engine: Engine, public: bytes, e: bytes, signature: Signature) -> None:
    """Verifies a signature over the 32-byte `e`. Raises: BadSignature, Malformed (`e`)."""
    digest_number(e)
    _check_range(signature)
    _require_valid(engine, public, e, signature)


@lru_cache(maxsize=256)
def _require_valid(engine: Engine, public: bytes, e: bytes, signature: Signature) -> None:
    """Verifies, and caches successes by all arguments: a CA checks a request right after its co-signing did.

    Failures aren't cached, since they raise. Raises: BadSignature.
    """
    try:
        valid = engine.verify(public, e, signature.r, signature.s)
    except BadPoint as error:
        raise BadSignature("the public key is no point") from error
    if not valid:
        raise BadSignature("the signature does not verify")


def nonce_point(engine: Engine, public: bytes, e: bytes, signature: Signature) -> bytes:
    """Verifies, and returns the point `sG + (r+s)P`, which is the signer's nonce point. Raises: BadSignature."""
    _check_range(signature)
    try:
        point = engine.mul_add_public(signature.s, (signature.r + signature.s) % N, public)
    except BadPoint as error:
        raise BadSignature("the public key is no point") from error
    if point is None or (digest_number(e) + affine_x(point)) % N != signature.r:
        raise BadSignature("the signature does not verify")
    return point


def _check_range(signature: Signature) -> None:
    if not (0 < signature.r < N and 0 < signature.s < N):
        raise BadSignature("r and s are in [1, n-1]")
    if signature.r + signature.s == N:
        raise BadSignature("r + s is zero")


def digest_number(e: bytes) -> int:
    """Returns `e` as a number below 2^256, which may be ≥ n. Raises: Malformed unless `e` is 32 bytes."""
    if len(e) != 32:
        raise Malformed("e is 32 bytes")
    return int.from_bytes(e, "big")


def _encode_pair(r: int, s: int) -> bytes:
    """Returns `SEQUENCE { INTEGER r, INTEGER s }`."""
    body = _encode_integer(r) + _encode_integer(s)
    return bytes((_SEQUENCE, len(body))) + body


def _decode_pair(encoded: bytes) -> tuple[int, int]:
    """Returns the two numbers. Raises: BadSignature for anything that `_encode_pair` would not write."""
    if len(encoded) <= _LONGEST_DER:
        r, rest = _integer_after_header(encoded[2:])
        s, _ = _integer_after_header(rest)
        if _encode_pair(r, s) == encoded:
            return r, s
    raise BadSignature("not the DER form of two numbers below 2^256")


def _encode_integer(value: int) -> bytes:
    # One bit more than the number has, as DER integers are signed.
    content = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes((_INTEGER, len(content))) + content


def _integer_after_header(encoded: bytes) -> tuple[int, bytes]:
    """Returns the integer and the bytes after it, unchecked: the caller encodes it again and compares."""
    end = 2 + encoded[1] if len(encoded) > 1 else 0
    return int.from_bytes(encoded[2:end], "big"), encoded[end:]
