"""A consent by shield proves only the filing record of that shield, and only while its own account is proven."""

from typing import Final

from mshield.testkit.demo.people import OPERATOR
from mshield.wire.times import DAY_MS
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.consent import SECOND, THIRD, Both, refused_at_the_pin
from tests.support.signing import execute, fetch

ELSEWHERE: Final = "91370203MA3YK2D9RF"


async def test_a_shield_of_one_enterprise_proves_nothing_in_another(case: Both) -> None:
    """Otherwise an enterprise could file the victim, confirm its own account, and impersonate the victim elsewhere."""
    await file_elsewhere(case.application, role="operator", credit_code=ELSEWHERE)
    answer = await case.ask(credit_code=ELSEWHERE)
    assert answer.status_code == 201, answer.text
    assert_refused(await case.scan(answer.json()), "consent_not_yours", 403)


async def test_shield_must_belong_to_the_record(case: Both) -> None:
    """Even if the shield's account is proven there: without a shield there, the account must use that other proof."""
    await file_elsewhere(case.application, role="operator", credit_code=ELSEWHERE)
    await execute(
        case.application.context.db,
        "INSERT INTO identity_proofs (id, account_id, person_id, way, actor, proven_at, counts_from)"
        " SELECT 'there', id, 'elsewhere', 'filing_code', 'user', 0, 0 FROM accounts WHERE phone = $1",
        OPERATOR.phone,
    )
    made = (await case.ask(credit_code=ELSEWHERE)).json()
    assert_refused(await case.scan(made), "consent_not_yours", 403)


async def test_operators_shield_cannot_prove_a_legal_person(case: Both) -> None:
    await file_elsewhere(case.application, role="legal_person", credit_code=ELSEWHERE)
    answer = await case.ask(user_type="legal_person", credit_code=ELSEWHERE)
    assert_refused(await case.scan(answer.json()), "consent_not_yours", 403)


async def test_consent_for_an_unknown_record_is_refused(case: Both) -> None:
    assert_refused(await case.ask(credit_code=ELSEWHERE), "no_filing", 409)
    assert_refused(await case.ask(user_type="legal_person"), "no_filing", 409)


async def test_unproven_account_cannot_consent(case: Both) -> None:
    """Its certificate still signs, but it can no longer state that another account is the same person's."""
    tasks = await case.scanned()
    await execute(case.application.context.db, "UPDATE identity_proofs SET ended_at = 1")
    assert_refused(await case.scan(await case.asked()), "consent_not_yours", 403)
    await refused_at_the_pin(case, tasks, "consent_not_yours")


async def test_pending_second_account_cannot_consent(case: Both) -> None:
    await case.shield.sign(await case.scanned())
    await execute(
        case.application.context.db,
        "UPDATE certificates SET account_id = (SELECT id FROM accounts WHERE phone = $1)",
        SECOND.phone,
    )
    await execute(
        case.application.context.db,
        "UPDATE keys SET account_id = (SELECT id FROM accounts WHERE phone = $1)",
        SECOND.phone,
    )
    await case.application.registered(THIRD)
    third = Both(case.application, case.shield, await case.application.logged_in(THIRD))
    made = await third.asked()
    row = await fetch(
        case.application.context.db, "SELECT sid FROM tasks WHERE request_id = $1", made["request_id"]
    )
    consents = case.application.context.identity.consents
    await execute(
        case.application.context.db,
        "UPDATE tasks SET uid = $1 WHERE request_id = $2",
        case.shield.uid,
        made["request_id"],
    )
    sid = bytes(row["sid"])  # type: ignore[call-overload]  # a blob
    now = case.application.clock()
    assert await consents.find(consents.db, sid, case.shield.uid, now=now) is None
    assert await consents.find(consents.db, sid, case.shield.uid, now=now + DAY_MS) is not None


async def file_elsewhere(application: Application, *, role: str, credit_code: str) -> None:
    """Files the victim for another enterprise too."""
    await execute(
        application.context.db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at) SELECT 'elsewhere', $1, name, id_type, id_number_hash, id_number_box, $2, 1,"
        " created_at, changed_at FROM filed_persons WHERE name = $3",
        credit_code,
        role,
        OPERATOR.name,
    )
