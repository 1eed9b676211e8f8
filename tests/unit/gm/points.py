"""Byte strings that look like points but are invalid, for every function that accepts a point."""

from typing import Final

from mshield.gm.curve import GX, GY, G, P

BAD_POINTS: Final[dict[str, bytes]] = {
    "empty": b"",
    "infinity in SEC 1": b"\x00",
    "compressed": b"\x02" + GX.to_bytes(32, "big"),
    "hybrid": b"\x06" + G[1:],
    "cut off": G[:-1],
    "one byte more": G + b"\x00",
    "off the curve": G[:-1] + bytes([G[-1] ^ 1]),
    "zero": b"\x04" + bytes(64),
    "x not below p": b"\x04" + P.to_bytes(32, "big") + G[33:],
    "y not below p": G[:33] + P.to_bytes(32, "big"),
    "all ones": b"\x04" + b"\xff" * 64,
    "swapped coordinates": b"\x04" + GY.to_bytes(32, "big") + GX.to_bytes(32, "big"),
    "point of the twist's kind": b"\x04" + bytes(31) + b"\x01" + bytes(31) + b"\x01",
}
