"""Calls of a device that keeps keys: one after the other, in a thread of their own, each within a time limit.

A maker's library is C code that may hang, and that knows no time limit. Whoever calls waits so long and no longer; the
thread is left behind, and the device rests a while before it is asked again, so that it can't hold a service up call
after call.
"""

import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from mshield.keys.errors import HardwareTimeout

T = TypeVar("T")

REST_SECONDS: Final = 10.0


class DeviceCalls:
    """The way to one device, `name`; `seconds` is what one call may take. For use by many threads."""

    def __init__(self, name: str, seconds: float) -> None:
        self._name, self._seconds = name, seconds
        self._lock = threading.Lock()
        self._queue: SimpleQueue[_Call[Any]] | None = None
        self._rests_until = 0.0

    def __call__(self, work: Callable[[], T]) -> T:
        """What `work` returns, or raises, in the device's thread. Raises HardwareTimeout."""
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
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is the caller's
            self._error = error
        self.done.set()

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]  # set where there is no error


def _begin(name: str) -> "SimpleQueue[_Call[Any]]":
    queue: SimpleQueue[_Call[Any]] = SimpleQueue()
    # A daemon: a call that hangs must not keep the process from ending.
    threading.Thread(target=_serve, args=(queue,), name=name, daemon=True).start()
    return queue


def _serve(queue: "SimpleQueue[_Call[Any]]") -> None:
    while True:
        call = queue.get()
        if call.given_up.is_set():
            return  # who gave up has a new thread by now; what the hung call returned is nobody's
        call.run()
        if call.given_up.is_set():
            return
