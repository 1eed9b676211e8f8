"""Activation code of a legal representative: one security officer requests it, another gets it; it works once."""

from dataclasses import replace
from typing import Any, Final

import httpx
import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import refusal
from tests.support.console_people import Clerk, two_at_work
from tests.support.identity import filed
from tests.support.portal import Browser

OFFICER: Final = StaffRole.SECURITY_OFFICER
NEW_NUMBER: Final = replace(LEGAL_PERSON, phone="13612344321")
"""The legal representative's account has another number than their filing."""


one, other = two_at_work(OFFICER)


@pytest.fixture
async def record(application: Application) -> str:
    """The legal representative's filing record."""
    return (await filed(application, LEGAL_PERSON)).id


async def _send(officer: Clerk, subject: str, **details: object) -> httpx.Response:
    document = {"act": "identity.code", "subject": subject, "details": details, "reason": "法人当面领取"}
    return await officer.call("POST", "/approvals", document)


async def _ask(officer: Clerk, subject: str) -> dict[str, Any]:
    answer = await _send(officer, subject)
    assert answer.status_code == 201, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


async def _decide(officer: Clerk, asked: dict[str, Any], decision: str = "approve") -> httpx.Response:
    return await officer.decide(asked, decision)


async def test_approver_sees_the_person_and_gets_the_code_once(
    application: Application, one: Clerk, other: Clerk, record: str
) -> None:
    asked = await _ask(one, record)
    who = {"name": LEGAL_PERSON.name, "role": "legal_person", "credit_code": LEGAL_PERSON.credit_code}
    assert asked["details"] == who
    (shown,) = (await other.call("GET", "/approvals?state=waiting")).json()["items"]
    assert (shown["may_decide"], shown["details"]) == (True, who)
    told = (await _decide(other, asked)).json()["told"]
    assert told.keys() == {"code", "expires_at"}
    acts = await acts_on(application.context.db, subject=record)
    assert [(act.act, act.actor_id) for act in acts] == [
        ("approval.ask", one.id),
        ("approval.approve", other.id),
        ("identity.make_code", other.id),
    ]
    everything = str([act.details for act in acts]) + (await one.call("GET", "/approvals")).text
    assert told["code"] not in everything


async def test_one_officer_alone_makes_no_code(application: Application, one: Clerk, record: str) -> None:
    officer = await Clerk.at_work(application, *StaffRole)
    assert refusal(await officer.call("POST", f"/filing/people/{record}/activation-code")) == (
        403,
        "forbidden",
    )
    asked = await _ask(one, record)
    assert refusal(await _decide(one, asked)) == (403, "own_approval")
    await one.log_in()
    assert refusal(await _decide(one, asked)) == (403, "own_approval")
    assert [act.act for act in await acts_on(application.context.db, subject=record)] == ["approval.ask"]


async def test_refused_request_makes_no_code(
    application: Application, one: Clerk, other: Clerk, record: str
) -> None:
    asked = await _ask(one, record)
    assert (await _decide(other, asked, "refuse")).json()["told"] == {}
    acts = await acts_on(application.context.db, subject=record)
    assert "identity.make_code" not in [act.act for act in acts]


async def test_legal_person_logs_in_with_the_code_once(
    application: Application, one: Clerk, other: Clerk, record: str
) -> None:
    await application.registered(NEW_NUMBER)
    browser = Browser.of(application)
    assert refusal(await browser.begin(NEW_NUMBER)) == (403, "identity_unproven")
    code = (await _decide(other, await _ask(one, record))).json()["told"]["code"]
    application.clock.advance(seconds=61)
    begun = await browser.begin(
        NEW_NUMBER, changes={"activation_code": f"{code[:4]}-{code[4:8]} {code[8:]}".lower()}
    )
    assert begun.status_code == 201, begun.text
    session = await browser.finish(begun.json(), await application.sms_code("portal"))
    assert [each["credit_code"] for each in session.json()["enterprises"]] == [LEGAL_PERSON.credit_code]
    again = await browser.begin(NEW_NUMBER, changes={"activation_code": code})
    assert refusal(again)[1] == "activation_code_wrong"
    application.clock.advance(seconds=61)
    assert (await browser.begin(NEW_NUMBER)).status_code == 201


async def test_code_is_valid_only_for_its_person(
    application: Application, one: Clerk, other: Clerk, record: str
) -> None:
    await application.registered(OPERATOR)
    device = await application.logged_in()
    code = (await _decide(other, await _ask(one, record))).json()["told"]["code"]
    used = await device.call("POST", "/api/phone/identity/codes", {"code": code})
    assert refusal(used)[1] == "activation_code_wrong"


async def test_person_unfiled_meanwhile_gets_no_code_and_the_request_stays(
    application: Application, one: Clerk, other: Clerk, record: str
) -> None:
    asked = await _ask(one, record)
    await application.context.filing.people.end(record, reason="已离职", by=SERVICE, now=application.clock())
    assert refusal(await _decide(other, asked)) == (409, "conflict")
    (shown,) = (await other.call("GET", "/approvals")).json()["items"]
    assert shown["state"] == "waiting"
    assert (await _decide(other, asked, "refuse")).status_code == 200


async def test_request_for_unfiled_person_or_with_details_is_refused(
    application: Application, one: Clerk, record: str
) -> None:
    assert refusal(await _send(one, "0192f0a0-0000-7000-8000-000000000000")) == (404, "not_found")
    assert refusal(await _send(one, record, role="operator")) == (422, "invalid_request")
    await application.context.filing.people.end(record, reason="已离职", by=SERVICE, now=application.clock())
    assert refusal(await _send(one, record)) == (404, "not_found")
