"""Stops a process's first thread and no other, until it is ended itself: a loop hangs in a program that still answers.

`python -m drill.hang PID`: by ptrace(2); the kernel lets the thread go with the tracer. Says a line when it has it.
"""

import ctypes
import os
import signal
import sys
from typing import Final

_SEIZE: Final = 0x4206
_INTERRUPT: Final = 0x4207


def main() -> None:
    """Raises OSError where the process isn't there or may not be traced."""
    libc = ctypes.CDLL(None, use_errno=True)
    for request in (_SEIZE, _INTERRUPT):
        if libc.ptrace(ctypes.c_long(request), ctypes.c_int(int(sys.argv[1])), None, None):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    print("stopped", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
