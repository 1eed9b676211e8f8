"""How long somebody waits after failures: nothing at first, then a time that doubles with each, up to an hour."""

from typing import Final

from mshield.domain.times import HOUR_MS

LONGEST_MS: Final = HOUR_MS


def wait_after(failures: int, *, free: int, first: int) -> int:
    """Milliseconds to wait after so many failures: 0 below `free`, then `first`, twice `first`, and so on."""
    if failures < free:
        return 0
    # The exponent is bounded before shifting: a count may be any number.
    return min(first << min(failures - free, 32), max(first, LONGEST_MS))


def whole_seconds(milliseconds: int) -> int:
    """Seconds to tell a user, rounded up, at least one."""
    return max(1, -(-milliseconds // 1000))
