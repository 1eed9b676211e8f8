"""Who reads somebody's SMS stops that person's shield as its holder, to apply at once on a phone of their own.

The wait after a forgotten password ends where somebody else stopped the first shield: what the account itself can do
(不是我的, a second application, wrong PINs, the portal of a legal person) stops it too, and is no such word.
"""

from dataclasses import replace
from typing import Final

import httpx
import pytest

from mshield.demo.people import LEGAL_PERSON, OPERATOR, Person
from mshield.domain.actor import SERVICE, By
from mshield.domain.certificates.states import CertificateEvent
from mshield.store.certificates.changes import change
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.consent import with_shield
from tests.support.portal import Browser
from tests.support.signing import fetch

NEW: Final = "Stolen-sms-2026"  # an invented password of tests
DAY: Final = 86_400
ANOTHER: Final = By("legal_person", "another")


async def thief(application: Application, person: Person) -> tuple[Device, Person]:
    """A phone of the thief's, logged in by a password that they set by SMS and the id number, which is no secret."""
    application.clock.advance(seconds=3600)
    await application.ask_for_code(person.phone, "reset")
    document = {
        "phone": person.phone,
        "sms_code": await application.sms_code("reset"),
        "id_number": person.id_number,
        "password": NEW,
    }
    answer = await application.http.post("/api/phone/password-resets", json=document)
    assert answer.status_code == 201, answer.text
    now_theirs = replace(person, password=NEW)
    return await application.logged_in(now_theirs), now_theirs


async def apply(application: Application, device: Device, person: Person) -> httpx.Response:
    form = await application.application_form(
        device, name=person.name, user_type=person.role, credit_code=person.credit_code
    )
    return await device.call("POST", "/api/phone/enrolments", form | {"id_number": None})


async def stop(application: Application, event: CertificateEvent, by: By) -> None:
    row = await fetch(application.context.db, "SELECT serial FROM certificates")
    now = application.clock()
    await application.context.db.write(
        lambda tx: change(tx, serial=str(row["serial"]), event=event, by=by, reason="x", now=now)
    )


async def test_not_mine_by_sms_is_no_way_around_the_day(application: Application) -> None:
    await with_shield(application)
    device, person = await thief(application, OPERATOR)
    assert_refused(await apply(application, device, person), "applies_later")
    (victims,) = (await device.call("GET", "/api/phone/devices")).json()["items"]
    application.clock.advance(seconds=61)
    await device.call("POST", "/api/phone/sms-codes", {"phone": None, "purpose": "device"})
    code = {"sms_code": await application.sms_code("device")}
    path = f"/api/phone/devices/{victims['shield_number']}/disowned"
    assert (await device.call("POST", path, code)).json() == {"held": True}
    assert_refused(await apply(application, device, person), "applies_later")
    application.clock.advance(seconds=DAY)
    device = await application.logged_in(person)
    assert (await apply(application, device, person)).status_code == 201


@pytest.mark.parametrize(
    ("event", "by"),
    [
        (CertificateEvent.LOCK_PIN, SERVICE),  # five wrong PINs on the phone that was found
        (CertificateEvent.FIND_CLONE, SERVICE),
        (CertificateEvent.APPLY_AGAIN, By("user", "account")),
    ],
)
async def test_nor_is_what_a_thief_does_with_the_phone(
    application: Application, event: CertificateEvent, by: By
) -> None:
    await with_shield(application)
    await stop(application, event, by)
    device, person = await thief(application, OPERATOR)
    assert_refused(await apply(application, device, person), "applies_later")
    # What their legal person says of it ends the wait, whoever stopped it before.
    await stop(application, CertificateEvent.REVOKE, ANOTHER)
    assert (await apply(application, device, person)).status_code == 201


@pytest.mark.parametrize("revokes", [False, True], ids=["reported lost", "revoked"])
async def test_nor_is_a_legal_persons_own_word_of_their_own_shield(
    application: Application, *, revokes: bool
) -> None:
    """Their SMS opens the portal too. There they revoke nothing for a day; had they before, it would end no wait."""
    shield = await with_shield(application, LEGAL_PERSON)
    number = (await shield.device.call("GET", "/api/phone/devices")).json()["items"][0]["shield_number"]
    device, person = await thief(application, LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in(person)
    if revokes:
        assert_refused(await portal.revoke(number), "acts_later", 429)
        row = await fetch(application.context.db, "SELECT id FROM accounts")
        await stop(application, CertificateEvent.REVOKE, By("legal_person", str(row["id"])))
    else:
        await portal.act("report_loss", number)
    assert_refused(await apply(application, device, person), "applies_later")


async def test_one_that_they_froze_before_is_in_use_again(application: Application) -> None:
    """A word that was taken back ends no wait."""
    await with_shield(application)
    await stop(application, CertificateEvent.FREEZE, ANOTHER)
    await stop(application, CertificateEvent.UNFREEZE, ANOTHER)
    application.clock.advance(seconds=60)
    await stop(application, CertificateEvent.REPORT_LOSS, By("user", "account"))
    device, person = await thief(application, OPERATOR)
    assert_refused(await apply(application, device, person), "applies_later")
    await stop(application, CertificateEvent.FREEZE, ANOTHER)
    assert (await apply(application, device, person)).status_code == 201
