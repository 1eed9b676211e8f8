"""Calls to a key-holding device: one at a time, in a separate thread, each with a time limit.

A vendor's library is C code that may hang and has no timeout. After the limit the caller gets an error and
the thread is abandoned. The device then gets no calls for `REST_SECONDS`, so that it doesn't delay every call
of the service.
"""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from mshield.server.keys.errors import HardwareTimeout

T = TypeVar("T")

REST_SECONDS: Final = 10.0


class DeviceCalls:
    """Queue of calls to the device `name`; `seconds` is the time limit of a call. Thread-safe."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name, self._seconds = name, seconds
        self._lock = threading.Lock()
        self._queue: SimpleQueue[_Call[Any]] | None = None
        self._rests_until = 0.0

    def __call__(self, work: Callable[[], T]) -> T:
        """Runs `work` in the device's thread and returns its result or raises its error. Raises: HardwareTimeout."""
        call = _Call(work)
        with self._lock:
            if time.monotonic() < self._rests_until:
                raise HardwareTimeout(self._name)
            if self._queue is None:
                self._queue = _begin(self._name)
            queue = self._queue
            queue.put(call)
        if not call.done.wait(self._seconds):
            call.given_up.set()
            with self._lock:
                if self._queue is queue:
                    self._queue, self._rests_until = None, time.monotonic() + REST_SECONDS
            raise HardwareTimeout(self._name)
        return call.result()


class _Call(Generic[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._value: T | None = None
        self._error: BaseException | None = None
        self.done = threading.Event()
        self.given_up = threading.Event()

    def run(self) -> None:
        try:
            self._value = self._work()
        except BaseException as error:  # noqa: BLE001  # any error belongs to the caller
            self._error = error
        self.done.set()

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # set if there is no error


def _begin(name: str) -> "SimpleQueue[_Call[Any]]":
    queue: SimpleQueue[_Call[Any]] = SimpleQueue()
    # A daemon thread, so that a hanging call doesn't keep the process from ending.
    threading.Thread(target=_serve, args=(queue,), name=name, daemon=True).start()
    return queue


def _serve(queue: "SimpleQueue[_Call[Any]]") -> None:
    while True:
        call = queue.get()
        if call.given_up.is_set():
            return  # The caller has given up and started a new thread, so the result isn't needed.
        call.run()
        if call.given_up.is_set():
            return
