"""Free TCP ports on 127.0.0.1 that nobody else is given while they are kept."""

import atexit
import contextlib
import socket
from typing import Final

_KEPT: Final = contextlib.ExitStack()
atexit.register(_KEPT.close)


def free_ports(count: int) -> int:
    """The first of so many free ports in a row, which nobody else is given while this process runs."""
    while True:
        with contextlib.ExitStack() as kept, contextlib.suppress(OSError, OverflowError):
            first = keep_port(kept, 0)
            for port in range(first + 1, first + count):
                keep_port(kept, port)
            _KEPT.push(kept.pop_all())
            return first


def keep_port(kept: contextlib.ExitStack, port: int) -> int:
    """Keeps this port, or with 0 a free one, until `kept` is closed; gives its number."""
    # Bound, so that nobody else is given it, and not listening, so that a service can bind it too.
    keeper = kept.enter_context(socket.socket())
    keeper.bind(("127.0.0.1", port))  # before the option: one that another test keeps is refused
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    number: int = keeper.getsockname()[1]
    return number
