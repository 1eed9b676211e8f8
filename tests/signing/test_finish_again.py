"""A `finish` whose outcome isn't known is sent again for a minute: given up, its try would stay counted.

So long a site takes to go on elsewhere when its primary is gone without a word (docs/ha.md).
"""

from pathlib import Path
from typing import Final

from mshield.demo.people import OPERATOR
from tests.support.clock import Clock
from tests.support.killed_database import RESERVED
from tests.support.killed_service import Mortal, killable_service

_AWAY: Final = 50_000
"""How long the service is away, ms."""


service = killable_service()


def test_r10_a_try_whose_outcome_comes_late_isnt_counted(
    service: Mortal, tmp_path: Path, clock: Clock
) -> None:
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
