"""Botan, OpenSSL and the plain formulas agree on every operation, including edge cases and infinity."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mshield.gm.curve import N
from mshield.gm.engine import load_engine
from mshield.gm.errors import BadPoint
from tests.property.gm.strategies import digests, residues, scalars
from tests.unit.gm import reference

BOTAN, OPENSSL = load_engine("botan"), load_engine("openssl")
signs = st.booleans()


def point(k: int, *, minus: bool = False) -> bytes:
    found = BOTAN.mul_g(k)
    return BOTAN.negate(found) if minus else found


@given(scalars)
def test_engines_agree_on_base_multiplication(k: int) -> None:
    assert BOTAN.mul_g(k) == OPENSSL.mul_g(k) == reference.encode(reference.mul(k, reference.BASE))


@given(scalars, scalars, signs)
def test_engines_agree_on_multiplication(k: int, x: int, minus: bool) -> None:  # noqa: FBT001  Hypothesis fills it in
    base = point(x, minus=minus)
    assert BOTAN.mul(k, base) == OPENSSL.mul(k, base) == point(k * x % N, minus=minus)


@given(scalars, scalars, signs)
def test_engines_agree_on_addition(x: int, y: int, minus: bool) -> None:  # noqa: FBT001  as above
    a, b = point(x), point(y, minus=minus)
    total = (x - y if minus else x + y) % N
    expected = point(total) if total else None
    assert BOTAN.add(a, b) == OPENSSL.add(a, b) == expected


@given(scalars)
def test_addition_of_itself_and_of_its_negative(x: int) -> None:
    a = point(x)
    for engine in (BOTAN, OPENSSL):
        assert engine.add(a, a) == (point(2 * x % N))
        assert engine.add(a, engine.negate(a)) is None


@given(residues, residues, scalars)
def test_engines_agree_on_joint_multiplication(a: int, b: int, x: int) -> None:
    base, total = point(x), (a + b * x) % N
    expected = point(total) if total else None
    assert BOTAN.mul_add_public(a, b, base) == OPENSSL.mul_add_public(a, b, base) == expected


@given(scalars, residues)
def test_vanishing_joint_multiplication_is_detected(b: int, x: int) -> None:
    base = point(x or 1)
    a = -b * (x or 1) % N
    assert BOTAN.mul_add_public(a, b, base) is None
    assert OPENSSL.mul_add_public(a, b, base) is None


@given(digests, scalars, scalars, scalars)
def test_engines_agree_on_verifying_anything(e: bytes, d: int, r: int, s: int) -> None:
    if r + s == N:
        return
    public = point(d)
    expected = reference.verifies(public, e, r, s)
    assert BOTAN.verify(public, e, r, s) is OPENSSL.verify(public, e, r, s) is expected


@given(digests, scalars, scalars)
def test_engines_agree_on_verifying_signatures(e: bytes, d: int, k: int) -> None:
    if d == N - 1:
        return
    r = (int.from_bytes(e, "big") + int.from_bytes(point(k)[1:33], "big")) % N
    s = pow(1 + d, -1, N) * (k - r * d) % N
    if r == 0 or s == 0 or r + s == N:
        return
    for engine in (BOTAN, OPENSSL):
        assert engine.verify(point(d), e, r, s)


@settings(max_examples=300)
@given(st.binary(min_size=64, max_size=66) | st.binary(min_size=64, max_size=64).map(lambda xy: b"\x04" + xy))
def test_random_bytes_are_no_point(candidate: bytes) -> None:
    for engine in (BOTAN, OPENSSL):
        for operation in (engine.check_point, lambda p, e=engine: e.mul(5, p)):
            try:
                operation(candidate)
            except BadPoint:
                continue
            raise AssertionError("64 random bytes are a point with probability 2^-256")


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_engines_agree_on_hashes(chunks: list[bytes]) -> None:
    assert BOTAN.sm3(*chunks) == OPENSSL.sm3(*chunks) == BOTAN.sm3(b"".join(chunks))


@given(scalars)
def test_inverse_is_right(x: int) -> None:
    assert BOTAN.invert(x) == pow(x, -1, N)
