import pytest

from mshield.gm import curve
from mshield.gm.curve import GX, GY, A, B, G, N, P
from mshield.gm.errors import BadPoint
from tests.unit.gm import reference
from tests.unit.gm.points import BAD_POINTS


def test_constants_are_those_of_the_curve() -> None:
    assert (GY * GY - GX**3 - A * GX - B) % P == 0
    assert reference.mul(N, reference.BASE) is None
    assert reference.mul(N - 1, reference.BASE) == (GX, P - GY)


def test_base_point_passes() -> None:
    curve.check_point(G)


@pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS)
def test_bad_points_are_refused(point: bytes) -> None:
    with pytest.raises(BadPoint) as caught:
        curve.check_point(point)
    assert caught.value.code == "bad_point"


def test_a_coordinate_that_wraps_around_p_is_refused() -> None:
    # x = 1 is on the curve, so x = 1 + p is the same point in another form: 2^256 - p leaves room for it.
    x = next(x for x in range(1, 100) if pow(x**3 + A * x + B, (P - 1) // 2, P) == 1)
    y = pow(x**3 + A * x + B, (P + 1) // 4, P)
    curve.check_point(b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big"))
    with pytest.raises(BadPoint):
        curve.check_point(b"\x04" + (x + P).to_bytes(32, "big") + y.to_bytes(32, "big"))


def test_negate_is_an_involution_that_keeps_x() -> None:
    other = curve.negate(G)
    assert other != G
    assert other[:33] == G[:33]
    assert curve.negate(other) == G


def test_checked_or_infinity_passes_infinity() -> None:
    assert curve.checked_or_infinity(None) is None
    with pytest.raises(BadPoint):
        curve.checked_or_infinity(b"\x00")
