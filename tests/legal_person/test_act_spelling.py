"""Shield numbers as a legal representative types them: batches with different spellings lock shields in one order."""

import pytest

from mshield.server.certificates.rules.states import Standing
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.legal_person.rows import shields as store
from tests.support.clock import Clock
from tests.support.managed_shields import report_loss
from tests.support.signing import fetch, make_world

UNKNOWN = "MS99999999999"


async def test_batches_lock_shields_in_one_order_with_any_spelling(
    db: Database, keyring: Keyring, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_world(db, keyring, clock)
    number = str((await fetch(db, "SELECT shield_number FROM certificates"))["shield_number"])
    assert number < UNKNOWN < number.lower()
    real, order = store.standings, []

    async def standings(tx: Tx, *, credit_code: str, shield_number: str) -> list[tuple[str, Standing]]:
        order.append(shield_number)
        return await real(tx, credit_code=credit_code, shield_number=shield_number)

    monkeypatch.setattr(store, "standings", standings)
    await report_loss(world, [UNKNOWN, number])
    outcomes = await report_loss(world, [f" {number.lower()}", UNKNOWN, number, "no number"])
    assert order == [number, UNKNOWN, number, UNKNOWN, "no number"]
    assert [each.shield_number for each in outcomes] == [number, UNKNOWN, number, "no number"]
    assert [type(each.error) for each in outcomes] == [
        type(None),
        NotFound,
        type(None),
        NotFound,
    ]
