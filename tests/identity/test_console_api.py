"""Identity proofs at the console: what it shows, which roles may read it, which make activation codes."""

import pytest

from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import SERVICE
from mshield.server.identity.rows import proofs as store
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.wire.identity import Way
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


async def _prove_by_phone(application: Application, account_id: str, record: str) -> None:
    proofs = application.context.identity.proofs
    await application.context.db.write(
        lambda tx: proofs.record(tx, account_id, record, Way.FILED_PHONE, by=SERVICE, now=application.clock())
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


async def test_filing_officer_makes_no_code_for_legal_persons_or_ended_filings(
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
async def test_only_readers_see_proofs(application: Application, role: StaffRole) -> None:
    staff, account_id = await Staff.of(application, role), await _account(application)
    answer = await staff.call("GET", f"/accounts/{account_id}/proofs")
    assert answer.status_code == (200 if role in READERS else 403)


async def test_proofs_of_an_account_are_listed_newest_first_with_ended_ones(
    application: Application,
) -> None:
    staff, account_id = await Staff.of(application, StaffRole.CUSTOMER_SERVICE), await _account(application)
    path = f"/accounts/{account_id}/proofs"
    assert (await staff.call("GET", path)).json() == {"items": []}
    unknown = "01a20c23-c300-7867-bd5e-3522c1c05458"
    assert (await staff.call("GET", f"/accounts/{unknown}/proofs")).json() == {"items": []}
    assert refusal(await staff.call("GET", "/accounts/nobody/proofs")) == (404, "not_found")
    record = await filed(application)
    await _prove_by_phone(application, account_id, record.id)
    application.clock.advance(seconds=1)
    await application.context.db.write(
        lambda tx: store.end_of_way(
            tx, account_id=account_id, way=Way.FILED_PHONE, reason="phone_changed", now=application.clock()
        )
    )
    await prove_account(application)
    newest, ended = (await staff.call("GET", path)).json()["items"]
    assert (newest["way"], newest["actor"], newest["ended_at"]) == ("filing_code", "service", None)
    assert (newest["person_id"], newest["role"]) == (record.id, "operator")
    assert (newest["credit_code"], newest["enterprise"]) == (record.credit_code, record.enterprise)
    assert (ended["way"], ended["ended_reason"]) == ("filed_phone", "phone_changed")
    assert ended["ended_at"] == application.clock()
