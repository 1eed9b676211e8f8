"""The holder of a proven account stops a second account in their name before it becomes valid (不是我), once."""

from dataclasses import replace
from typing import Any, Final

import httpx
import pytest

from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.support.acts import acts_on
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.clerk import Staff
from tests.support.identity import make_code_in, prove_in
from tests.support.portal import Browser

SECOND: Final = replace(OPERATOR, phone="13612344321", password="Second-2026-x")
IDENTITY: Final = "/api/phone/identity"


@pytest.fixture
async def first(application: Application) -> Device:
    """The phone of the first account, which is proven."""
    await application.registered()
    device = await application.logged_in()
    await prove_in(application, device)
    return device


@pytest.fixture
async def second(application: Application, first: Device) -> Device:
    """Somebody's phone with an account of the same name and number, proven by a code that is valid in a day."""
    assert first.token
    application.clock.advance(seconds=1)
    await application.registered(SECOND)
    device = await application.logged_in(SECOND)
    await prove_in(application, device)
    return device


async def waiting(device: Device) -> list[dict[str, Any]]:
    """Returns the other accounts in this person's name that the account is shown."""
    answer = await device.call("GET", IDENTITY)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["second_accounts"]
    return found


async def stop(device: Device, second_id: str) -> httpx.Response:
    """Objects to a second account (不是我)."""
    return await device.call("POST", f"{IDENTITY}/second-accounts/{second_id}/objection")


async def use(application: Application, device: Device, code: str | None = None) -> httpx.Response:
    """Uses an activation code, by default a new one."""
    return await device.call("POST", f"{IDENTITY}/codes", {"code": code or await make_code_in(application)})


async def apply(application: Application, device: Device) -> httpx.Response:
    """Applies with all data as filed."""
    return await device.call("POST", "/api/phone/enrolments", await application.application_form(device))


async def test_first_account_sees_and_stops_the_second(
    application: Application, first: Device, second: Device
) -> None:
    (shown,) = await waiting(first)
    assert (shown["phone_masked"], shown["way"], shown["can_object"]) == ("136****4321", "filing_code", True)
    assert shown["counts_from"] == shown["proven_at"] + 86_400_000
    assert await waiting(second) == []
    application.clock.advance(seconds=1)
    assert (await stop(first, shown["id"])).status_code == 204
    assert await waiting(first) == []
    (proof,) = (await second.call("GET", IDENTITY)).json()["proofs"]
    assert (proof["ended_reason"], proof["ended_at"]) == ("objected", application.clock())
    application.clock.advance(seconds=86_400)
    again = await application.logged_in(SECOND)
    assert_refused(await apply(application, again), "identity_unproven")

    accounts = application.context.accounts.change_phone
    one, other = [(await accounts.find(person.phone)).id for person in (OPERATOR, SECOND)]
    act = (await acts_on(application.context.db, subject=other))[-1]
    assert (act.act, act.actor, act.actor_id) == ("identity.object", "user", one)
    assert act.details["proof"] == shown["id"]
    await application.context.notices.notify.send_due(now=application.clock())
    told = (await application.http.get("/dev/sms.json")).json()
    assert SECOND.phone in {each["phone"] for each in told if each["purpose"] == "identity_objected"}


async def test_customer_service_sees_the_objection_until_resolved(
    application: Application, first: Device, second: Device
) -> None:
    assert second.token
    await stop(first, (await waiting(first))[0]["id"])
    clerk = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    auditor = await Staff.of(application, StaffRole.AUDITOR)

    async def raised(staff: Staff) -> list[str]:
        today = application.clock() // 3_600_000 * 3_600_000
        found = (await staff.call("GET", "/dashboard", today=str(today))).json()["alarms"]
        return [each["record"] for each in found if each["code"] == "objected"]

    account = (await application.context.accounts.change_phone.find(SECOND.phone)).id
    assert (await raised(clerk), await raised(auditor)) == ([account], [])
    state = {"state": "disabled", "reason": "冒用"}
    assert (await clerk.call("POST", f"/accounts/{account}/state", state)).status_code == 200
    assert await raised(clerk) == []


async def test_second_objection_is_left_to_customer_service(
    application: Application, first: Device, second: Device
) -> None:
    """The first objection may come from a thief who holds the first account; the office then makes another code."""
    early = await make_code_in(application)
    await stop(first, (await waiting(first))[0]["id"])
    application.clock.advance(seconds=1)
    refused = await use(application, second, early)  # a code made before the objection
    assert (refused.json()["code"], refused.json()["reason"]) == ("forbidden", "objected")
    application.clock.advance(seconds=1)
    assert (await use(application, second)).status_code == 201
    (shown,) = await waiting(first)
    assert shown["can_object"] is False
    assert_refused(await stop(first, shown["id"]), "conflict")
    application.clock.advance(seconds=86_400)
    owner = await application.logged_in(SECOND)
    assert (await apply(application, owner)).status_code == 201


async def test_legal_persons_word_alone_is_no_proof_after_an_objection(
    application: Application, first: Device, second: Device
) -> None:
    await stop(first, (await waiting(first))[0]["id"])
    await application.registered(LEGAL_PERSON)
    portal = Browser.of(application)
    code = await make_code_in(application, LEGAL_PERSON)
    application.clock.advance(seconds=61)
    begun = await portal.begin(LEGAL_PERSON, changes={"activation_code": code})
    answer = await portal.finish(begun.json(), await application.sms_code("portal"))
    portal.csrf = answer.json()["csrf_token"]
    record = {"user_type": "operator", "credit_code": OPERATOR.credit_code}
    ways = (await second.call("POST", f"{IDENTITY}/ways", record)).json()["items"]
    assert {each["way"]: each["reason"] for each in ways} == {
        "filed_phone": "other_phone", "legal_person": "objected", "filing_code": None,
        "own_shield": "objected",
    }  # fmt: skip
    assert (await second.call("POST", f"{IDENTITY}/requests", record)).status_code == 201
    (asked,) = (await portal.get(f"/enterprises/{OPERATOR.credit_code}/applications")).json()["items"]
    assert_refused(await portal.confirm(asked), "forbidden")


async def test_objection_needs_the_first_account_and_a_pending_proof(
    application: Application, first: Device, second: Device
) -> None:
    (shown,) = await waiting(first)
    assert_refused(await stop(second, shown["id"]), "not_found")
    await application.registered(LEGAL_PERSON)
    stranger = await application.logged_in(LEGAL_PERSON)
    assert_refused(await stop(stranger, shown["id"]), "not_found")
    for unknown in ("nobody", "01a20c23-c300-7867-bd5e-3522c1c05458"):
        assert_refused(await stop(first, unknown), "not_found")
    third = replace(OPERATOR, phone="13612344322")
    await application.registered(third)  # same name and number, but not proven
    assert await waiting(await application.logged_in(third)) == []
    assert_refused(await stop(await application.logged_in(third), shown["id"]), "not_found")
    application.clock.advance(seconds=86_400)
    again = await application.logged_in()
    assert await waiting(again) == []
    assert_refused(await stop(again, shown["id"]), "not_found")


async def test_pending_account_cannot_object_to_another(
    application: Application, first: Device, second: Device
) -> None:
    """A proof that isn't valid yet gives no right to object, even if its account is the older one."""
    third = replace(OPERATOR, phone="13612344322")
    application.clock.advance(seconds=1)
    await application.registered(third)
    await prove_in(application, await application.logged_in(third))
    assert await waiting(second) == []
    assert len(await waiting(first)) == 2
