"""Ends this process reliably, also when its parent process ends.

SIGTERM requests an orderly shutdown. A hanging thread or connection can't delay the end beyond the limit.
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
"""Limit for an orderly shutdown, longer than the grace periods of the server and of the jobs."""

_FAILED: Final = 1
_log = logging.getLogger(__name__)


def end_process() -> None:
    """Stops this process, forcibly after the limit.

    A worker also stops its parent, and thereby the other workers.
    """
    threading.Thread(target=_end_late, name="end", daemon=True).start()
    parent = _above()
    if parent is not None and parent.pid is not None and parent.is_alive():
        os.kill(parent.pid, signal.SIGTERM)  # Otherwise it would start another worker.
    os.kill(os.getpid(), signal.SIGTERM)


def end_with_parent() -> None:
    """Ends this worker process when its parent process has ended for any reason."""
    parent = _above()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), name="parent", daemon=True).start()


def _above() -> "multiprocessing.process.BaseProcess | None":
    """Returns the parent process if this is a worker; otherwise None."""
    if not isinstance(multiprocessing.current_process(), SpawnProcess):
        return None
    return multiprocessing.parent_process()


def _watch(sentinel: int) -> None:
    wait([sentinel])
    _log.critical("the parent process of this worker has ended; this process ends, too")
    end_process()


def _end_late() -> None:
    time.sleep(LIMIT_SECONDS)
    _log.critical("this process did not end within %.0f s and is killed", LIMIT_SECONDS)
    logging.shutdown()
    os._exit(_FAILED)
