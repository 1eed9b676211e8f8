"""Trace of a call (W3C Trace Context): read from the caller's headers, written in logs, passed on to outside systems.

The id of a call is the id of its span. No decision depends on the caller's values.
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
    """Position of a call in its trace: trace id (32 hex digits), the caller's span (16), flags, other tools' state."""

    id: str
    parent: str | None
    flags: str
    state: str | None

    @property
    def is_sampled(self) -> bool:
        """Whether spans of the trace are collected."""
        return bool(int(self.flags, 16) & _SAMPLED)


class Call:
    """Call that the service processes: its id (16 hex digits), and the trace from the caller's headers."""

    def __init__(
        self, request_id: str, headers: Iterable[tuple[bytes, bytes]], *, share: float = 0.0
    ) -> None:
        """`share` is the fraction of the traces begun here that are sampled."""
        self.request_id, self._headers, self._share = request_id, headers, share
        self.is_over = False
        """Set when the call ends, so that remaining tasks aren't attributed to it."""

    @cached_property
    def trace(self) -> Trace:
        """The caller's trace; a new one if the headers have none or an ill-formed one."""
        parents = [value for name, value in self._headers if name == _PARENT]
        match = _FORM.fullmatch(parents[0].decode("latin-1")) if len(parents) == 1 else None
        if match is None or (match["version"] == "00" and match["more"]):
            sampled = self._share > 0 and secrets.randbelow(_PARTS) < self._share * _PARTS
            return Trace(secrets.token_hex(16), None, "01" if sampled else "00", None)
        state = b",".join(value for name, value in self._headers if name == _STATE).decode("latin-1")
        is_valid = 0 < len(state) <= _LONGEST_STATE and state.isascii() and state.isprintable()
        return Trace(match["trace"], match["parent"], match["flags"], state if is_valid else None)


_call: Final[ContextVar[Call | None]] = ContextVar("mshield.call", default=None)
begin: Final = _call.set
"""Sets the call processed by this task and by the tasks that it starts from now on."""


def current() -> Call | None:
    """Returns the call being processed; None in jobs and commands."""
    call = _call.get()
    return None if call is None or call.is_over else call


def headers() -> dict[str, str]:
    """Returns the trace headers for a request to an outside system; empty outside of calls."""
    call = current()
    if call is None:
        return {}
    trace = call.trace
    trace_headers = {"traceparent": f"00-{trace.id}-{call.request_id}-{trace.flags}"}
    return trace_headers | ({"tracestate": trace.state} if trace.state else {})
