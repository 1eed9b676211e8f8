"""Codes of a legal representative who then left, or whose stolen account was then disabled, prove nobody.

Codes are valid for a week, but their maker may no longer answer for the enterprise.
"""

from typing import Any

import pytest

from mshield.server.acts.actor import SERVICE
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.wire.identity import Way
from tests.security.identity.test_stranger import AS_OPERATOR, file_phone, person_id, register
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.portal import OWN, Browser
from tests.support.signing import fetch

CODES = "/api/phone/identity/codes"


async def made(application: Application) -> dict[str, str]:
    """A code by the legal representative for their operator, whose name and id number the stranger knows."""
    await file_phone(application, LEGAL_PERSON, LEGAL_PERSON.phone)
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    record = await person_id(application, OPERATOR)
    proof = {"sms_code": await portal.vouching_code(record)}
    answer = await portal.send("POST", f"/enterprises/{OWN}/people/{record}/activation-code", proof)
    assert answer.status_code == 201, answer.text
    await portal.http.aclose()
    return {"code": answer.json()["code"]}


async def they_leave(application: Application) -> None:
    record = await person_id(application, LEGAL_PERSON)
    await application.context.filing.people.end(record, reason="离任", now=application.clock())


async def they_are_disabled(application: Application) -> None:
    row = await fetch(application.context.db, "SELECT id FROM accounts")
    manage, now = application.context.accounts.manage, application.clock()
    await manage.disable(str(row["id"]), reason="账号被盗", by=SERVICE, now=now)


async def they_are_proven_no_more(application: Application) -> None:
    row = await fetch(application.context.db, "SELECT id FROM accounts")
    proofs, now = application.context.identity.proofs, application.clock()
    await application.context.db.write(
        lambda tx: proofs.end_others(tx, str(row["id"]), but=Way.OUTSIDE, reason="source_changed", now=now)
    )


@pytest.mark.parametrize("what", [they_leave, they_are_disabled, they_are_proven_no_more])
async def test_code_is_invalid_once_its_maker_lost_their_role(application: Application, what: Any) -> None:
    code = await made(application)
    await what(application)
    device = await register(application, AS_OPERATOR)
    assert_refused(await device.call("POST", CODES, code), "activation_code_wrong", 400)
    row = await fetch(
        application.context.db, "SELECT COUNT(*) AS n FROM identity_proofs WHERE way = 'legal_person'"
    )
    assert row["n"] == 0


async def test_code_is_valid_while_its_maker_is_legal_person(application: Application) -> None:
    code = await made(application)
    device = await register(application, OPERATOR)
    assert (await device.call("POST", CODES, code)).status_code == 201
