"""Limits on wrong PINs: five in a row or fifty in all, then the PIN is locked permanently (R10).

The SQL (as parameters), messages and the client take the numbers from here.
"""

from typing import Final

MAX_FAILURES: Final = 5
MAX_WRONG_TOTAL: Final = 50
UNLOCK_CLOSED_AT: Final = 1
"""Number of tries left at which the PIN no longer opens the app, so that opening it can never lock the shield."""
CHANGE_DUE: Final = 40
"""Number of wrong tries since a PIN was set, from which on the user is asked to choose a new one."""


def tries_left(failures: int, wrong_total: int) -> int:
    """Returns the tries left, given the failures since the last success and since the PIN was set."""
    return max(0, min(MAX_FAILURES - failures, MAX_WRONG_TOTAL - wrong_total))
