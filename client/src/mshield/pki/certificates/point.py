"""Test of a point of the SM2 curve, as a boolean for parsing and linting."""

from mshield.gm.curve import check_point
from mshield.gm.errors import BadPoint


def on_curve(point: bytes) -> bool:
    """Reports whether `point` is 04 ‖ x ‖ y (65 bytes), coordinates below p, on the curve; so never infinity."""
    try:
        check_point(point)
    except BadPoint:
        return False
    return True
