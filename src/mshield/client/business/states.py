"""The states of a request as they come: read from server-sent events, whichever connection brought them.

A state is told once. A stream that brought nothing is taken for one that doesn't get through, and polls go on.
"""

from collections.abc import Iterator
from typing import Final

from mshield.client.business.values import Status
from mshield.client.errors import ProtocolError
from mshield.client.wire import read

READ_SECONDS: Final = 40.0
"""Longer than a living stream is silent: a comment comes every 15 seconds."""

_POLL_SECONDS: Final = 60
_AGAIN_SECONDS: Final = 1
_MOST_BYTES: Final = 64 * 1024
_END: Final = b"\n\n"


class States:
    """What is known of one request, and how to learn more."""

    def __init__(self) -> None:
        self.known = ""
        self.done = False
        self._tried = self._brought = False
        self._text = b""

    @property
    def streams(self) -> bool:
        """Whether it is worth asking for a stream."""
        return self._brought or not self._tried

    def begin(self) -> None:
        """Another stream begins."""
        self._text, self._tried = b"", True

    @property
    def wait(self) -> int:
        """How long the poll after a stream may be held, in seconds."""
        if not self.known:
            return 0
        return _AGAIN_SECONDS if self.streams else _POLL_SECONDS

    def pause(self, *, news: bool, seconds: float) -> float:
        """How long to wait after a poll that took so many seconds: one not held must not be repeated in a loop."""
        return 0.0 if news or self.done else max(0.0, _AGAIN_SECONDS - seconds)

    def news(self, status: Status) -> Iterator[Status]:
        """The status, where it is news."""
        self.done = status.done
        if status.state != self.known:
            self.known = status.state
            yield status

    def part(self, octets: bytes) -> Iterator[Status]:
        """What a part of a stream tells. Raises ProtocolError."""
        self._text += octets
        *blocks, self._text = self._text.split(_END)
        if len(self._text) > _MOST_BYTES:
            raise ProtocolError("malformed", "an event without end")
        for block in blocks:
            lines = block.split(b"\n")
            if b"event: state" in lines:
                data = next((line[6:] for line in lines if line.startswith(b"data: ")), b"")
                self._brought = True
                yield from self.news(read(data, Status))
