"""Plans: the SDK's logic, written once as generators of effects, which a sync and an async driver perform.

A plan never uses the network or the clock itself: it yields `Send` or `Sleep` and receives the outcome.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TypeVar

from mshield.client.errors import NetworkError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One HTTP request; `path` is relative to the service's URL, `read_timeout` is in seconds."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    read_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Sleep:
    """A pause, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP response of any status."""

    status: int
    content_type: str
    retry_after: str | None
    body: bytes = field(repr=False)


#: Value that a driver sends back: the response, a network error, or None after a pause.
Outcome = Reply | NetworkError | None
Plan = Generator[Send | Sleep, Outcome, T]
