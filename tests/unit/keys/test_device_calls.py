"""A device's calls: one at a time, within their time, and none for a while after one that hung."""

import threading
import time

import pytest

from mshield.keys.errors import HardwareTimeout
from mshield.keys.hardware import calls as device_calls
from mshield.keys.hardware.calls import DeviceCalls


def test_what_a_call_gives_and_raises_is_the_callers() -> None:
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
    monkeypatch.setattr(device_calls, "REST_SECONDS", 0.05)
    calls, free, ran = DeviceCalls("a device", 0.05), threading.Event(), threading.Event()
    begun = time.monotonic()
    with pytest.raises(HardwareTimeout):
        calls(free.wait)
    with pytest.raises(HardwareTimeout):
        calls(ran.set)
    assert time.monotonic() - begun < 2
    assert not ran.is_set()
    time.sleep(0.06)
    assert calls(lambda: 7) == 7
    free.set()
