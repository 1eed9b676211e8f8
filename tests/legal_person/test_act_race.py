"""A legal person's act that meets the confirmation of a renewal: what counts then is the new certificate (R11, R14)."""

from typing import Any, cast

import pytest

from mshield.domain.certificates.states import CertificateEvent
from mshield.keys.keyring import Keyring
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.legal_person.act import ManageShields
from mshield.services.legal_person.own_shield import OwnShield
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.store.database.opening import open_database
from mshield.store.legal_person import shields as managed_shields
from tests.support.clock import Clock
from tests.support.renewal import make_renewing
from tests.support.signing import CREDIT_CODE, fetch


async def test_r14_an_act_that_a_renewal_overtakes_holds_the_new_certificate(
    postgresql_url: str, keyring: Keyring, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read while the old one was in force, written when it had been replaced. SQLite has one writer and no race."""
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
    manage = ManageShields(db, cast("SmsCodes", None), cast("OwnShield", None))
    (outcome,) = await manage.act(
        LegalPerson(
            account_id="account",
            name="顾承岳",
            phone="13700003333",
            id_number_hash=b"",
            token_hash=b"",
            expires_at=clock() + 1,
        ),
        ManagedEnterprise(CREDIT_CODE, "宁波北潮进出口有限公司"),
        CertificateEvent.REPORT_LOSS,
        [number],
        reason="手机丢失",
        now=clock(),
    )
    assert (outcome.changed, outcome.error) == (True, None)
    states = [await renewing.state(serial) for serial in await renewing.serials()]
    assert sorted(states) == ["active", "superseded"]
    held = await fetch(db, "SELECT holds FROM certificates WHERE state = 'active'")
    assert held["holds"] == "lost"
    await db.close()
