"""Who writes to the database puts a row in another's place for a moment: nobody is confirmed or held by it."""

from dataclasses import replace

import pytest

from mshield.demo.people import LEGAL_PERSON, OPERATOR
from mshield.store.database.interface import SealBroken
from mshield.store.legal_person import shields
from tests.security.identity.test_stranger import AS_OPERATOR, register
from tests.support.application import Application
from tests.support.intruder import Intruder
from tests.support.portal import FOREIGN, OWN, Browser
from tests.support.shield_over_http import Shield

RECORD = {"user_type": "operator", "credit_code": OWN}
PLACES = ("the page", "the decision")


@pytest.mark.parametrize("at", PLACES)
async def test_the_legal_person_confirms_whom_they_were_shown(
    application: Application, intruder: Intruder, at: str
) -> None:
    """The stranger asks, and for a moment it is the honest operator's account that the page shows; or the reverse."""
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
        assert (await portal.get(f"/enterprises/{OWN}/applications")).status_code == 500
        return
    (waiting,) = (await portal.get(f"/enterprises/{OWN}/applications")).json()["items"]
    intruder.run(lend, honest.phone)
    assert (await portal.confirm(waiting)).status_code == 500
    assert intruder.rows("SELECT id FROM identity_proofs WHERE way = 'legal_person'") == []


async def test_r14_a_shield_that_is_moved_to_another_enterprise_is_not_theirs(
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
