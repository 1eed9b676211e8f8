"""A legal representative's act during the confirmation of a renewal applies to the new certificate (R11, R14)."""

from typing import Any

import pytest

from mshield.server.database.opening import open_database
from mshield.server.keys.keyring import Keyring
from mshield.server.legal_person.rows import shields as managed_shields
from tests.support.clock import Clock
from tests.support.managed_shields import report_loss
from tests.support.renewal import make_renewing
from tests.support.signing import fetch


async def test_r14_act_overtaken_by_a_renewal_holds_the_new_certificate(
    postgresql_url: str, keyring: Keyring, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The act reads the old certificate as active, and writes after it was replaced.

    SQLite has one writer and so no race.
    """
    db = await open_database(postgresql_url)
    renewing = await make_renewing(db, keyring, clock)
    new, renewal = await renewing.issued()
    real, read = managed_shields.standings, 0

    async def standings(tx: Any, **values: Any) -> Any:
        nonlocal read
        found, read = await real(tx, **values), read + 1
        if read == 1:
            await renewing.confirm(new, renewal)
        return found

    monkeypatch.setattr(managed_shields, "standings", standings)
    number = str((await fetch(db, "SELECT shield_number FROM devices"))["shield_number"])
    (outcome,) = await report_loss(renewing.world, [number])
    assert (outcome.changed, outcome.error) == (True, None)
    states = [await renewing.state(serial) for serial in await renewing.serials()]
    assert sorted(states) == ["active", "superseded"]
    held = await fetch(db, "SELECT holds FROM certificates WHERE state = 'active'")
    assert held["holds"] == "lost"
    await db.close()
