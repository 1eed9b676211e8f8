"""Each attack of the relay lab ends as its table and so the documentation states."""

from pathlib import Path

from tests.security.relay.lab import open_lab, stopped_by
from tests.security.relay.typed import EVERY_ATTACK
from tests.support.clock import Clock


def test_each_attack_ends_as_documented(database_url: str, tmp_path: Path, clock: Clock) -> None:
    with open_lab(database_url, tmp_path, clock) as lab:
        played = {attack.name: stopped_by(lab, attack.play) for attack in EVERY_ATTACK}
    assert played == {attack.name: attack.ends for attack in EVERY_ATTACK}
