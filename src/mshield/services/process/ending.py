"""Ends this process for certain, and with the one that started it.

SIGTERM asks it to end in order; what hangs meanwhile, a thread or a connection, keeps it no longer than the limit.
"""

import logging
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Final

LIMIT_SECONDS: Final = 12.0
"""More than the server gives to calls under way, and the jobs to theirs."""

_FAILED: Final = 1
_log = logging.getLogger(__name__)


def end_process() -> None:
    """Tells this process to stop, and ends it where it doesn't; of several workers all end, by the one above them."""
    threading.Thread(target=_end_late, name="end", daemon=True).start()
    parent = _above()
    if parent is not None and parent.pid is not None and parent.is_alive():
        os.kill(parent.pid, signal.SIGTERM)  # it would only start another worker
    os.kill(os.getpid(), signal.SIGTERM)


def end_with_parent() -> None:
    """Ends this process when the one that started it as a worker is gone, however that ended."""
    parent = _above()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), name="parent", daemon=True).start()


def _above() -> "multiprocessing.process.BaseProcess | None":
    """The process that has this one as one of its workers."""
    if not isinstance(multiprocessing.current_process(), SpawnProcess):
        return None
    return multiprocessing.parent_process()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    _log.critical("the process above this worker is gone; this process ends")
    end_process()


def _end_late() -> None:
    time.sleep(LIMIT_SECONDS)
    _log.critical("this process did not end within %.0f s, and is ended", LIMIT_SECONDS)
    logging.shutdown()
    os._exit(_FAILED)
