"""States of a request in order of arrival, read from server-sent events or polls.

Each state is reported once. If the first stream brings nothing, it is considered blocked, and only polls are
used.
"""

from collections.abc import Iterator
from typing import Final

from mshield.client.business.values import Status
from mshield.client.errors import ProtocolError
from mshield.client.forms import read

READ_SECONDS: Final = 40.0
"""Read timeout of a stream, in s: a live one sends a comment every 15 s."""

_POLL_SECONDS: Final = 60
_AGAIN_SECONDS: Final = 1
_MOST_BYTES: Final = 64 * 1024
_END: Final = b"\n\n"


class States:
    """Known state of one request, and the decision how to get the next one."""

    def __init__(self) -> None:
        self.known = ""
        self.done = False
        self._tried = self._brought = False
        self._text = b""

    @property
    def streams(self) -> bool:
        """Whether to try a stream."""
        return self._brought or not self._tried

    def begin(self) -> None:
        """Resets the buffer for a new stream."""
        self._text, self._tried = b"", True

    @property
    def wait(self) -> int:
        """Time in s for which the next poll may be held."""
        if not self.known:
            return 0
        return _AGAIN_SECONDS if self.streams else _POLL_SECONDS

    def pause(self, *, news: bool, seconds: float) -> float:
        """Returns the pause in s after a poll that took `seconds`: polls that aren't held must not loop tightly."""
        return 0.0 if news or self.done else max(0.0, _AGAIN_SECONDS - seconds)

    def news(self, status: Status) -> Iterator[Status]:
        """Yields the status if its state is new."""
        self.done = status.done
        if status.state != self.known:
            self.known = status.state
            yield status

    def part(self, octets: bytes) -> Iterator[Status]:
        """Yields the new states in a part of a stream. Raises: ProtocolError."""
        self._text += octets
        *blocks, self._text = self._text.split(_END)
        if len(self._text) > _MOST_BYTES:
            raise ProtocolError("malformed", "an unterminated event")
        for block in blocks:
            lines = block.split(b"\n")
            if b"event: state" in lines:
                data = next((line[6:] for line in lines if line.startswith(b"data: ")), b"")
                self._brought = True
                yield from self.news(read(data, Status))
