"""Idempotency keys of the phone's changing calls: one that is repeated after a lost answer goes out under the same key.

What a key is made from is durable before the call is sent, so that the phone may be killed, and the user may repeat the
operation by hand: as long as it is the same call, the service answers it as it did the first time.
"""

import hmac
import secrets
from typing import Final

import msgspec

from mshield.client.phone.folder import Folder

UNANSWERED: Final = "unanswered.json"
KEPT_MS: Final = 300_000
"""After that a user who does the same again means a new operation."""


class _Started(msgspec.Struct, frozen=True):
    """A call that was sent and not answered yet; `at` is ms."""

    secret: str
    at: int


class Repeats:
    """The calls that wait for an answer. Use it under the folder's lock."""

    def __init__(self, folder: Folder) -> None:
        """Keeps one file in the folder."""
        self._folder = folder

    def key(self, method: str, path: str, body: bytes, *, now: int) -> str:
        """The key of this call: the same as before where the same call was sent shortly before and not answered."""
        started = self._started(now)
        call = f"{method} {path}"
        if call not in started:
            started[call] = _Started(secrets.token_hex(32), now)
            self._write(started)
        # The body counts too: another one is another operation, and must not meet the first one's key.
        return hmac.digest(started[call].secret.encode(), body, "sha256").hex()

    def answered(self, method: str, path: str, *, now: int) -> None:
        """The call has its answer: doing the same again is a new operation."""
        started = self._started(now)
        started.pop(f"{method} {path}", None)
        self._write(started)

    def _started(self, now: int) -> dict[str, _Started]:
        try:
            stored = msgspec.json.decode(self._folder.read(UNANSWERED) or b"{}", type=dict[str, _Started])
        except msgspec.DecodeError:
            stored = {}  # a damaged file costs no more than a key
        return {call: repeat for call, repeat in stored.items() if 0 <= now - repeat.at < KEPT_MS}

    def _write(self, started: dict[str, _Started]) -> None:
        if started:
            self._folder.write(UNANSWERED, msgspec.json.encode(started))
        else:
            self._folder.remove(UNANSWERED)


# Learned while it is imported, by one thread: two that read it first would crash the process (`wire.py`).
msgspec.json.Decoder(dict[str, _Started])
