"""Whether the machine's clock is kept is the kernel's to say, where it can."""

import sys

from mshield.gateways.clocks import clock_sync


def test_the_kernel_says_how_far_the_clock_may_be_off() -> None:
    off = clock_sync.may_be_off_us()
    assert off is not None if sys.platform == "linux" else off is None
    assert clock_sync.is_off() == (off is not None and off > clock_sync.MOST_US)
