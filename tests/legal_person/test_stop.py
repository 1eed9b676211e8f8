"""Stopping a shield without its legal representative: two roles of staff, one requests, the other approves."""

from typing import Any, Final

import httpx
import pytest

from mshield.server.staff.members import disable_staff
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.clerk import Program
from tests.support.console_people import Clerk
from tests.support.portal import OWN, Browser, certified
from tests.support.signing import execute, fetch

NUMBER: Final = "MS10720468813"
EVIDENCE: Final = "死亡医学证明 2026-0417，存客服档案 3 柜"
REASON: Final = "法人去世，尚未变更登记"
CLERK, OFFICER = StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER


@pytest.fixture
async def serial(application: Application) -> str:
    """A shield of the example's enterprise; its certificate's serial."""
    return (await certified(application.context, NUMBER)).serial


@pytest.fixture
async def clerk(application: Application, serial: str) -> Clerk:
    """A member of customer service."""
    assert serial
    return await Clerk.at_work(application, CLERK)


@pytest.fixture
async def officer(application: Application, clerk: Clerk) -> Clerk:
    """A security officer."""
    assert clerk.csrf
    return await Clerk.at_work(application, OFFICER)


async def send(who: Clerk, act: str, number: str = NUMBER, **details: object) -> httpx.Response:
    """Requests an act."""
    given = {"evidence": EVIDENCE} | ({"cause": "unspecified"} if act == "revoke" else {}) | details
    document = {"act": f"shield.{act}", "subject": number, "reason": REASON, "details": given}
    return await who.call("POST", "/approvals", document)


async def ask(who: Clerk, act: str) -> dict[str, Any]:
    """Requests an act and returns the pending request."""
    answer = await send(who, act)
    assert answer.status_code == 201, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


async def decide(who: Clerk, asked: dict[str, Any], decision: str = "approve") -> httpx.Response:
    return await who.decide(asked, decision)


async def both(one: Clerk, other: Clerk, act: str) -> None:
    """Requests by one member, approves by the other."""
    answer = await decide(other, await ask(one, act))
    assert answer.status_code == 200, answer.text


async def shown(clerk: Clerk, serial: str) -> dict[str, Any]:
    """Returns the certificate as shown to staff."""
    found: dict[str, Any] = (await clerk.call("GET", f"/certificates/{serial}")).json()
    return found


async def test_either_role_requests_and_the_other_approves(
    application: Application, clerk: Clerk, officer: Clerk, serial: str
) -> None:
    asked = await ask(clerk, "suspend")
    assert asked["details"] == {
        "name": (await shown(clerk, serial))["certificate"]["name"],
        "enterprise": (await shown(clerk, serial))["certificate"]["enterprise"],
        "credit_code": OWN,
        "state": "active",
        "holds": [],
        "evidence": EVIDENCE,
    }
    (seen,) = (await officer.call("GET", "/approvals?state=waiting")).json()["items"]
    assert (seen["may_decide"], seen["details"]) == (True, asked["details"])
    assert (await decide(officer, asked)).status_code == 200
    found = await shown(clerk, serial)
    assert (found["certificate"]["state"], found["certificate"]["holds"]) == ("active", ["suspended"])
    event = found["events"][-1]
    assert (event["event"], event["actor"], event["actor_id"], event["reason"]) == (
        "suspend", "staff", officer.id, REASON,
    )  # fmt: skip
    (question, approved) = await acts_on(application.context.db, subject=NUMBER)
    assert (question.actor_id, approved.actor_id) == (clerk.id, officer.id)
    assert approved.details["details"]["evidence"] == EVIDENCE

    await both(officer, clerk, "resume")
    assert (await shown(clerk, serial))["certificate"]["holds"] == []
    await both(officer, clerk, "revoke")
    assert (await shown(clerk, serial))["certificate"]["state"] == "revoked"


async def test_same_role_or_member_with_both_roles_cannot_approve(
    application: Application, clerk: Clerk, officer: Clerk, serial: str
) -> None:
    second = {role: await Clerk.at_work(application, role) for role in (CLERK, OFFICER)}
    both_roles = await Clerk.at_work(application, CLERK, OFFICER)
    for one, role in ((clerk, CLERK), (officer, OFFICER)):
        asked = await ask(one, "suspend")
        (seen,) = (await second[role].call("GET", "/approvals?state=waiting")).json()["items"]
        assert seen["may_decide"] is False
        assert_refused(await decide(second[role], asked), "forbidden")
        assert_refused(await decide(one, asked), "own_approval")
        await decide(both_roles, asked, "refuse")
    asked = await ask(both_roles, "suspend")
    assert_refused(await decide(both_roles, asked), "own_approval")
    for role in (StaffRole.AUDITOR, StaffRole.FILING_OFFICER):
        assert_refused(await decide(await Clerk.at_work(application, role), asked), "forbidden")
        assert_refused(await send(await Clerk.at_work(application, role), "suspend"), "forbidden")
    program, path = await Program.of(application, OFFICER), f"/approvals/{asked['id']}/decision"
    assert_refused(await program.call("POST", path, {"decision": "approve"}), "forbidden")
    assert (await shown(clerk, serial))["certificate"]["holds"] == []
    # The approver's role must be the one that the requester doesn't have.
    assert (await decide(clerk, asked)).status_code == 200


async def test_holder_and_enterprise_are_notified(
    application: Application, clerk: Clerk, officer: Clerk
) -> None:
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    await clerk.log_in()
    await officer.log_in()
    notify = application.context.notices.notify
    await notify(now=application.clock())
    before = len((await application.http.get("/dev/sms.json")).json())
    for one, other, act in (
        (clerk, officer, "suspend"),
        (officer, clerk, "resume"),
        (clerk, officer, "revoke"),
    ):
        await both(one, other, act)
        application.clock.advance(seconds=1)
    await notify(now=application.clock())
    messages = (await application.http.get("/dev/sms.json")).json()
    told = [
        (each["purpose"], each["phone"] == LEGAL_PERSON.phone) for each in messages[: len(messages) - before]
    ]
    assert sorted(told) == [
        ("resumed", False), ("revoked_by_staff", False), ("staff_acted", True), ("staff_acted", True),
        ("staff_acted", True), ("suspended", False),
    ]  # fmt: skip
    assert any("暂停使用" in each["text"] and NUMBER[-4:] in each["text"] for each in messages)
    assert not any(REASON in each["text"] or NUMBER in each["text"] for each in messages)
    found = await portal.shield(NUMBER)
    assert [(each["event"], each["actor"], each["reason"]) for each in found["events"][-3:]] == [
        ("suspend", "staff", REASON), ("resume", "staff", REASON), ("revoke", "staff", REASON),
    ]  # fmt: skip


async def test_r14_legal_person_cannot_lift_a_suspension(
    application: Application, clerk: Clerk, officer: Clerk, serial: str
) -> None:
    """The doubt is whether they are the legal representative; revoking is still allowed, since it stops more."""
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    await clerk.log_in()
    await officer.log_in()
    await both(clerk, officer, "suspend")
    await portal.act("report_loss", NUMBER)
    assert (await portal.shield(NUMBER))["shield"]["holds"] == ["suspended", "lost"]
    for act in ("lift_loss", "unfreeze"):
        await portal.act(act, NUMBER)
    assert (await portal.shield(NUMBER))["shield"]["holds"] == ["suspended"]
    for act in ("resume", "suspend"):
        document = {"act": act, "shield_numbers": [NUMBER], "reason": "x"}
        assert_refused(await portal.send("POST", f"/enterprises/{OWN}/acts", document), "invalid_request")
    (found,) = (await portal.get(f"/enterprises/{OWN}/shields", hold="suspended")).json()["items"]
    assert found["shield_number"] == NUMBER
    assert (await portal.revoke(NUMBER)).status_code == 200
    assert (await shown(clerk, serial))["certificate"]["state"] == "revoked"


async def test_displayed_stop_is_done_exactly_or_not_at_all(
    application: Application, clerk: Clerk, officer: Clerk, serial: str
) -> None:
    """The shield was put on another hold, or revoked, after the request."""
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    await portal.log_in()
    await clerk.log_in()
    await officer.log_in()
    asked = await ask(clerk, "suspend")
    await portal.act("report_loss", NUMBER)
    assert_refused(await decide(officer, asked), "conflict")
    assert (await shown(clerk, serial))["certificate"]["holds"] == ["lost"]
    assert (await decide(officer, asked, "refuse")).status_code == 200
    asked = await ask(clerk, "revoke")
    assert (await portal.revoke(NUMBER)).status_code == 200
    assert_refused(await decide(officer, asked), "conflict")
    assert_refused(await send(clerk, "suspend"), "shield_ended")


async def test_request_needs_evidence_and_a_possible_act(
    application: Application, clerk: Clerk, officer: Clerk
) -> None:
    for evidence in ("", " ", "长" * 1001, 7, None):
        assert_refused(await send(clerk, "suspend", evidence=evidence), "invalid_request")
    assert_refused(await send(clerk, "suspend", more="x"), "invalid_request")
    assert_refused(await send(clerk, "revoke", cause="whim"), "invalid_request")
    for number in ("MS99999999999", "ms10720468813", "MS 107 2046 8813", "x"):
        assert_refused(await send(clerk, "suspend", number), "not_found")
    assert_refused(await send(clerk, "resume"), "conflict")
    await both(clerk, officer, "suspend")
    assert_refused(await send(officer, "suspend"), "conflict")


async def test_requester_without_the_role_stops_nothing(
    application: Application, clerk: Clerk, officer: Clerk, serial: str
) -> None:
    asked = await ask(clerk, "suspend")
    db = application.context.db
    await execute(db, "UPDATE staff SET roles = 'security_officer' WHERE id = $1", clerk.id)
    assert_refused(await decide(officer, asked), "forbidden")  # both members have the same role now
    await execute(db, "UPDATE staff SET roles = 'auditor' WHERE id = $1", clerk.id)
    assert_refused(await decide(officer, asked), "approval_over")
    await execute(db, "UPDATE staff SET roles = 'customer_service' WHERE id = $1", clerk.id)
    await disable_staff(db, staff_id=clerk.id, now=application.clock())
    assert_refused(await decide(officer, asked), "approval_over")
    auditor = await Clerk.at_work(application, StaffRole.AUDITOR, CLERK)
    assert (await shown(auditor, serial))["certificate"]["holds"] == []


async def test_a_suspended_shield_neither_renews_nor_signs(
    application: Application, clerk: Clerk, officer: Clerk, serial: str
) -> None:
    await both(clerk, officer, "suspend")
    certificates = application.context.certificates
    found = await certificates.search.one(serial, now=application.clock())
    assert [hold.value for hold in found.line.holds] == ["suspended"]
    # The certificate is published as on hold like any other; tests/publication tests what follows.
    db = application.context.db
    row = await fetch(db, "SELECT held_since FROM certificates WHERE serial = $1", serial)
    assert row["held_since"] is not None
