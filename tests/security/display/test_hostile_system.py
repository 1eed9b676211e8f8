"""One system that sends the most expensive contents without pause doesn't stop another one (benches/hostile.py)."""

from pathlib import Path

import pytest

from benches import hostile
from tests.support.live_service import LiveService


@pytest.mark.slow
def test_another_systems_pdfs_are_served_during_an_attack(tmp_path: Path) -> None:
    service = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}", settings={"MSHIELD_JOBS": "off"})
    service.prepare()
    service.start()
    try:
        result = hostile.measure(service, seconds=8, rest=0)
    finally:
        service.stop()
    assert sum(result.attack.hostile.values()) > 3
    assert set(result.attack.answers) == {201}, "no PDF was refused"
    assert len(result.attack.pdfs) > 10
    assert max(result.attack.health) < 3
