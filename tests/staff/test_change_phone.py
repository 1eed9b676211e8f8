"""A phone number changed by two (R18): one member requests with the new number's code, another one approves."""

from typing import Any, Final

import httpx
import pytest

from mshield.server.staff.members import disable_staff
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.clerk import Program
from tests.support.console_people import Clerk, two_at_work
from tests.support.identity import filed, prove_account
from tests.support.signing import execute, fetch

CLERK: Final = StaffRole.CUSTOMER_SERVICE
OFFICER: Final = StaffRole.SECURITY_OFFICER
NEW: Final = "13900001234"
EVIDENCE: Final = "身份证原件，工单 2026-1124"
REASON: Final = "旧手机丢失，号码已停机"


one, other = two_at_work(CLERK)


@pytest.fixture
async def account(application: Application) -> str:
    """The account whose number changes, proven by an activation code."""
    await application.registered()
    await prove_account(application)
    return (await application.context.accounts.change_phone.find(OPERATOR.phone)).id


async def code(clerk: Clerk, account: str, to: str = "new", phone: str = NEW) -> str:
    """Sends a code by this member and returns it, as the person would read it out."""
    clerk.application.clock.advance(seconds=61)
    answer = await clerk.call("POST", f"/accounts/{account}/phone-codes", {"phone": phone, "to": to})
    assert answer.status_code == 200, answer.text
    return await clerk.application.sms_code(f"{to}_phone")


async def send(clerk: Clerk, account: str, new_code: str, phone: str = NEW, **changes: str) -> httpx.Response:
    """Requests the change with this code."""
    document = {"phone": phone, "new_code": new_code, "evidence": EVIDENCE, "reason": REASON} | changes
    return await clerk.call("POST", f"/accounts/{account}/phone-questions", document)


async def ask(clerk: Clerk, account: str, phone: str = NEW) -> dict[str, Any]:
    """Requests the change and returns the pending request."""
    answer = await send(clerk, account, await code(clerk, account, phone=phone), phone)
    assert answer.status_code == 201, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


async def decide(clerk: Clerk, asked: dict[str, Any], decision: str = "approve") -> httpx.Response:
    return await clerk.decide(asked, decision)


async def waited(application: Application, hours: float = 24) -> int:
    """Lets hours pass and runs the job; returns how many numbers it changed."""
    application.clock.advance(seconds=int(hours * 3600))
    return await application.context.accounts.phone_wait(now=application.clock())


async def number(application: Application, account: str) -> str:
    return str(
        (await fetch(application.context.db, "SELECT phone FROM accounts WHERE id = $1", account))["phone"]
    )


async def test_r18_change_by_two_keeps_the_accounts_proof(
    application: Application, one: Clerk, other: Clerk, account: str
) -> None:
    device = await application.logged_in()
    asked = await ask(one, account)
    assert asked["details"] == {
        "name": OPERATOR.name, "old": "138****6027", "new": "139****1234", "evidence": EVIDENCE, "wait_hours": 24,
    }  # fmt: skip
    assert (asked["reason"], asked["is_own"], asked["may_decide"]) == (REASON, True, False)
    assert asked["expires_at"] - asked["asked_at"] == 24 * 3_600_000
    assert await number(application, account) == OPERATOR.phone
    await application.context.notices.notify.send_due(now=application.clock())
    outbox = (await application.http.get("/dev/sms.json")).json()
    (told,) = [each for each in outbox if each["purpose"] == "phone_asked"]
    assert told["phone"] == OPERATOR.phone

    (shown,) = (await other.call("GET", "/approvals?state=waiting")).json()["items"]
    assert (shown["may_decide"], shown["details"], shown["reason"]) == (True, asked["details"], REASON)
    assert NEW not in str(shown)
    done = await decide(other, asked)
    told = {"phone_masked": "139****1234", "effective_at": application.clock() + 24 * 3_600_000}
    assert done.json()["told"] == told
    assert await number(application, account) == OPERATOR.phone
    await waited(application)
    await one.log_in()
    assert await number(application, account) == NEW
    assert (await device.call("GET", "/api/phone/me")).status_code == 401
    newest = (await application.http.get("/dev/sms.json")).json()[0]
    assert (newest["phone"], newest["purpose"]) == (OPERATOR.phone, "phone_changed")

    (proof,) = (await one.call("GET", f"/accounts/{account}/proofs")).json()["items"]
    assert (proof["way"], proof["ended_at"]) == ("filing_code", None)
    changed, telling = (await acts_on(application.context.db, subject=account))[-2:]
    assert (changed.act, changed.actor) == ("account.change_phone", "service")
    names = ("how", "approval", "asked_by", "approved_by", "evidence", "reason")
    assert {name: changed.details[name] for name in names} == {
        "how": "two", "approval": asked["id"], "asked_by": one.id, "approved_by": other.id,
        "evidence": EVIDENCE, "reason": REASON,
    }  # fmt: skip
    assert (telling.act, telling.details["told"]) == ("account.tell_old_number", True)
    found = "SELECT COUNT(*) AS n FROM acts WHERE details LIKE '%' || $1 || '%'"
    rows = await fetch(application.context.db, found, NEW)
    assert rows["n"] == 0
    kept = await fetch(application.context.db, "SELECT sealed_box FROM approvals WHERE id = $1", asked["id"])
    assert kept["sealed_box"] is None


async def test_security_officer_may_approve(application: Application, one: Clerk, account: str) -> None:
    officer = await Clerk.at_work(application, OFFICER)
    asked = await ask(one, account)
    assert (await decide(officer, asked)).status_code == 200
    await waited(application)
    assert await number(application, account) == NEW


async def test_requester_and_other_roles_cannot_approve(
    application: Application, one: Clerk, account: str
) -> None:
    asked = await ask(one, account)
    assert_refused(await decide(one, asked), "own_approval")
    await one.log_in()
    assert_refused(await decide(one, asked), "own_approval")
    for role in (StaffRole.AUDITOR, StaffRole.FILING_OFFICER):
        assert_refused(await decide(await Clerk.at_work(application, role), asked), "forbidden")
    program = await Program.of(application, CLERK)
    refused = await program.call("POST", f"/approvals/{asked['id']}/decision", {"decision": "approve"})
    assert_refused(refused, "forbidden")
    assert await number(application, account) == OPERATOR.phone


async def test_programs_and_other_roles_cannot_request_a_change(
    application: Application, account: str
) -> None:
    paths = {
        "phone-codes": {"phone": NEW, "to": "new"},
        "phone-codes/check": {"phone": NEW, "new_code": "123456"},
        "phone-questions": {"phone": NEW, "new_code": "123456", "evidence": "x", "reason": "x"},
        "phone": {"phone": NEW, "new_code": "123456", "old_code": "123456", "evidence": "x"},
    }
    program, officer = await Program.of(application, CLERK), await Clerk.at_work(application, OFFICER)
    for path, document in paths.items():
        assert_refused(await program.call("POST", f"/accounts/{account}/{path}", document), "forbidden")
        assert_refused(await officer.call("POST", f"/accounts/{account}/{path}", document), "forbidden")


async def test_request_needs_the_new_numbers_code(one: Clerk, other: Clerk, account: str) -> None:
    """The general call for approvals doesn't know of codes, so it refuses this act."""
    document = {"act": "account.change_phone", "subject": account, "details": {"new": NEW}, "reason": REASON}
    assert_refused(await one.call("POST", "/approvals", document), "invalid_request")
    assert_refused(await send(one, account, "123456"), "sms_code_wrong")
    mine = await code(one, account)
    assert_refused(await send(other, account, mine), "sms_code_wrong")
    assert_refused(await send(one, account, mine, "13900001235"), "sms_code_wrong")
    assert (await send(one, account, mine)).status_code == 201
    assert (await one.call("GET", "/approvals?state=waiting")).json()["items"][0]["asked_by"] == one.id


async def test_new_numbers_code_is_checked_on_entry(one: Clerk, other: Clerk, account: str) -> None:
    """The check consumes no code but counts as an attempt, so it can't be used for guessing."""

    async def check(clerk: Clerk, new_code: str, phone: str = NEW) -> httpx.Response:
        document = {"phone": phone, "new_code": new_code}
        return await clerk.call("POST", f"/accounts/{account}/phone-codes/check", document)

    mine = await code(one, account)
    wrong = "000000" if mine != "000000" else "000001"
    refused = await check(one, wrong)
    assert_refused(refused, "sms_code_wrong")
    assert (refused.json()["field"], refused.json()["left"]) == ("new_code", 4)
    assert_refused(await check(other, mine), "sms_code_wrong")
    assert_refused(await check(one, mine, "13900001235"), "sms_code_wrong")
    assert_refused(await check(one, mine, OPERATOR.phone), "invalid_request")
    assert (await check(one, mine)).status_code == 204
    assert (await send(one, account, mine)).status_code == 201
    theirs = await code(other, account)
    for _ in range(5):
        assert_refused(await check(other, wrong if theirs != wrong else "000002"), "sms_code_wrong")
    assert_refused(await check(other, theirs), "sms_code_expired")
    assert_refused(await send(other, account, theirs), "sms_code_expired")


async def test_correct_code_stays_valid_however_often_it_is_checked(one: Clerk, account: str) -> None:
    """A code that a check accepted, even at the last attempt, isn't refused in the next step."""
    mine = await code(one, account)
    wrong = "000000" if mine != "000000" else "000001"

    async def check(new_code: str) -> httpx.Response:
        document = {"phone": NEW, "new_code": new_code}
        return await one.call("POST", f"/accounts/{account}/phone-codes/check", document)

    for _ in range(4):
        assert_refused(await check(wrong), "sms_code_wrong")
    for _ in range(6):
        assert (await check(mine)).status_code == 204
    assert_refused(await send(one, account, mine, reason=""), "invalid_request")
    assert (await send(one, account, mine)).status_code == 201


async def test_code_serves_one_request_and_one_request_is_pending(
    one: Clerk, other: Clerk, account: str
) -> None:
    mine = await code(one, account)
    asked = (await send(one, account, mine)).json()
    assert_refused(await send(one, account, mine), "sms_code_expired")
    theirs = await code(other, account)
    assert_refused(await send(other, account, theirs), "approval_waiting")
    assert (await one.call("POST", f"/approvals/{asked['id']}/withdrawal")).json()["state"] == "withdrawn"
    # The refusal didn't consume the code, only an attempt.
    assert (await send(other, account, theirs)).status_code == 201


async def test_displayed_change_is_done_exactly_or_not_at_all(
    application: Application, one: Clerk, other: Clerk, account: str
) -> None:
    """The account was disabled meanwhile, or got another number."""
    asked = await ask(one, account)
    for state in ("disabled", "active"):
        answer = await other.call("POST", f"/accounts/{account}/state", {"state": state, "reason": "来电"})
        assert answer.status_code == 200
        if state == "disabled":
            assert_refused(await decide(other, asked), "conflict")
    third = "13700001111"
    codes = {f"{to}_code": await code(other, account, to, third) for to in ("new", "old")}
    document = {"phone": third, "evidence": EVIDENCE, **codes}
    assert (await other.call("POST", f"/accounts/{account}/phone", document)).status_code == 200
    assert_refused(await decide(other, asked), "conflict")
    assert await number(application, account) == third


async def test_number_registered_meanwhile_is_refused(
    application: Application, one: Clerk, other: Clerk, account: str
) -> None:
    asked = await ask(one, account, LEGAL_PERSON.phone)
    assert (await decide(other, asked)).status_code == 200
    application.clock.advance(seconds=61)
    await application.registered(LEGAL_PERSON)
    assert await waited(application) == 0
    assert await number(application, account) == OPERATOR.phone
    stopped = (await acts_on(application.context.db, subject=account))[-1]
    assert (stopped.act, stopped.details["why"]) == ("account.stop_phone", "number_taken")


async def test_database_write_access_cannot_change_a_request(
    application: Application, one: Clerk, other: Clerk, account: str
) -> None:
    """The numbers are sealed for this request, account and requester; the display is compared with them."""
    db = application.context.db
    asked = await ask(one, account)
    swapped = "UPDATE approvals SET details = replace(details, '139****1234', '136****4321') WHERE id = $1"
    await execute(db, swapped, asked["id"])
    assert_refused(await decide(other, asked), "conflict")
    await decide(other, asked, "refuse")

    await application.registered(LEGAL_PERSON)
    victim = (await application.context.accounts.change_phone.find(LEGAL_PERSON.phone)).id
    for statement, value in (
        ("UPDATE approvals SET subject = $1 WHERE id = $2", victim),
        ("UPDATE approvals SET asked_by = $1 WHERE id = $2", other.id),
    ):
        asked = await ask(one, account)
        await execute(db, statement, value, asked["id"])
        third = await Clerk.at_work(application, CLERK)
        assert_refused(await decide(third, asked), "conflict")
        assert await number(application, victim) == LEGAL_PERSON.phone
        assert await number(application, account) == OPERATOR.phone
        await execute(db, "UPDATE approvals SET state = 'expired' WHERE id = $1", asked["id"])


async def test_request_of_a_member_without_the_role_lapses(
    application: Application, one: Clerk, other: Clerk, account: str
) -> None:
    asked = await ask(one, account)
    await execute(application.context.db, "UPDATE staff SET roles = 'auditor' WHERE id = $1", one.id)
    assert_refused(await decide(other, asked), "approval_over")
    await execute(application.context.db, "UPDATE staff SET roles = 'customer_service' WHERE id = $1", one.id)
    await disable_staff(application.context.db, staff_id=one.id, now=application.clock())
    assert_refused(await decide(other, asked), "approval_over")
    assert await number(application, account) == OPERATOR.phone


async def test_request_waits_for_a_day(
    application: Application, one: Clerk, other: Clerk, account: str
) -> None:
    asked = await ask(one, account)
    application.clock.advance(seconds=86_401)
    await other.log_in()
    assert_refused(await decide(other, asked), "approval_over")
    kept = await fetch(
        application.context.db, "SELECT state, sealed_box FROM approvals WHERE id = $1", asked["id"]
    )
    assert (kept["state"], kept["sealed_box"]) == ("expired", None)


async def test_customer_service_sees_only_its_own_requests(
    application: Application, one: Clerk, account: str
) -> None:
    officers = [await Clerk.at_work(application, OFFICER) for _ in range(2)]
    document = {"act": "staff.disable", "subject": one.id, "reason": "离职"}
    assert (await officers[0].call("POST", "/approvals", document)).status_code == 201
    asked = await ask(one, account)
    assert [each["id"] for each in (await one.call("GET", "/approvals")).json()["items"]] == [asked["id"]]
    assert len((await officers[1].call("GET", "/approvals")).json()["items"]) == 2
    assert_refused(await one.call("POST", "/approvals", document | {"subject": officers[0].id}), "forbidden")


async def test_codes_to_both_numbers_change_it_at_once(
    application: Application, one: Clerk, account: str
) -> None:
    new_code, old_code = await code(one, account), await code(one, account, "old")
    document = {"phone": NEW, "new_code": new_code, "old_code": old_code, "evidence": EVIDENCE}
    answer = await one.call("POST", f"/accounts/{account}/phone", document)
    assert answer.json() == {"phone_masked": "139****1234", "logins_ended": 0, "old_number_told": True}
    (proof,) = (await one.call("GET", f"/accounts/{account}/proofs")).json()["items"]
    assert proof["ended_at"] is None


@pytest.mark.parametrize(
    ("on_file", "stays"), [(OPERATOR.phone, True), (NEW, True), (None, False), ("13655556666", False)]
)
async def test_proof_by_filed_number_lasts_while_either_number_is_filed(
    application: Application, one: Clerk, on_file: str | None, *, stays: bool
) -> None:
    """The filing is the proof's ground (docs/identity.md). A proof by activation code stays in any case."""
    await application.registered()
    db, record = application.context.db, await filed(application)
    account = (await application.context.accounts.change_phone.find(OPERATOR.phone)).id
    await execute(db, "UPDATE filed_persons SET phone = $1 WHERE id = $2", OPERATOR.phone, record.id)
    device = await application.logged_in()
    form = await application.application_form(device)
    answer = await device.call("POST", "/api/phone/enrolments", form)
    assert answer.status_code == 201, answer.text
    await prove_account(application)
    await execute(db, "UPDATE filed_persons SET phone = $1 WHERE id = $2", on_file, record.id)
    new_code, old_code = await code(one, account), await code(one, account, "old")
    document = {"phone": NEW, "new_code": new_code, "old_code": old_code, "evidence": EVIDENCE}
    assert (await one.call("POST", f"/accounts/{account}/phone", document)).status_code == 200
    proofs = (await one.call("GET", f"/accounts/{account}/proofs")).json()["items"]
    assert {each["way"]: each["ended_reason"] for each in proofs} == {
        "filing_code": None, "filed_phone": None if stays else "phone_changed",
    }  # fmt: skip
