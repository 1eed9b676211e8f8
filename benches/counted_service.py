"""Runs `mshield ARGUMENTS` under callgrind and obeys one controller, benches/callgrind.py, on a Unix socket.

Usage: counted_service.py LIBRARY SOCKET ARGUMENTS…

LIBRARY is `REQUESTS`, compiled. The controller sends an order of one byte and gets it back once it is carried out:
`b"s"` starts counting instructions and stops timers and garbage collection, `b"z"` sets the count to zero, `b"d"` dumps
the count. A thread of its own obeys, so the event loop does nothing for an order.
"""

import asyncio
import ctypes
import gc
import socket
import sys
import threading
from typing import Any, Final

from uvicorn.loops.auto import auto_loop_factory

from mshield.cli.main import main

REQUESTS: Final = """
#include <valgrind/callgrind.h>
void start_counting(void) { CALLGRIND_START_INSTRUMENTATION; }
void zero_count(void) { CALLGRIND_ZERO_STATS; }
void dump_count(void) { CALLGRIND_DUMP_STATS; }
"""
"""Valgrind takes requests from machine code only, hence C."""
_PERIOD_SECONDS: Final = 0.05
"""Shortest delay of a timer that is stopped. Periodic work has 0.1 s and more."""
_NEVER_SECONDS: Final = 1e6


class _Timers:
    """Timers of an event loop's class. Once stopped, a new one of `_PERIOD_SECONDS` or more never fires."""

    def __init__(self, loop: type[asyncio.AbstractEventLoop]) -> None:
        self.stopped = False
        call_later, call_at = loop.call_later, loop.call_at

        def later(loop: Any, delay: float, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
            if self.stopped and delay >= _PERIOD_SECONDS:
                delay = _NEVER_SECONDS
            return call_later(loop, delay, *arguments, **options)

        def at(loop: Any, when: float, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
            if self.stopped and when - loop.time() >= _PERIOD_SECONDS:
                when += _NEVER_SECONDS
            return call_at(loop, when, *arguments, **options)

        loop.call_later, loop.call_at = later, at  # type: ignore[assignment,method-assign]  # no other way in


def _obey(controller: socket.socket, requests: ctypes.PyDLL, timers: _Timers) -> None:
    """Carries out the controller's orders until it hangs up."""
    while order := controller.recv(1):
        if order == b"s":
            timers.stopped = True
            gc.disable()
            requests.start_counting()
        elif order == b"z":
            requests.zero_count()
        else:
            requests.dump_count()
        controller.send(order)


def run(library: str, address: str) -> None:
    """Connects to the controller, starts the thread and runs the command of `sys.argv`."""
    controller = socket.socket(socket.AF_UNIX)
    controller.connect(address)
    loop = auto_loop_factory()()
    timers = _Timers(type(loop))
    loop.close()
    # PyDLL doesn't release the interpreter's lock, so no other thread runs Python during a request.
    requests = ctypes.PyDLL(library)
    threading.Thread(target=_obey, args=(controller, requests, timers), daemon=True).start()
    main()


if __name__ == "__main__":
    LIBRARY, SOCKET = sys.argv[1:3]
    del sys.argv[1:3]
    run(LIBRARY, SOCKET)
