"""Delays the traffic between two links in both directions: `python -m drill.distance ONE OTHER MILLISECONDS`.

It replaces Linux's `netem`, which not every kernel has: there are two TAP devices, each in a bridge, and this
program between them.
"""

import fcntl
import os
import select
import struct
import sys
import time
from collections import deque
from typing import Final

_NEW: Final = 0x400454CA  # TUNSETIFF
_TAP_OF_FRAMES: Final = 0x0002 | 0x1000
_FRAME: Final = 65536
_AT_ONCE: Final = 64


def opened(name: str) -> int:
    """Opens a TAP device, and creates it if it doesn't exist."""
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, _NEW, struct.pack("16sH", name.encode(), _TAP_OF_FRAMES))
    return file


def hold(one: int, other: int, seconds: float) -> None:
    """Passes each frame to the other side after this delay, until a signal arrives."""
    waiting: dict[int, deque[tuple[float, bytes]]] = {one: deque(), other: deque()}
    across = {one: other, other: one}
    while True:
        due = min((held[0][0] for held in waiting.values() if held), default=None)
        pause = None if due is None else max(0.0, due - time.monotonic())
        readable, _, _ = select.select([one, other], [], [], pause)
        for side in readable:
            _take(side, waiting[across[side]], seconds)
        now = time.monotonic()
        for side, held in waiting.items():
            while held and held[0][0] <= now:
                _put(side, held.popleft()[1])


def _take(side: int, held: deque[tuple[float, bytes]], seconds: float) -> None:
    for _ in range(_AT_ONCE):
        try:
            frame = os.read(side, _FRAME)
        except BlockingIOError:
            return
        held.append((time.monotonic() + seconds, frame))


def _put(side: int, frame: bytes) -> None:
    try:
        os.write(side, frame)
    except OSError:  # as on a link that is full or down, the frame is lost
        return


def main() -> None:
    """Creates both devices, reports that, and starts passing frames."""
    one, other, milliseconds = sys.argv[1:]
    files = opened(one), opened(other)
    print("ready", flush=True)
    hold(*files, float(milliseconds) / 1000)


if __name__ == "__main__":
    main()
