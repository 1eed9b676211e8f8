"""A consent is checked again at the PIN and at the signature, is valid once, and only for the account it names."""

import asyncio
from typing import Final

import pytest

from tests.support.assertions import assert_refused
from tests.support.consent import THIRD, Both, count, refused_at_the_pin
from tests.support.signing import execute, fetch

ANOTHER_NUMBER: Final = (
    "UPDATE accounts SET id_number_hash ="
    " (SELECT id_number_hash FROM filed_persons WHERE name = '沈若澜') WHERE phone = '13612344321'"
)
UNUSABLE: Final = {
    "held": ("UPDATE certificates SET holds = 'lost'", "held"),
    "revoked": ("UPDATE certificates SET state = 'revoked', revoked_at = 1", "held"),
    "expired": ("UPDATE certificates SET not_after = 1", "held"),
    "filing changed": ("UPDATE enterprises SET version = version + 1", "filing_changed"),
    "left the file": ("UPDATE filed_persons SET ended_at = 1", "consent_not_yours"),
    "renamed account": ("UPDATE accounts SET name = '林某某'", "consent_not_yours"),
    "another number": (
        "UPDATE accounts SET phone = '13612344329' WHERE phone = '13612344321'",
        "consent_not_yours",
    ),
    "another id number": (
        ANOTHER_NUMBER,
        "consent_not_yours",
    ),
    "disabled asker": (
        "UPDATE accounts SET state = 'disabled' WHERE phone = '13612344321'",
        "consent_not_yours",
    ),
}


@pytest.mark.parametrize("change", UNUSABLE)
async def test_consent_is_checked_again_at_the_pin(case: Both, change: str) -> None:
    sql, code = UNUSABLE[change]
    tasks = await case.scanned()
    await execute(case.application.context.db, sql)
    _, opened = await case.shield.open(tasks)
    assert opened.json()["code"] == code, opened.text
    assert await own_shield_proofs(case) == 0


@pytest.mark.parametrize("change", UNUSABLE)
async def test_consent_is_checked_again_at_the_signature(case: Both, change: str) -> None:
    sql, code = UNUSABLE[change]
    nonces, opened = await case.shield.open(await case.scanned())
    await execute(case.application.context.db, sql)
    finished = await case.shield.finish(nonces, opened)
    assert finished.json()["code"] == code, finished.text
    assert await own_shield_proofs(case) == 0
    row = await fetch(
        case.application.context.db, "SELECT wrong_total FROM keys WHERE uid = $1", case.shield.uid
    )
    assert row["wrong_total"] == 0


async def test_disabled_consent_way_proves_nothing(case: Both) -> None:
    context = case.application.context
    tasks = await case.scanned()
    settings = context.settings.changed(identity_ways_operator=("filed_phone",)).identity
    object.__setattr__(context.identity.proofs, "settings", settings)
    await refused_at_the_pin(case, tasks, "consent_not_yours")
    assert_refused(await case.ask(), "forbidden", 403)


async def test_consent_is_valid_once(case: Both) -> None:
    made = await case.asked()
    tasks = (await case.scan(made)).json()["tasks"]
    await case.shield.sign(tasks)
    _, again = await case.shield.open(tasks)
    assert again.json()["code"] == "task_closed"
    assert_refused(await case.scan(made), "request_closed", 409)
    assert len(await case.proofs()) == 1


async def test_consent_is_valid_only_for_its_account(case: Both) -> None:
    """An attacker with write access would insert their own account, but the signed text names another one."""
    tasks = await case.scanned()
    await case.application.registered(THIRD)
    await execute(
        case.application.context.db,
        "UPDATE identity_consents SET account_id = (SELECT id FROM accounts WHERE phone = $1), phone = $2",
        THIRD.phone,
        THIRD.phone,
    )
    await refused_at_the_pin(case, tasks, "consent_not_yours")


async def test_request_without_its_consent_row_cannot_be_signed(case: Both) -> None:
    """A crash between the two inserts leaves such a request."""
    made = await case.asked()
    await execute(case.application.context.db, "DELETE FROM identity_consents")
    assert_refused(await case.scan(made), "consent_not_yours", 403)


async def test_two_concurrent_consents_prove_once(case: Both) -> None:
    first, second = await case.scanned(), await case.scanned()
    await case.shield.sign([*first, *second])
    assert len(await case.proofs()) == 1
    assert (
        await count(case.application, "SELECT COUNT(*) AS n FROM signatures WHERE purpose = 'consent'") == 2
    )


async def test_concurrent_repeat_of_finish_proves_once(case: Both) -> None:
    nonces, opened = await case.shield.open(await case.scanned())
    answers = await asyncio.gather(*(case.shield.finish(nonces, opened) for _ in range(4)))
    assert any(answer.status_code == 200 for answer in answers)
    assert len(await case.proofs()) == 1


async def test_consent_ends_with_its_request(case: Both) -> None:
    made = await case.asked()
    tasks = (await case.scan(made)).json()["tasks"]
    case.application.clock.advance(seconds=case.application.context.settings.requests.request_seconds + 1)
    await refused_at_the_pin(case, tasks, "task_closed")
    late = await case.asked()
    case.application.clock.advance(seconds=30)
    assert_refused(await case.scan(late), "qr_stale", 410)


async def own_shield_proofs(case: Both) -> object:
    return await count(case.application, "SELECT COUNT(*) AS n FROM identity_proofs WHERE way = 'own_shield'")
