"""Runs a test again if this machine's clock was set meanwhile, as after a virtual machine was paused.

A service rightly issues nothing after such a step, so every test of a service that runs on would fail with it. All
fixtures end after a step, and the next test starts new services. A step is printed with the test's report.
"""

import contextlib
import time
from collections.abc import Callable
from typing import Final

import pytest
from _pytest.runner import runtestprotocol

from mshield.wire.times import TOLERANCE_MS


def _wall_ahead() -> float:
    """Returns by how many seconds the clock is ahead of the monotonic clock."""
    return time.time() - time.monotonic()


class ClockSteps:
    """Notices steps of the machine's clock that a service would doubt."""

    def __init__(self, ahead: Callable[[], float] = _wall_ahead) -> None:
        self._ahead: Final = ahead
        self._was = ahead()

    def step(self) -> float:
        """Returns the seconds by which the clock was set since the last call; 0 if within the tolerance."""
        now = self._ahead()
        step, self._was = now - self._was, now
        return step if abs(step) * 1000 > TOLERANCE_MS else 0

    def run(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Runs a test as pytest does; a second time, with new fixtures, if it failed and the clock was set meanwhile.

        Returns True: the test was run.
        """
        if self.step():
            _end_fixtures(item)
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        step = self.step()
        if step:
            _end_fixtures(item)
            if any(report.failed for report in reports):
                reports = runtestprotocol(item, log=False, nextitem=nextitem)
                told = f"The machine's clock was set by {step:+.0f} s during this test, which failed; it was run again."
                reports[0].sections.append(("Captured stderr", told))
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True


def _end_fixtures(item: pytest.Item) -> None:
    """Ends the fixtures of all scopes, so that the next test makes them anew."""
    # What a service says while it ends with a clock in doubt isn't the fault of any test.
    with contextlib.suppress(Exception):
        item.session._setupstate.teardown_exact(None)
