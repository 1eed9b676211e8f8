"""The legal representative sees how, by whom and when each account was proven, and nothing of other enterprises."""

import io
from dataclasses import replace
from typing import Any, Final

import openpyxl

from mshield.server.accounts.rows import accounts
from mshield.server.acts.actor import SERVICE, By
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.wire.identity import Way
from mshield.wire.times import DAY_MS
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.identity import filed, prove_account
from tests.support.portal import FOREIGN, OWN, Browser, certified, logged_in
from tests.support.signing import execute

SECOND: Final = replace(OPERATOR, phone="13612344321", password="Second-2026-xy")

browser = logged_in()


async def _account(application: Application, phone: str) -> str:
    found = await accounts.find_account(application.context.db, phone=phone)
    assert found is not None
    return found.id


async def _record(application: Application, phone: str, way: Way, *, by: By, record: str | None) -> None:
    account, now, proofs = (
        await _account(application, phone),
        application.clock(),
        application.context.identity,
    )
    await application.context.db.write(
        lambda tx: proofs.proofs.record(tx, account, record, way, by=by, now=now)
    )


async def _proofs(browser: Browser, name: str = OPERATOR.name) -> list[dict[str, Any]]:
    (person,) = (await browser.get(f"/enterprises/{OWN}/people", name=name)).json()["items"]
    found: list[dict[str, Any]] = person["proofs"]
    return found


async def _elsewhere(application: Application) -> str:
    """Files the operator for another enterprise too; returns the record's id."""
    await execute(
        application.context.db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at) SELECT 'elsewhere', $1, name, id_type, id_number_hash, id_number_box, role, 1,"
        " created_at, changed_at FROM filed_persons WHERE name = $2",
        FOREIGN,
        OPERATOR.name,
    )
    return "elsewhere"


async def test_unproven_person_has_no_proofs(browser: Browser) -> None:
    await browser.application.registered(OPERATOR)
    assert await _proofs(browser) == []


async def test_legal_person_sees_by_whom_how_and_when_it_was_proven(browser: Browser) -> None:
    application = browser.application
    await application.registered(OPERATOR)
    at = application.clock()
    record = (await filed(application)).id
    code = {"sms_code": await browser.vouching_code(record)}
    made = await browser.send("POST", f"/enterprises/{OWN}/people/{record}/activation-code", code)
    account = await accounts.find_account(application.context.db, phone=OPERATOR.phone)
    assert account is not None
    await application.context.identity.codes.use(account, made.json()["code"], now=at)
    assert await _proofs(browser) == [
        {
            "way": "legal_person",
            "state": "counts",
            "phone_masked": "138****6027",
            "actor": "legal_person",
            "actor_name": LEGAL_PERSON.name,
            "consented_masked": None,
            "proven_at": at,
            "counts_from": at,
            "ended_at": None,
            "ended_reason": None,
        }
    ]
    (own,) = await _proofs(browser, LEGAL_PERSON.name)
    assert (own["way"], own["actor"], own["state"]) == ("filed_phone", "user", "counts")


async def test_second_pending_proof_is_shown_as_pending(browser: Browser) -> None:
    application, record = browser.application, (await filed(browser.application)).id
    await application.registered(OPERATOR)
    await prove_account(application)
    await application.registered(SECOND)
    application.clock.advance(seconds=60)
    by = By("user", await _account(application, OPERATOR.phone))
    await _record(application, SECOND.phone, Way.OWN_SHIELD, by=by, record=record)
    waits, counts = await _proofs(browser)
    assert (waits["state"], waits["way"], waits["phone_masked"]) == ("waits", "own_shield", "136****4321")
    assert (waits["consented_masked"], waits["actor_name"]) == ("138****6027", None)
    assert waits["counts_from"] == application.clock() + DAY_MS
    assert (counts["state"], counts["way"]) == ("counts", "filing_code")
    application.clock.advance(seconds=86_400)
    await browser.log_in()
    assert [each["state"] for each in await _proofs(browser)] == ["counts", "counts"]


async def test_nothing_of_another_enterprises_record_is_shown(browser: Browser) -> None:
    """Neither the proof, nor the name of that enterprise's legal representative, nor the account."""
    application = browser.application
    await application.registered(SECOND)
    record = await _elsewhere(application)
    await _record(application, SECOND.phone, Way.FILING_CODE, by=SERVICE, record=record)
    number = "MS10000000001"
    issued = await certified(application.context, number)
    await execute(
        application.context.db, "UPDATE certificates SET person_id = $1", (await filed(application)).id
    )
    for path in (f"/enterprises/{OWN}/people", f"/enterprises/{OWN}/shields/{issued.shield_number}"):
        text = (await browser.get(path)).text
        assert "136****4321" not in text
        assert FOREIGN not in text
    assert await _proofs(browser) == []
    assert_refused(await browser.get(f"/enterprises/{FOREIGN}/people"), "not_found", 404)


async def test_proven_account_is_shown_under_the_filed_name_only(browser: Browser) -> None:
    application = browser.application
    await application.registered(OPERATOR)
    await _record(application, OPERATOR.phone, Way.OUTSIDE, by=SERVICE, record=None)
    assert [each["way"] for each in await _proofs(browser)] == ["outside"]
    await execute(
        application.context.db, "UPDATE accounts SET name = '林某某' WHERE phone = $1", OPERATOR.phone
    )
    assert await _proofs(browser) == []


async def test_shield_shows_ended_proofs_with_their_reason(browser: Browser) -> None:
    application, record = browser.application, (await filed(browser.application)).id
    await application.registered(OPERATOR)
    await prove_account(application)
    await certified(application.context, "MS10000000001")
    await execute(application.context.db, "UPDATE certificates SET person_id = $1", record)
    await execute(
        application.context.db,
        "UPDATE identity_proofs SET ended_at = $1, ended_reason = 'by_staff' WHERE person_id = $2",
        application.clock(),
        record,
    )
    assert await _proofs(browser) == []
    (ended,) = (await browser.shield("MS10000000001"))["proofs"]
    assert (ended["state"], ended["ended_at"]) == ("ended", application.clock())
    assert ended["ended_reason"] == "by_staff"


async def test_disabled_account_or_disallowed_way_proves_nothing(browser: Browser) -> None:
    application = browser.application
    await application.registered(OPERATOR)
    await prove_account(application)
    await execute(
        application.context.db, "UPDATE accounts SET state = 'disabled' WHERE phone = $1", OPERATOR.phone
    )
    assert [each["state"] for each in await _proofs(browser)] == ["off"]
    await execute(
        application.context.db, "UPDATE accounts SET state = 'active' WHERE phone = $1", OPERATOR.phone
    )
    proofs = application.context.identity.proofs
    settings = proofs.settings.model_copy(update={"ways_operator": ("filed_phone",)})
    object.__setattr__(proofs, "settings", settings)
    assert [each["state"] for each in await _proofs(browser)] == ["off"]


async def test_workbook_includes_the_proof(browser: Browser) -> None:
    await browser.application.registered(OPERATOR)
    await prove_account(browser.application)
    answer = await browser.get(f"/enterprises/{OWN}/people.xlsx", name=OPERATOR.name)
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    head, line = sheet.iter_rows(values_only=True)
    said = dict(zip(head, line, strict=True))["身份核验"]
    assert str(said).startswith("激活码，备案机构，138****6027，")
