"""Erasing a person's data at their request: one member requests, another one approves by name, a job does the rest."""

from dataclasses import replace
from typing import Final

import httpx
import pytest

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.retention.erase_by_two import EraseByTwo
from mshield.server.retention.erase_person import ErasePerson
from mshield.server.staff.approvals import Approvals
from mshield.server.staff.members import StaffMember, add_staff
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import OPERATOR
from mshield.wire.times import HOUR_MS
from tests.retention.test_retention import CONTENTS, Kept
from tests.staff.test_change_phone import EVIDENCE, NEW
from tests.staff.test_change_phone import ask as change_number
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import refusal
from tests.support.clock import Clock
from tests.support.console_people import Clerk
from tests.support.intruder import Intruder
from tests.support.log_findings import found_by_the_log
from tests.support.portal import certified
from tests.support.signing import PHONE_NUMBER, fetch, tamper

CLERK: Final = StaffRole.CUSTOMER_SERVICE
OFFICER: Final = StaffRole.SECURITY_OFFICER
REASON: Final = "来信 2026-7，要求删除"


async def _ask(clerk: Clerk, account: str, **details: object) -> httpx.Response:
    question = {"act": "people.erase", "subject": account, "details": details, "reason": REASON}
    return await clerk.call("POST", "/approvals", question)


async def _account(application: Application, clerk: Clerk) -> str:
    await application.registered()
    return str((await clerk.call("GET", f"/accounts?phone={OPERATOR.phone}")).json()["id"])


async def test_customer_service_requests_and_another_member_erases_by_name(application: Application) -> None:
    one, other = await Clerk.at_work(application, CLERK), await Clerk.at_work(application, CLERK)
    account = await _account(application, one)
    foreseen = (await other.call("GET", f"/accounts/{account}/erasure")).json()
    assert (foreseen["name"], foreseen["phone_masked"]) == (OPERATOR.name, "138****6027")
    assert "account" in {part["name"] for part in foreseen["erased"]}
    assert all(part["why_zh"] and part["why_en"] for part in foreseen["kept"])
    assert refusal(await _ask(one, account, parts=["sms"])) == (422, "invalid_request")
    assert refusal(await _ask(one, "0199f0c8-3300-7e5d-9a07-c4b2f18d6e21")) == (404, "not_found")
    asked = (await _ask(one, account)).json()
    assert asked["details"] == {
        "erased_parts": [part["name"] for part in foreseen["erased"]],
        "kept_parts": [part["name"] for part in foreseen["kept"]],
    }
    # The request stays after the name is erased; the name came from the account only.
    assert asked.pop("subject_name") == OPERATOR.name
    assert OPERATOR.name not in str(asked)
    assert (await one.confirm()).is_success
    assert refusal(await one.decide(asked, subject=OPERATOR.name)) == (403, "own_approval")
    assert refusal(await other.decide(asked, subject=OPERATOR.name)) == (403, "second_factor_needed")
    assert (await other.confirm()).is_success
    assert refusal(await other.decide(asked, subject=account)) == (422, "invalid_request")
    listed = (await other.call("GET", "/approvals")).json()["items"]
    assert [(line["subject"], line["subject_name"]) for line in listed] == [(account, OPERATOR.name)]
    done = await other.decide(asked, subject=OPERATOR.name)
    assert done.json()["told"]["erased_parts"]["account"] == 1
    db = application.context.db
    row = await fetch(db, "SELECT name, state, password_hash FROM accounts")
    assert (row["name"], row["state"], row["password_hash"]) == ("", "disabled", "")
    act = (await acts_on(db, subject=account))[-1]
    assert (act.act, act.actor_id) == ("people.erase", other.id)
    assert (act.details["approval"], act.details["asked_by"]) == (asked["id"], one.id)
    after = (await other.call("GET", f"/accounts/{account}/erasure")).json()
    assert (after["name"], after["phone_masked"]) == ("", "")
    assert (await other.call("GET", f"/approvals/{asked['id']}")).json()["subject_name"] is None


@pytest.mark.parametrize("decision", ["approve", "refuse", None])
async def test_approvals_of_an_erased_account_name_nobody(
    application: Application, intruder: Intruder, decision: str | None
) -> None:
    """Those that change its number hold name, numbers and what staff wrote; one that waits is withdrawn."""
    one, other = await Clerk.at_work(application, CLERK), await Clerk.at_work(application, CLERK)
    account = await _account(application, one)
    question = await change_number(one, account)
    if decision is not None:
        assert (await other.decide(question, decision)).status_code == 200
    asked = (await _ask(one, account)).json()
    assert (await other.confirm()).is_success
    assert (await other.decide(asked, subject=OPERATOR.name)).status_code == 200
    (row,) = intruder.rows("SELECT * FROM approvals WHERE id = ?", question["id"])
    changes = intruder.rows("SELECT * FROM phone_changes")
    numbers = (OPERATOR.phone, NEW, "138****6027", "139****1234")
    for word in (OPERATOR.name, *numbers, EVIDENCE, question["reason"], "材料不全"):
        assert word not in f"{row} {changes}"
    assert (row["sealed_box"], row["state"]) == (None, f"{decision}d" if decision else "withdrawn")
    assert {change["state"] for change in changes} <= {"stopped"}
    listed = (await other.call("GET", "/approvals")).json()["items"]
    assert question["id"] in {each["id"] for each in listed}
    context = application.context
    assert await found_by_the_log(context.db, context.keyring, now=application.clock()) == set()


async def test_certificate_issued_meanwhile_is_a_conflict(application: Application) -> None:
    one, officer = await Clerk.at_work(application, CLERK), await Clerk.at_work(application, OFFICER)
    account = await _account(application, one)
    asked = (await _ask(one, account)).json()
    await certified(application.context, "MS10720468813")
    await tamper(application.context.db, "UPDATE certificates SET account_id = $1", account)
    assert (await officer.confirm()).is_success
    assert refusal(await officer.decide(asked, subject=OPERATOR.name)) == (409, "conflict")
    assert (await fetch(application.context.db, "SELECT name FROM accounts WHERE id = $1", account))[
        "name"
    ] == OPERATOR.name


async def test_other_roles_can_neither_request_nor_preview_an_erasure(application: Application) -> None:
    one, officer = await Clerk.at_work(application, CLERK), await Clerk.at_work(application, OFFICER)
    account = await _account(application, one)
    assert refusal(await _ask(officer, account)) == (403, "forbidden")
    auditor = await Clerk.at_work(application, StaffRole.AUDITOR)
    assert refusal(await auditor.call("GET", f"/accounts/{account}/erasure")) == (403, "forbidden")


async def _member(db: Database, role: StaffRole, now: int, name: str) -> StaffMember:
    added = await add_staff(db, name=name, roles=(role,), now=now)
    return replace(added, session_id="s", factor_at=now, confirmed_at=now)


async def test_job_erases_contents_a_day_later_and_keeps_later_documents(
    db: Database, keyring: Keyring, clock: Clock
) -> None:
    kept = await Kept.on(db, keyring, clock)
    world = kept.world
    person = ErasePerson(db, keyring, world.lookup)
    erase = EraseByTwo(db, person, clock)
    approvals = Approvals(db, {erase.act().name: erase.act()})
    account = await person.find(PHONE_NUMBER)
    clock.advance(seconds=3 * 3600)  # its request has ended, and its business system may still fetch it
    one, other = [await _member(db, CLERK, clock(), name) for name in ("一", "二")]
    asked = await approvals.ask(
        one, act="people.erase", subject=account.id, details={}, reason=REASON, now=clock()
    )
    _, said = await approvals.decide(other, asked.id, "approve", subject=account.name, now=clock())
    assert said["erased_parts"].keys() == {"contents"}  # the account stays because of its certificate
    decided = clock()
    assert await person.continue_erasures(now=decided + 20 * HOUR_MS) == 0
    assert not await kept.erased()
    later = await kept.ask("raw")
    await world.sign([bytes(row) for row in await kept.taken(later)])
    clock.advance(seconds=2 * 86_400)
    assert await person.continue_erasures(now=clock()) == len(CONTENTS)
    assert await person.continue_erasures(now=clock()) == 0
    await kept.logged()
    assert await kept.erased()
    assert await kept.findings() == []
    left = await fetch(
        db,
        "SELECT COUNT(*) AS n FROM tasks WHERE request_id = $1 AND erased_at IS NULL",
        later,
    )
    assert left["n"] == 1  # a document signed after the decision needs a decision of its own
