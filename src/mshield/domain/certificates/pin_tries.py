"""How often a wrong PIN may be tried: five times in a row, fifty times in all, then it is locked for good (R10).

All else takes the numbers from here: the SQL as parameters, messages, client.
"""

from typing import Final

MAX_FAILURES: Final = 5
MAX_WRONG_TOTAL: Final = 50
UNLOCK_CLOSED_AT: Final = 1
"""Tries left at which the PIN opens the app no more, so that opening it can never lock the shield."""
CHANGE_DUE: Final = 40
"""Wrong tries in the life of a PIN after which the user is asked for a new one."""


def tries_left(failures: int, wrong_total: int) -> int:
    """Attempts before the PIN locks, of those counted since a success and since the PIN was set."""
    return max(0, min(MAX_FAILURES - failures, MAX_WRONG_TOTAL - wrong_total))
