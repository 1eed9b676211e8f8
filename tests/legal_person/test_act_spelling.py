"""Shield numbers as the legal person types them: batches that spell them differently go through them in one order."""

from typing import Any, cast

import pytest

from mshield.domain import errors
from mshield.domain.certificates.states import CertificateEvent
from mshield.keys.keyring import Keyring
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.legal_person import act as manage_acts
from mshield.services.legal_person.act import ManageShields, Outcome
from mshield.services.legal_person.own_shield import OwnShield
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.store.database.interface import Database
from tests.support.clock import Clock
from tests.support.signing import CREDIT_CODE, fetch, make_world

UNKNOWN = "MS99999999999"


async def _reported(db: Database, numbers: list[str], *, now: int) -> list[Outcome]:
    person = LegalPerson(
        account_id="account",
        name="顾承岳",
        phone="13700003333",
        id_number_hash=b"",
        token_hash=b"",
        expires_at=now + 1,
    )
    manage = ManageShields(db, cast("SmsCodes", None), cast("OwnShield", None))
    enterprise, event = ManagedEnterprise(CREDIT_CODE, "x"), CertificateEvent.REPORT_LOSS
    return await manage.act(person, enterprise, event, numbers, reason="手机丢失", now=now)


async def test_batches_lock_shields_in_one_order_however_they_are_spelled(
    db: Database, keyring: Keyring, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_world(db, keyring, clock)
    number = str((await fetch(db, "SELECT shield_number FROM certificates"))["shield_number"])
    assert number < UNKNOWN < number.lower()
    real, order = manage_acts._one, []

    async def one(tx: Any, enterprise: Any, event: Any, meant: str, step: Any) -> Outcome:
        order.append(meant)
        return await real(tx, enterprise, event, meant, step)

    monkeypatch.setattr(manage_acts, "_one", one)
    await _reported(db, [UNKNOWN, number], now=clock())
    outcomes = await _reported(db, [f" {number.lower()}", UNKNOWN, number, "no number"], now=clock())
    assert order == [number, UNKNOWN, number, UNKNOWN, "no number"]
    assert [each.shield_number for each in outcomes] == [number, UNKNOWN, number, "no number"]
    assert [type(each.error) for each in outcomes] == [
        type(None),
        errors.NotFound,
        type(None),
        errors.NotFound,
    ]
