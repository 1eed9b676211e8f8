"""SM2 from the standard's formulas in plain integers: a slow reference that shares no code with the library."""

from mshield.gm.curve import GX, GY, A, N, P

Affine = tuple[int, int] | None

BASE: Affine = (GX, GY)


def add(a: Affine, b: Affine) -> Affine:
    if a is None or b is None:
        return b if a is None else a
    (x1, y1), (x2, y2) = a, b
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if a == b else (y2 - y1) * pow(x2 - x1, -1, P)
    x3 = (slope * slope - x1 - x2) % P
    return x3, (slope * (x1 - x3) - y1) % P


def mul(k: int, point: Affine) -> Affine:
    result: Affine = None
    while k:
        if k & 1:
            result = add(result, point)
        point = add(point, point)
        k >>= 1
    return result


def decode(point: bytes) -> Affine:
    return int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")


def encode(point: Affine) -> bytes | None:
    return None if point is None else b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def verifies(public: bytes, e: bytes, r: int, s: int) -> bool:
    """Verifies a signature by GB/T 32918.2, 7.1, steps B1 to B7."""
    if not (1 <= r < N and 1 <= s < N) or (r + s) % N == 0:
        return False
    point = add(mul(s, BASE), mul((r + s) % N, decode(public)))
    return point is not None and (int.from_bytes(e, "big") + point[0]) % N == r
