"""What the console is told of proofs, who of the staff may read it, and who makes activation codes."""

import pytest

from mshield.demo.people import LEGAL_PERSON, OPERATOR
from mshield.domain.actor import SERVICE
from mshield.domain.proofs import Way
from mshield.domain.staff import StaffRole
from mshield.store.accounts import accounts
from mshield.store.identity import proofs as store
from tests.support.acts import acts_on
from tests.support.application import Application
from tests.support.assertions import refusal
from tests.support.clerk import Staff
from tests.support.identity import filed, prove_account

READERS = (StaffRole.FILING_OFFICER, StaffRole.CUSTOMER_SERVICE, StaffRole.AUDITOR)


async def _account(application: Application) -> str:
    await application.registered()
    found = await accounts.find_account(application.context.db, phone=OPERATOR.phone)
    assert found is not None
    return found.id


async def _prove_earlier(application: Application, account_id: str, record: str) -> None:
    proofs = application.context.identity.proofs
    await application.context.db.write(
        lambda tx: proofs.record(tx, account_id, record, Way.EARLIER, by=SERVICE, now=application.clock())
    )


@pytest.mark.parametrize("role", StaffRole)
async def test_only_filing_officers_make_codes(application: Application, role: StaffRole) -> None:
    staff = await Staff.of(application, role)
    record = (await filed(application)).id
    made = await staff.call("POST", f"/filing/people/{record}/activation-code")
    acts = await acts_on(application.context.db, subject=record)
    if role is not StaffRole.FILING_OFFICER:
        assert refusal(made) == (403, "forbidden")
        assert acts == []
        return
    assert made.status_code == 201
    assert made.json().keys() == {"code", "name", "expires_at"}
    assert made.json()["name"] == OPERATOR.name
    (act,) = acts
    assert (act.act, act.actor, act.actor_id) == ("identity.make_code", "staff", staff.id)
    assert made.json()["code"] not in str(act)


async def test_a_filing_officer_makes_none_for_a_legal_person_or_who_has_left(
    application: Application,
) -> None:
    staff = await Staff.of(application, StaffRole.FILING_OFFICER)
    legal_person, operator = await filed(application, LEGAL_PERSON), await filed(application)
    path = "/filing/people/{}/activation-code"
    assert refusal(await staff.call("POST", path.format(legal_person.id))) == (403, "forbidden")
    assert refusal(await staff.call("POST", path.format("nobody"))) == (404, "not_found")
    people = application.context.filing.people
    await people.end(operator.id, reason="已离职", by=SERVICE, now=application.clock())
    assert refusal(await staff.call("POST", path.format(operator.id))) == (404, "not_found")


@pytest.mark.parametrize("role", StaffRole)
async def test_who_reads_proofs(application: Application, role: StaffRole) -> None:
    staff, account_id = await Staff.of(application, role), await _account(application)
    for path in ("/identity/earlier", f"/accounts/{account_id}/proofs"):
        answer = await staff.call("GET", path)
        assert answer.status_code == (200 if role in READERS else 403)


async def test_an_accounts_proofs_are_told_the_newest_first_with_those_that_ended(
    application: Application,
) -> None:
    staff, account_id = await Staff.of(application, StaffRole.CUSTOMER_SERVICE), await _account(application)
    path = f"/accounts/{account_id}/proofs"
    assert (await staff.call("GET", path)).json() == {"items": []}
    unknown = "01a20c23-c300-7867-bd5e-3522c1c05458"
    assert (await staff.call("GET", f"/accounts/{unknown}/proofs")).json() == {"items": []}
    assert refusal(await staff.call("GET", "/accounts/nobody/proofs")) == (404, "not_found")
    record = await filed(application)
    await _prove_earlier(application, account_id, record.id)
    application.clock.advance(seconds=1)
    await application.context.db.write(
        lambda tx: store.end_of_way(
            tx, account_id=account_id, way=Way.EARLIER, reason="phone_changed", now=application.clock()
        )
    )
    await prove_account(application)
    newest, ended = (await staff.call("GET", path)).json()["items"]
    assert (newest["way"], newest["actor"], newest["ended_at"]) == ("filing_code", "service", None)
    assert (newest["person_id"], newest["role"]) == (record.id, "operator")
    assert (newest["credit_code"], newest["enterprise"]) == (record.credit_code, record.enterprise)
    assert (ended["way"], ended["ended_reason"]) == ("earlier", "phone_changed")
    assert ended["ended_at"] == application.clock()


async def test_earlier_applications_are_listed_masked_until_something_else_proves_the_account(
    application: Application,
) -> None:
    staff, account_id = await Staff.of(application, StaffRole.FILING_OFFICER), await _account(application)
    record = await filed(application)
    await _prove_earlier(application, account_id, record.id)
    answer = await staff.call("GET", "/identity/earlier")
    (shown,) = answer.json()["items"]
    assert (shown["account_id"], shown["name"], shown["person_id"]) == (account_id, OPERATOR.name, record.id)
    assert shown["phone_masked"] == "138****6027"
    assert OPERATOR.phone not in answer.text
    assert OPERATOR.id_number not in answer.text
    after = await staff.call("GET", "/identity/earlier", after=shown["id"])
    assert after.json() == {"items": [], "next": None}
    await prove_account(application)
    assert (await staff.call("GET", "/identity/earlier")).json()["items"] == []
