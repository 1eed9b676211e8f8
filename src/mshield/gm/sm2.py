"""SM2 signatures (GB/T 32918.2) over SM3, and their two encodings: DER (GM/T 0009) and raw `r‖s`.

Verification returns nothing or raises; reading a signature is strict, so each pair (r, s) has one DER form.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Self

from mshield.gm import der, scalars
from mshield.gm.curve import GX, GY, A, B, N, affine_x, check_point
from mshield.gm.engine import Engine
from mshield.gm.errors import BadPoint, BadSignature, Malformed
from mshield.gm.sm3 import sm3

DEFAULT_ID: Final = b"1234567812345678"
_CURVE_BYTES: Final = b"".join(value.to_bytes(32, "big") for value in (A, B, GX, GY))
_ID_LIMIT: Final = 0x10000 // 8  # ENTL counts bits in two bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """An SM2 signature; both numbers are in [1, n-1] once verified."""

    r: int
    s: int

    def to_der(self) -> bytes:
        """`SEQUENCE { INTEGER r, INTEGER s }`."""
        return der.encode_pair(self.r, self.s)

    @classmethod
    def from_der(cls, encoded: bytes) -> Self:
        """The only DER form of a pair in [1, n-1]; anything else raises `BadSignature`."""
        return cls._checked(*der.decode_pair(encoded))

    def to_raw(self) -> bytes:
        """`r‖s`, 64 bytes."""
        return self.r.to_bytes(32, "big") + self.s.to_bytes(32, "big")

    @classmethod
    def from_raw(cls, raw: bytes) -> Self:
        """From 64 bytes `r‖s`; raises `BadSignature`."""
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
    """A whole key in one place, such as a CA's; a shield's key never exists so.

    `inverse` is (1 + d)^-1, made once since each signature needs it. ValueError unless 1 + d has one.
    """

    d: int = field(repr=False)
    public: bytes
    inverse: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "inverse", scalars.invert(1 + self.d))


def generate(engine: Engine) -> PrivateKey:
    """A new key with d in [1, n-2] (GB/T 32918.1: 1 + d must have an inverse)."""
    while True:
        d = engine.random_scalar()
        if d != N - 1:
            return PrivateKey(d, engine.mul_g(d))


@lru_cache(maxsize=64)
def z_value(public: bytes, user_id: bytes = DEFAULT_ID) -> bytes:
    """`Z`, the 32-byte hash of the user id, the curve and the public key (GB/T 32918.2, 5.5).

    Remembered, since a CA's key signs again and again. Raises Malformed for a user id of 8192 bytes or more.
    """
    check_point(public)
    if len(user_id) >= _ID_LIMIT:
        raise Malformed("an SM2 user id is shorter than 8192 bytes")
    bits = (8 * len(user_id)).to_bytes(2, "big")
    return sm3(bits + user_id + _CURVE_BYTES + public[1:])


def digest(public: bytes, message: bytes, user_id: bytes = DEFAULT_ID) -> bytes:
    """`e = SM3(Z ‖ M)`, 32 bytes that may be ≥ n as a number."""
    return sm3(z_value(public, user_id) + message)


def sign(engine: Engine, private: PrivateKey, message: bytes, user_id: bytes = DEFAULT_ID) -> Signature:
    """Sign a message with a whole key (GB/T 32918.2, 6.1)."""
    return sign_digest(engine, private, digest(private.public, message, user_id))


def sign_digest(engine: Engine, private: PrivateKey, e: bytes) -> Signature:
    """Sign the 32-byte `e` of a message."""
    while True:
        signature = sign_with_nonce(engine, private, e, engine.random_scalar())
        if signature is not None:
            return signature


def sign_with_nonce(engine: Engine, private: PrivateKey, e: bytes, k: int) -> Signature | None:
    """One try with the nonce `k`, never to be used twice; `None` if r = 0, r + k = n or s = 0."""
    r = (digest_number(e) + affine_x(engine.mul_g(k))) % N
    if r == 0 or r + k == N:
        return None
    s = private.inverse * (k - r * private.d) % N
    return Signature(r, s) if s else None


def verify(
    engine: Engine, public: bytes, message: bytes, signature: Signature, user_id: bytes = DEFAULT_ID
) -> None:
    """Check a signature over a message (GB/T 32918.2, 7.1); raises `BadSignature`."""
    try:
        e = digest(public, message, user_id)
    except BadPoint as error:
        raise BadSignature("the public key is no point") from error
    verify_digest(engine, public, e, signature)


def verify_digest(engine: Engine, public: bytes, e: bytes, signature: Signature) -> None:
    """Check a signature over the 32-byte `e`; raises `BadSignature`."""
    digest_number(e)
    _check_range(signature)
    _require_valid(engine, public, e, signature)


@lru_cache(maxsize=256)
def _require_valid(engine: Engine, public: bytes, e: bytes, signature: Signature) -> None:
    """What verified is remembered for a while, by all of it: a CA checks a request right after its co-signing did.

    A failure is not remembered, as it raises.
    """
    try:
        valid = engine.verify(public, e, signature.r, signature.s)
    except BadPoint as error:
        raise BadSignature("the public key is no point") from error
    if not valid:
        raise BadSignature("the signature does not verify")


def nonce_point(engine: Engine, public: bytes, e: bytes, signature: Signature) -> bytes:
    """Verify, and return the point `sG + (r+s)P` that the signer's nonce gave; raises `BadSignature`."""
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
    """`e` as a number, which is below 2^256 and may be ≥ n. Raises Malformed unless it is 32 bytes."""
    if len(e) != 32:
        raise Malformed("e is 32 bytes")
    return int.from_bytes(e, "big")
