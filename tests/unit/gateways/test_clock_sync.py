"""The kernel reports whether the machine's clock is synchronised, if it can."""

import sys

from mshield.server.runtime.clocks import clock_sync


def test_kernel_reports_the_possible_clock_error() -> None:
    off = clock_sync.max_error_us()
    assert off is not None if sys.platform == "linux" else off is None
    assert clock_sync.is_off() == (off is not None and off > clock_sync.MOST_US)
