"""Free TCP ports on 127.0.0.1 that no other process is given while they are reserved."""

import atexit
import contextlib
import socket
from typing import Final

_RESERVED: Final = contextlib.ExitStack()
atexit.register(_RESERVED.close)


def free_ports(count: int) -> int:
    """Reserves `count` free consecutive ports while this process runs. Returns the first one."""
    while True:
        with contextlib.ExitStack() as kept, contextlib.suppress(OSError, OverflowError):
            first = keep_port(kept, 0)
            for port in range(first + 1, first + count):
                keep_port(kept, port)
            _RESERVED.push(kept.pop_all())
            return first


def keep_port(kept: contextlib.ExitStack, port: int) -> int:
    """Reserves this port, or a free one for 0, until `kept` is closed. Returns its number."""
    # Bind the port, so that no other process is given it, but don't listen, so that a service can bind it
    # too.
    keeper = kept.enter_context(socket.socket())
    keeper.bind(
        ("127.0.0.1", port)
    )  # before setting the option, so that a port reserved by another test is refused
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    number: int = keeper.getsockname()[1]
    return number
