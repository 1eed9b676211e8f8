"""A reader of a person's SMS stops that person's shield as its holder, to apply at once on their own phone.

The wait after a password reset ends if somebody else stopped the first shield. Stops by the account itself
(不是我的, a second application, wrong PINs, a legal representative's own portal) don't end the wait.
"""

from dataclasses import replace
from typing import Final

import httpx
import pytest

from mshield.server.acts.actor import SERVICE, By
from mshield.server.certificates.rows.changes import change
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.consent import with_shield
from tests.support.portal import Browser
from tests.support.signing import fetch

NEW: Final = "Stolen-sms-2026"  # an invented test password
DAY: Final = 86_400
ANOTHER: Final = By("legal_person", "another")


async def thief(application: Application, person: Person) -> tuple[Device, Person]:
    """Returns the thief's phone, logged in by a password reset with SMS and the id number, which is no secret."""
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


async def test_not_mine_by_sms_does_not_shorten_the_wait(application: Application) -> None:
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
        (CertificateEvent.LOCK_PIN, SERVICE),  # five wrong PINs on the stolen phone
        (CertificateEvent.FIND_CLONE, SERVICE),
        (CertificateEvent.APPLY_AGAIN, By("user", "account")),
    ],
)
async def test_stop_by_the_phone_does_not_shorten_the_wait(
    application: Application, event: CertificateEvent, by: By
) -> None:
    await with_shield(application)
    await stop(application, event, by)
    device, person = await thief(application, OPERATOR)
    assert_refused(await apply(application, device, person), "applies_later")
    # A stop by their legal representative ends the wait, whoever stopped the shield before.
    await stop(application, CertificateEvent.REVOKE, ANOTHER)
    assert (await apply(application, device, person)).status_code == 201


@pytest.mark.parametrize("revokes", [False, True], ids=["reported lost", "revoked"])
async def test_legal_persons_own_stop_does_not_shorten_the_wait(
    application: Application, *, revokes: bool
) -> None:
    """The thief's SMS opens the portal too. Acts there wait for a day; a revocation before that would end no wait."""
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


async def test_lifted_freeze_does_not_shorten_the_wait(application: Application) -> None:
    """A hold that was lifted ends no wait."""
    await with_shield(application)
    await stop(application, CertificateEvent.FREEZE, ANOTHER)
    await stop(application, CertificateEvent.UNFREEZE, ANOTHER)
    application.clock.advance(seconds=60)
    await stop(application, CertificateEvent.REPORT_LOSS, By("user", "account"))
    device, person = await thief(application, OPERATOR)
    assert_refused(await apply(application, device, person), "applies_later")
    await stop(application, CertificateEvent.FREEZE, ANOTHER)
    assert (await apply(application, device, person)).status_code == 201
