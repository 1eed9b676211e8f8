"""The curve sm2p256v1 (GB/T 32918.5) and operations on points that need no secret arithmetic.

A point is 65 bytes `04‖x‖y`, infinity is `None`, and no other form is accepted anywhere.
"""

from typing import Final

from mshield.gm.errors import BadPoint

P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
GX: Final = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
GY: Final = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0

SCALAR_BYTES: Final = 32
POINT_BYTES: Final = 65
UNCOMPRESSED: Final = 4
G: Final = b"\x04" + GX.to_bytes(32, "big") + GY.to_bytes(32, "big")


def check_point(point: bytes) -> None:
    """Requires 65 bytes `04‖x‖y` with x, y < p and y² = x³ + ax + b. Raises: BadPoint."""
    if len(point) != POINT_BYTES or point[0] != UNCOMPRESSED:
        raise BadPoint("a point is 65 bytes that begin with 04")
    x = int.from_bytes(point[1:33], "big")
    y = int.from_bytes(point[33:], "big")
    if x >= P or y >= P:
        raise BadPoint("a coordinate is not less than p")
    if (y * y - (x * x + A) * x - B) % P:
        raise BadPoint("the point is not on the curve")


def negate(point: bytes) -> bytes:
    """Returns `-P`: the same x with p - y. No point of this curve has y = 0. Raises: BadPoint."""
    check_point(point)
    y = int.from_bytes(point[33:], "big")
    return point[:33] + (P - y).to_bytes(32, "big")


def checked_or_infinity(point: bytes | None) -> bytes | None:
    """Returns the point after checking it; infinity passes. Raises: BadPoint."""
    if point is not None:
        check_point(point)
    return point


def affine_x(point: bytes) -> int:
    """Returns `x(Q)`, the affine x of a point, as an integer below p."""
    return int.from_bytes(point[1:33], "big")
