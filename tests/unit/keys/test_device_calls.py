"""Calls of a device: one at a time, with a timeout, and none for a while after one that hung."""

import threading
import time

import pytest

from mshield.server.keys.errors import HardwareTimeout
from mshield.server.keys.hardware.calls import REST_SECONDS, DeviceCalls


def test_caller_gets_the_calls_result_or_error() -> None:
    calls = DeviceCalls("a device", 5)
    assert calls(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        calls(lambda: 1 // 0)
    assert (
        calls(threading.current_thread) is calls(threading.current_thread) is not threading.current_thread()
    )


def test_calls_come_one_at_a_time() -> None:
    calls, inside, most = DeviceCalls("a device", 5), [0], [0]

    def work() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.002)
        inside[0] -= 1

    threads = [threading.Thread(target=calls, args=(work,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_a_call_that_hangs_ends_in_time_and_the_device_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, free, ran = DeviceCalls("a device", 0.05), threading.Event(), threading.Event()
    with pytest.raises(HardwareTimeout):
        calls(free.wait)
    with pytest.raises(HardwareTimeout):
        calls(ran.set)
    assert 0 < calls._rests_until - time.monotonic() <= REST_SECONDS
    monkeypatch.setattr(calls, "_rests_until", 0)
    monkeypatch.setattr(calls, "_seconds", 30)
    assert calls(lambda: 7) == 7
    assert not ran.is_set()
    free.set()
