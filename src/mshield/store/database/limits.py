"""How long the database may take. What takes longer ends as Unavailable: whoever waits is told so in time.

A call of somebody who waits has little time; jobs, commands and what is named as long have more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

CONNECT_SECONDS: Final = 2.0
"""Until a host answers; the next one of the address is tried then."""

CALL_SECONDS: Final = 5.0
"""A statement or transaction of somebody who waits for it, and as long before it for a free connection."""

LONG_CALL_SECONDS: Final = 20.0
"""The same where it is known to take long, within what a caller waits for."""

WORK_SECONDS: Final = 600.0
"""The same of a job or a command, for which nobody waits."""

_OWN: Final = ContextVar[float | None]("mshield_database_seconds", default=None)


@contextmanager
def taking(seconds: float) -> Iterator[None]:
    """Statements and transactions of the body, and of tasks begun in it, may take so long."""
    before = _OWN.set(seconds)
    try:
        yield
    finally:
        _OWN.reset(before)


def own_seconds() -> float | None:
    """What `taking` says here; None where it says nothing, and the database's own limit holds."""
    return _OWN.get()
