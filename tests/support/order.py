"""Order of the tests.

xdist's `worksteal` first gives each process an equal, contiguous part of them.
"""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def long_first(short: Sequence[T], long: Sequence[T], processes: int) -> list[T]:
    """Orders tests so that each of the equal parts begins with its share of the long ones."""
    ordered: list[T] = []
    left = list(short)
    for number in range(processes):
        share = long[number::processes]
        size = (len(short) + len(long) - len(ordered)) // (processes - number)
        room = max(0, size - len(share))
        ordered += [*share, *left[:room]]
        left = left[room:]
    return ordered + left
