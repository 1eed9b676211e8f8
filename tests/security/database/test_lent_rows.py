"""An attacker with write access briefly replaces one row by another: this confirms and holds nobody."""

from dataclasses import replace

import pytest

from mshield.server.database.interface import SealBroken
from mshield.server.legal_person.rows import shields
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.security.identity.test_stranger import AS_OPERATOR, register
from tests.support.application import Application
from tests.support.intruder import Intruder
from tests.support.portal import FOREIGN, OWN, Browser
from tests.support.shield_over_http import Shield

RECORD = {"user_type": "operator", "credit_code": OWN}
PLACES = ("the page", "the decision")


@pytest.mark.parametrize("at", PLACES)
async def test_legal_person_confirms_only_the_displayed_person(
    application: Application, intruder: Intruder, at: str
) -> None:
    """For a moment, the stranger's request shows the honest operator's account; or the reverse."""
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    honest = replace(OPERATOR, phone="13612344322")
    await register(application, honest)
    device = await register(application, AS_OPERATOR)
    assert (await device.call("POST", "/api/phone/identity/requests", RECORD)).status_code == 201
    lend = (
        "UPDATE identity_requests SET account_id = (SELECT id FROM accounts WHERE phone = ?)"
        " WHERE state = 'waiting'"
    )
    if at == "the page":
        intruder.run(lend, honest.phone)
        assert (await portal.get(f"/enterprises/{OWN}/applications")).json()["code"] == "record_changed"
        return
    (waiting,) = (await portal.get(f"/enterprises/{OWN}/applications")).json()["items"]
    intruder.run(lend, honest.phone)
    assert (await portal.confirm(waiting)).json()["code"] == "record_changed"
    assert intruder.rows("SELECT id FROM identity_proofs WHERE way = 'legal_person'") == []


async def test_r14_shield_moved_to_another_enterprise_cannot_be_managed_there(
    application: Application, intruder: Intruder
) -> None:
    await application.registered()
    await Shield(application, await application.logged_in()).enrol()
    (row,) = intruder.rows("SELECT shield_number FROM certificates")
    number, db = row["shield_number"], application.context.db
    assert len(await shields.standings(db, credit_code=OWN, shield_number=number)) == 1
    intruder.run("UPDATE certificates SET credit_code = ?", FOREIGN)
    with pytest.raises(SealBroken):
        await shields.standings(db, credit_code=FOREIGN, shield_number=number)
    with pytest.raises(SealBroken):
        await shields.standing_shield(db, shield_number=number)
