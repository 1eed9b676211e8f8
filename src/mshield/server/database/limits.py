"""Time limits of the database. Anything longer ends as Unavailable, so that the caller is answered in time.

Interactive calls have a short limit; jobs, commands and calls declared as long have longer ones.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

CONNECT_SECONDS: Final = 2.0
"""Timeout in s for a host to answer; then the address's next host is tried."""

CALL_SECONDS: Final = 5.0
"""Limit in s for a statement or transaction of an interactive call, and separately for waiting for a free
connection.
"""

LONG_CALL_SECONDS: Final = 20.0
"""Limit in s for a statement or transaction of a call declared as long, less than a caller waits."""

WORK_SECONDS: Final = 600.0
"""Limit in s for a statement or transaction of a job or command, for which nobody waits."""

_OWN: Final = ContextVar[float | None]("mshield_database_seconds", default=None)


@contextmanager
def taking(seconds: float) -> Iterator[None]:
    """Sets the time limit of statements and transactions in the body, and in tasks started there."""
    before = _OWN.set(seconds)
    try:
        yield
    finally:
        _OWN.reset(before)


def own_seconds() -> float | None:
    """Returns the limit set by `taking`; None if the database's default applies."""
    return _OWN.get()
