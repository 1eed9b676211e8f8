"""An account that consented to others is disabled: the others stay, are shown to staff, and can be ended.

A thief's account may have passed on its proof, and the next one again. But an innocent holder has the account
of a lost phone disabled, and must keep the new one.
"""

from typing import Any, Final

import pytest

from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import By
from mshield.server.identity.rows import proofs as store
from mshield.server.staff.rules import StaffRole
from mshield.wire.identity import Way
from mshield.wire.times import DAY_MS
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.clerk import Staff
from tests.support.consent import RECORD, SECOND, THIRD, Both
from tests.support.identity import filed
from tests.support.signing import fetch

REASON: Final = {"reason": "本人来电，没有同意过这个账号"}


async def _id(application: Application, phone: str) -> str:
    found = await accounts.find_account(application.context.db, phone=phone)
    assert found is not None
    return found.id


async def _consented(case: Both) -> tuple[str, str]:
    """Returns the account that consented, and the one it consented to, whose proof is in effect."""
    await case.shield.sign(await case.scanned())
    case.application.clock.advance(seconds=DAY_MS // 1000)
    case.new = await case.application.logged_in(SECOND)
    return (await _id(case.application, "13800006027"), await _id(case.application, SECOND.phone))


async def _listed(staff: Staff, account: str) -> list[dict[str, Any]]:
    answer = await staff.call("GET", f"/accounts/{account}/consents")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def _disable(staff: Staff, account: str) -> None:
    answer = await staff.call(
        "POST", f"/accounts/{account}/state", {"state": "disabled", "reason": "手机丢失"}
    )
    assert answer.status_code == 200, answer.text


async def test_the_innocent_holder_of_a_lost_phone_keeps_the_new_account(case: Both) -> None:
    old, new = await _consented(case)
    staff = await Staff.of(case.application, StaffRole.CUSTOMER_SERVICE)
    await _disable(staff, old)
    (listed,) = await _listed(staff, old)
    assert (listed["account_id"], listed["consented_by"], listed["ended_at"]) == (new, old, None)
    assert (listed["phone_masked"], listed["role"]) == ("136****4321", "operator")
    ways = (await case.new.call("POST", "/api/phone/identity/ways", RECORD)).json()
    assert ways["proven"] is True


async def test_proof_passed_on_by_a_thiefs_account_is_ended_and_reported(case: Both) -> None:
    old, new = await _consented(case)
    application = case.application
    staff = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    await _disable(staff, old)
    (listed,) = await _listed(staff, old)
    path = f"/accounts/{old}/consents/{listed['id']}/end"
    assert_refused(await staff.call("POST", path, {"reason": " "}), "invalid_request", 422)
    ended = await staff.call("POST", path, REASON)
    assert ended.status_code == 204, ended.text
    assert_refused(await staff.call("POST", path, REASON), "conflict", 409)

    (proof,) = await case.proofs()
    assert (proof["ended_at"], proof["ended_reason"]) == (application.clock(), "by_staff")
    ways = (await case.new.call("POST", "/api/phone/identity/ways", RECORD)).json()
    assert ways["proven"] is False
    form = await application.application_form(case.new)
    assert_refused(await case.new.call("POST", "/api/phone/enrolments", form), "identity_unproven", 403)
    act = next(
        each for each in await acts_on(application.context.db, subject=new) if each.act == "identity.end"
    )
    assert (act.actor, act.actor_id) == ("staff", staff.id)
    assert act.details["reason"] == REASON["reason"]
    assert act.details["consented_by"] == old
    await application.context.notices.notify(now=application.clock())
    told = (await application.http.get("/dev/sms.json")).json()
    assert SECOND.phone in {each["phone"] for each in told if each["purpose"] == "identity_ended"}


async def test_chain_of_consents_is_found_across_an_ended_account(case: Both) -> None:
    old, new = await _consented(case)
    application, record = case.application, await filed(case.application)
    await application.registered(THIRD)
    third = await _id(application, THIRD.phone)
    identity, by, now = application.context.identity, By("user", new), application.clock()
    await application.context.db.write(
        lambda tx: identity.proofs.record(tx, third, record.id, Way.OWN_SHIELD, by=by, now=now)
    )
    staff = await Staff.of(application, StaffRole.CUSTOMER_SERVICE)
    first, second = await _listed(staff, old)
    assert [first["account_id"], second["account_id"]] == [new, third]
    assert second["consented_by"] == new
    await staff.call("POST", f"/accounts/{old}/consents/{first['id']}/end", REASON)
    first, second = await _listed(staff, old)
    assert (first["ended_at"] is None, second["ended_at"]) == (False, None)
    assert (
        await staff.call("POST", f"/accounts/{old}/consents/{second['id']}/end", REASON)
    ).status_code == 204
    # The list has only this account's own consents.
    assert await _listed(staff, third) == []


async def test_only_this_accounts_consents_can_be_ended(case: Both) -> None:
    """No other proof can be ended by its id."""
    old, new = await _consented(case)
    staff = await Staff.of(case.application, StaffRole.CUSTOMER_SERVICE)
    (listed,) = await _listed(staff, old)
    answer = await staff.call("POST", f"/accounts/{new}/consents/{listed['id']}/end", REASON)
    assert_refused(answer, "not_found", 404)
    (own,) = await store.of_account(case.application.context.db, account_id=old)
    assert own.way == "filing_code"
    proof_row = await fetch(
        case.application.context.db, "SELECT id FROM identity_proofs WHERE account_id = $1", old
    )
    for proof in ("nothing", proof_row["id"], "x" * 500):
        answer = await staff.call("POST", f"/accounts/{old}/consents/{proof}/end", REASON)
        assert_refused(answer, "not_found", 404)
    assert_refused(await staff.call("GET", "/accounts/nobody/consents"), "not_found", 404)


@pytest.mark.parametrize("role", StaffRole)
async def test_only_customer_service_ends_consents(case: Both, role: StaffRole) -> None:
    old, _ = await _consented(case)
    staff = await Staff.of(case.application, role)
    readers = {StaffRole.FILING_OFFICER, StaffRole.CUSTOMER_SERVICE, StaffRole.AUDITOR}
    answer = await staff.call("GET", f"/accounts/{old}/consents")
    assert answer.status_code == (200 if role in readers else 403)
    clerk = await Staff.of(case.application, StaffRole.CUSTOMER_SERVICE)
    (listed,) = await _listed(clerk, old)
    ended = await staff.call("POST", f"/accounts/{old}/consents/{listed['id']}/end", REASON)
    assert ended.status_code == (204 if role is StaffRole.CUSTOMER_SERVICE else 403)
