"""Stops only the first thread of a process until this program ends: the loop hangs while the process still answers.

`python -m drill.hang PID` uses ptrace(2), and the kernel releases the thread when the tracer ends. It prints
a line once the thread is stopped.
"""

import ctypes
import os
import signal
import sys
from typing import Final

_SEIZE: Final = 0x4206
_INTERRUPT: Final = 0x4207


def main() -> None:
    """Stops the thread. Raises OSError if the process doesn't exist or can't be traced."""
    libc = ctypes.CDLL(None, use_errno=True)
    for request in (_SEIZE, _INTERRUPT):
        if libc.ptrace(ctypes.c_long(request), ctypes.c_int(int(sys.argv[1])), None, None):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    print("stopped", flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
