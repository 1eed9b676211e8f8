"""The phone resends a `finish` without an outcome for a minute: if it gave up, the try would stay counted."""

from pathlib import Path
from typing import Final

from mshield.testkit.demo.people import OPERATOR
from tests.support.clock import Clock
from tests.support.killed_database import RESERVED
from tests.support.killed_service import Mortal, killable_service

_AWAY: Final = 50_000
"""Time in ms for which the service is unreachable."""


service = killable_service()


def test_r10_try_with_a_late_outcome_is_not_counted(service: Mortal, tmp_path: Path, clock: Clock) -> None:
    phone = service.enrolled(tmp_path / "phone")
    phone.scan(service.qr())
    service.die_after(RESERVED)
    lost = range(2, 14)
    service.plan(*(("finish", number, "lose_before") for number in lost))
    begun = clock()
    assert phone.approve(pin=OPERATOR.pin).documents[0].signature is not None
    assert service.calls.count("finish") == lost.stop
    assert clock() - begun >= _AWAY
    assert service.fetch("SELECT failures, wrong_total FROM keys") == {"failures": 0, "wrong_total": 0}
