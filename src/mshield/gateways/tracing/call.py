"""The trace that a call belongs to (W3C Trace Context): taken from who calls, written in logs, given to whom it asks.

The id of a call is the id of its span. Nothing is decided by what a caller says here.
"""

import re
import secrets
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cached_property
from typing import Final, NamedTuple

_PARENT: Final = b"traceparent"
_STATE: Final = b"tracestate"
_LONGEST_STATE: Final = 512
_FORM: Final = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace>(?!0{32})[0-9a-f]{32})-(?P<parent>(?!0{16})[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    r"(?P<more>-.*)?"
)
_SAMPLED: Final = 1
_PARTS: Final = 1_000_000


class Trace(NamedTuple):
    """A call's place in its trace: its id (32 hex digits), the caller's span (16), flags, other tools' state."""

    id: str
    parent: str | None
    flags: str
    state: str | None

    @property
    def is_sampled(self) -> bool:
        """Whether its spans are wanted."""
        return bool(int(self.flags, 16) & _SAMPLED)


class Call:
    """A call that the service carries out: its id (16 hex digits), and who called says which trace it is of."""

    def __init__(
        self, request_id: str, headers: Iterable[tuple[bytes, bytes]], *, share: float = 0.0
    ) -> None:
        """`share` of the traces that begin here are wanted."""
        self.request_id, self._headers, self._share = request_id, headers, share
        self.is_over = False
        """Set at its end: tasks that it left behind don't speak for it."""

    @cached_property
    def trace(self) -> Trace:
        """The caller's trace; a new one where the call names none, or one out of form."""
        named = [value for name, value in self._headers if name == _PARENT]
        match = _FORM.fullmatch(named[0].decode("latin-1")) if len(named) == 1 else None
        if match is None or (match["version"] == "00" and match["more"]):
            wanted = self._share > 0 and secrets.randbelow(_PARTS) < self._share * _PARTS
            return Trace(secrets.token_hex(16), None, "01" if wanted else "00", None)
        state = b",".join(value for name, value in self._headers if name == _STATE).decode("latin-1")
        is_kept = 0 < len(state) <= _LONGEST_STATE and state.isascii() and state.isprintable()
        return Trace(match["trace"], match["parent"], match["flags"], state if is_kept else None)


_call: Final[ContextVar[Call | None]] = ContextVar("mshield.call", default=None)
begin: Final = _call.set
"""Says which call this task, and what it starts from now on, carries out."""


def current() -> Call | None:
    """The call under way; None in jobs and commands."""
    call = _call.get()
    return None if call is None or call.is_over else call


def headers() -> dict[str, str]:
    """For a question to an outside system: this call is what asks; nothing outside of calls."""
    call = current()
    if call is None:
        return {}
    trace = call.trace
    named = {"traceparent": f"00-{trace.id}-{call.request_id}-{trace.flags}"}
    return named | ({"tracestate": trace.state} if trace.state else {})
