"""The two-person rule: one requests, another one approves, and in the same step it is done. Nobody does both."""

import asyncio
from typing import Any

import httpx
import pytest

from mshield.server.staff.members import disable_staff
from mshield.server.staff.rules import StaffRole
from mshield.wire.times import SECOND_MS
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import refusal
from tests.support.cases import cases
from tests.support.console_people import API, PASSWORD, Clerk, two_at_work
from tests.support.signing import execute

OFFICER = StaffRole.SECURITY_OFFICER


one, other = two_at_work(OFFICER)


@pytest.fixture
async def clerk(application: Application) -> Clerk:
    """The member of staff that the request is about."""
    return await Clerk.at_work(application, StaffRole.CUSTOMER_SERVICE)


async def _ask(officer: Clerk, act: str, subject: str, **details: object) -> dict[str, Any]:
    document = {"act": act, "subject": subject, "details": details, "reason": "岗位调整"}
    answer = await officer.call("POST", "/approvals", document)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _decide(officer: Clerk, approval: dict[str, Any], decision: str = "approve") -> httpx.Response:
    return await officer.decide(approval, decision)


async def _roles(clerk: Clerk) -> list[str]:
    roles: list[str] = (await clerk.call("GET", "/session")).json()["roles"]
    return roles


async def test_roles_are_changed_by_two(
    application: Application, one: Clerk, other: Clerk, clerk: Clerk
) -> None:
    asked = await _ask(one, "staff.roles", clerk.id, roles=["auditor", "filing_officer"])
    assert asked["details"] == {
        "name": clerk.name,
        "before": ["customer_service"],
        "after": ["filing_officer", "auditor"],
    }
    assert (asked["state"], asked["is_own"], asked["may_decide"]) == ("waiting", True, False)
    assert await _roles(clerk) == ["customer_service"]
    (shown,) = (await other.call("GET", "/approvals?state=waiting")).json()["items"]
    assert (shown["may_decide"], shown["asked_by_name"], shown["details"]) == (
        True,
        one.name,
        asked["details"],
    )
    done = (await _decide(other, asked)).json()
    assert (done["approval"]["state"], done["approval"]["decided_by"], done["told"]) == (
        "approved",
        other.id,
        {},
    )
    assert await _roles(clerk) == ["filing_officer", "auditor"]
    found = await acts_on(application.context.db, subject=clerk.id)
    assert [(act.act, act.actor_id) for act in found[-3:]] == [
        ("approval.ask", one.id),
        ("approval.approve", other.id),
        ("staff.roles", other.id),
    ]
    assert refusal(await _decide(other, asked)) == (409, "approval_over")
    assert (await other.call("GET", "/approvals?state=waiting")).json()["items"] == []


async def test_a_refusal_and_a_withdrawal_change_nothing(one: Clerk, other: Clerk, clerk: Clerk) -> None:
    asked = await _ask(one, "staff.disable", clerk.id)
    assert (await _decide(other, asked, "refuse")).json()["approval"]["state"] == "refused"
    assert refusal(await _decide(other, asked)) == (409, "approval_over")
    asked = await _ask(one, "staff.disable", clerk.id)
    path = f"/approvals/{asked['id']}/withdrawal"
    assert refusal(await other.call("POST", path)) == (404, "not_found")
    assert (await one.call("POST", path)).json()["state"] == "withdrawn"
    assert refusal(await one.call("POST", path)) == (409, "approval_over")
    assert refusal(await _decide(other, asked)) == (409, "approval_over")
    assert await _roles(clerk) == ["customer_service"]


async def test_requester_cannot_decide_even_by_another_session_or_token(
    application: Application, one: Clerk, clerk: Clerk
) -> None:
    asked = await _ask(one, "staff.disable", clerk.id)
    assert refusal(await _decide(one, asked)) == (403, "own_approval")
    await one.log_in()
    assert refusal(await _decide(one, asked)) == (403, "own_approval")
    assert refusal(await _decide(one, asked, "refuse")) == (403, "own_approval")
    assert await _roles(clerk) == ["customer_service"]


async def test_subject_cannot_decide_about_themselves(one: Clerk, other: Clerk) -> None:
    asked = await _ask(one, "staff.roles", other.id, roles=["security_officer", "auditor"])
    (shown,) = (await other.call("GET", "/approvals")).json()["items"]
    assert shown["may_decide"] is False
    assert refusal(await _decide(other, asked)) == (403, "own_approval")


async def test_program_token_can_neither_request_nor_decide(one: Clerk, other: Clerk, clerk: Clerk) -> None:
    asked = await _ask(one, "staff.disable", clerk.id)
    program = {"Authorization": f"Bearer {await other.token()}"}
    document = {"act": "staff.disable", "subject": clerk.id, "reason": "x"}
    for path, body in (
        ("/approvals", document),
        (f"/approvals/{asked['id']}/decision", {"decision": "approve"}),
        (f"/approvals/{asked['id']}/withdrawal", None),
    ):
        answer = await other.call("POST", path, body, **program)
        assert (refusal(answer), answer.json()["reason"]) == ((403, "forbidden"), "person")
    (shown,) = (await other.call("GET", "/approvals", **program)).json()["items"]
    assert shown["may_decide"] is False


async def test_other_roles_can_neither_request_nor_decide(
    application: Application, one: Clerk, clerk: Clerk
) -> None:
    asked = await _ask(one, "staff.disable", clerk.id)
    auditor = await Clerk.at_work(application, StaffRole.AUDITOR)
    for who in (clerk, auditor):
        assert refusal(await _decide(who, asked)) == (403, "forbidden")
        document = {"act": "staff.disable", "subject": one.id, "reason": "x"}
        assert refusal(await who.call("POST", "/approvals", document)) == (403, "forbidden")
    assert (await auditor.call("GET", "/approvals")).status_code == 200
    assert (await auditor.call("GET", "/staff")).status_code == 200
    assert refusal(await clerk.call("GET", "/staff")) == (403, "forbidden")
    one.csrf = None
    assert refusal(await _decide(one, asked)) == (403, "forbidden")


async def test_race_of_deciders_has_one_winner(
    application: Application, one: Clerk, other: Clerk, clerk: Clerk
) -> None:
    third = await Clerk.at_work(application, OFFICER)
    asked = await _ask(one, "staff.roles", clerk.id, roles=["auditor"])
    done = await asyncio.gather(
        _decide(one, asked), _decide(other, asked), _decide(third, asked), _decide(other, asked, "refuse")
    )
    codes = [each.status_code for each in done]
    assert codes[0] == 403
    assert sorted(codes[1:]) == [200, 409, 409]
    found = await acts_on(application.context.db, subject=clerk.id)
    decisions = [act for act in found if act.act in {"approval.approve", "approval.refuse"}]
    assert len(decisions) == 1


async def test_race_of_equal_requests_keeps_one(one: Clerk, other: Clerk, clerk: Clerk) -> None:
    document = {"act": "staff.disable", "subject": clerk.id, "reason": "离职"}
    done = await asyncio.gather(*(who.call("POST", "/approvals", document) for who in (one, other)))
    assert sorted(each.status_code for each in done) == [201, 409]
    assert {each.json().get("code") for each in done} == {None, "approval_waiting"}


async def test_request_expires_after_three_days_and_can_be_repeated(
    application: Application, one: Clerk, other: Clerk, clerk: Clerk
) -> None:
    asked = await _ask(one, "staff.disable", clerk.id)
    application.clock.advance(seconds=72 * 3600)
    await other.log_in()
    assert refusal(await _decide(other, asked)) == (409, "approval_over")
    (shown,) = (await other.call("GET", "/approvals")).json()["items"]
    assert shown["state"] == "expired"
    await one.log_in()
    again = await _ask(one, "staff.disable", clerk.id)
    assert (await _decide(other, again)).status_code == 200
    assert (await clerk.call("GET", "/session")).status_code == 401


async def test_concurrent_change_of_roles_is_not_overwritten(
    application: Application, one: Clerk, other: Clerk, clerk: Clerk
) -> None:
    """The change shown to the approver is carried out exactly, or not at all."""
    asked = await _ask(one, "staff.roles", clerk.id, roles=["auditor"])
    await execute(
        application.context.db, "UPDATE staff SET roles = $1 WHERE id = $2", "filing_officer", clerk.id
    )
    assert refusal(await _decide(other, asked)) == (409, "conflict")
    assert await _roles(clerk) == ["filing_officer"]
    (shown,) = (await other.call("GET", "/approvals")).json()["items"]
    assert shown["state"] == "waiting"
    assert "approval.approve" not in [
        act.act for act in await acts_on(application.context.db, subject=clerk.id)
    ]


async def test_requester_must_still_be_an_officer(
    application: Application, one: Clerk, other: Clerk, clerk: Clerk
) -> None:
    asked = await _ask(one, "staff.disable", clerk.id)
    await disable_staff(application.context.db, staff_id=one.id, now=application.clock())
    assert refusal(await _decide(other, asked)) == (409, "approval_over")
    assert await _roles(clerk) == ["customer_service"]


async def test_a_member_is_added_by_two_and_the_approver_hands_on_the_address(
    application: Application, one: Clerk, other: Clerk
) -> None:
    asked = await _ask(one, "staff.add", "李想", roles=["auditor"])
    told = (await _decide(other, asked)).json()["told"]
    code = told["set_up"].partition("#")[2]
    assert told["set_up"].startswith("http://shield.example/console/set-up#")
    life = application.context.settings.console.set_up_seconds
    assert told["expires_at"] == application.clock() + life * SECOND_MS
    assert code not in str(await other.call("GET", "/approvals"))
    begun = (await other.http.post(f"{API}/set-ups", json={"code": code})).json()
    assert (begun["name"], begun["roles"]) == ("李想", ["auditor"])
    members = (await one.call("GET", "/staff")).json()["items"]
    assert [(each["name"], each["is_set_up"]) for each in members][-1] == ("李想", False)
    document = {"act": "staff.add", "subject": "李想", "details": {"roles": ["auditor"]}, "reason": "x"}
    assert refusal(await one.call("POST", "/approvals", document)) == (422, "invalid_staff")


async def test_lost_login_is_set_up_again_by_two(one: Clerk, other: Clerk, clerk: Clerk) -> None:
    asked = await _ask(one, "staff.reset", clerk.id)
    told = (await _decide(other, asked)).json()["told"]
    assert (await clerk.call("GET", "/session")).status_code == 401
    clerk.set_up_code = told["set_up"].partition("#")[2]
    assert (await clerk.set_up()).status_code == 201
    assert (await clerk.begin(PASSWORD)).status_code == 201


@cases(
    ("document", "status", "code"),
    [
        ({"act": "staff.promote"}, 422, "invalid_request"),
        ({"reason": "  "}, 422, "invalid_request"),
        ({"subject": "nobody"}, 404, "not_found"),
        ({"details": {"roles": ["king"]}}, 422, "invalid_request"),
        ({"details": {"roles": []}}, 422, "invalid_staff"),
        ({"details": {"roles": ["customer_service"]}}, 422, "invalid_request"),
        ({"details": {"roles": ["auditor"], "more": 1}}, 422, "invalid_request"),
        ({"act": "staff.disable", "details": {"roles": ["auditor"]}}, 422, "invalid_request"),
        ({"act": "staff.add", "subject": " 李想 "}, 422, "invalid_staff"),
    ],
)
async def test_impossible_request_is_refused(
    one: Clerk, clerk: Clerk, document: dict[str, Any], status: int, code: str
) -> None:
    usual = {"act": "staff.roles", "subject": clerk.id, "reason": "x", "details": {"roles": ["auditor"]}}
    assert refusal(await one.call("POST", "/approvals", usual | document)) == (status, code)
    assert (await one.call("GET", "/approvals")).json()["items"] == []


async def test_paging_returns_every_approval(application: Application, one: Clerk) -> None:
    for number in range(5):
        application.clock.advance(seconds=1)
        await _ask(one, "staff.add", f"新员工 {number}", roles=["auditor"])
    seen, before = [], ""
    while True:
        page = (await one.call("GET", f"/approvals?limit=2&before={before}")).json()
        seen += [each["subject"] for each in page["items"]]
        if page["next"] is None:
            break
        before = page["next"]
    assert seen == [f"新员工 {number}" for number in reversed(range(5))]
