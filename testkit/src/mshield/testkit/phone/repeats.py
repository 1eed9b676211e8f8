"""Idempotency keys of the phone's changing calls: a call repeated after a lost response uses the same key.

The data of a key are durable before the call is sent, so that the phone may be killed, and the user may
repeat the operation by hand: as long as it is the same call, the service returns the first response.
"""

import hmac
import secrets
from typing import Final

import msgspec

from mshield.testkit.phone.folder import Folder

UNANSWERED: Final = "unanswered.json"
RETENTION_MS: Final = 300_000
"""Lifetime of a key in ms; afterwards, the same call by the user is a new operation."""


class _Started(msgspec.Struct, frozen=True):
    """A call that was sent but not answered yet; `at` is in ms."""

    secret: str
    at: int


class Repeats:
    """Calls that wait for a response. Use it under the folder's lock."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def key(self, method: str, path: str, body: bytes, *, now: int) -> str:
        """Returns the call's key: the previous one if the same call was sent recently and not answered."""
        started = self._started(now)
        call = f"{method} {path}"
        if call not in started:
            started[call] = _Started(secrets.token_hex(32), now)
            self._write(started)
        # The key depends on the body: another body is another operation and must not reuse the first one's
        # key.
        return hmac.digest(started[call].secret.encode(), body, "sha256").hex()

    def answered(self, method: str, path: str, *, now: int) -> None:
        """Records that the call was answered: the same call again is a new operation."""
        started = self._started(now)
        started.pop(f"{method} {path}", None)
        self._write(started)

    def _started(self, now: int) -> dict[str, _Started]:
        try:
            stored = msgspec.json.decode(self._folder.read(UNANSWERED) or b"{}", type=dict[str, _Started])
        except msgspec.DecodeError:
            stored = {}  # a damaged file costs no more than its keys
        return {call: repeat for call, repeat in stored.items() if 0 <= now - repeat.at < RETENTION_MS}

    def _write(self, started: dict[str, _Started]) -> None:
        if started:
            self._folder.write(UNANSWERED, msgspec.json.encode(started))
        else:
            self._folder.remove(UNANSWERED)


# Build the decoder at import: msgspec crashes if two threads build it at once.
msgspec.json.Decoder(dict[str, _Started])
