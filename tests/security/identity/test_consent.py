"""A second account proven by consent of its person's own shield: the intended way, and whose shield counts.

The attacker knows name, id number and credit code, has an account under them, and shows codes to anybody.
"""

from dataclasses import replace

import pytest

from mshield.server.accounts.rows import accounts
from mshield.server.identity.confirm import Place
from mshield.testkit.demo.people import OPERATOR, Person
from mshield.wire.times import DAY_MS
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.consent import COLLEAGUE, RECORD, SECOND, THIRD, Both, count, with_shield
from tests.support.portal import OWN
from tests.support.shield_over_http import Shield
from tests.support.signing import execute, fetch


async def test_consent_notifies_both_accounts_and_takes_effect_later(case: Both) -> None:
    made = await case.asked()
    scanned = (await case.scan(made)).json()
    (task,) = scanned["tasks"]
    shown = {line["label"]: line["value"] for line in task["display"]}
    assert task["purpose"] == "consent"
    assert (scanned["requester"]["name"], scanned["number"]) == ("三证合一", made["number"])
    assert shown["新账号手机号"] == "136****4321"
    assert shown["企业"] == "宁波北潮进出口有限公司，操作员"
    assert {"新手机", "网络地址", "时间", "同意后", "请注意"} < shown.keys()
    assert SECOND.phone not in str(scanned)

    clock = case.application.clock
    await case.shield.sign(scanned["tasks"])
    (proof,) = await case.proofs()
    assert (proof["way"], proof["credit_code"], proof["role"]) == ("own_shield", OWN, "operator")
    assert proof["counts_from"] == clock() + DAY_MS
    ways = (await case.new.call("POST", "/api/phone/identity/ways", RECORD)).json()
    assert (ways["proven"], ways["counts_from"]) == (False, proof["counts_from"])

    device = case.shield.device
    (other,) = (await device.call("GET", "/api/phone/identity")).json()["second_accounts"]
    assert (other["phone_masked"], other["way"]) == ("136****4321", "own_shield")
    assert (other["counts_from"], other["can_object"]) == (proof["counts_from"], True)
    await case.application.context.notices.notify(now=clock())
    told = (await case.application.http.get("/dev/sms.json")).json()
    assert OPERATOR.phone in {each["phone"] for each in told if each["purpose"] == "second_account"}
    act = await fetch(
        case.application.context.db,
        "SELECT a.actor_id, s.phone FROM acts a JOIN accounts s ON s.id = a.actor_id"
        " WHERE a.act = 'identity.prove' AND a.details LIKE '%own_shield%'",
    )
    assert act["phone"] == OPERATOR.phone  # the account that proved it, not the one that requested it

    clock.advance(seconds=86_400)
    new = Shield(case.application, await case.application.logged_in(SECOND))
    await new.enrol(name=SECOND.name, id_number=SECOND.id_number, user_type="operator", credit_code=OWN)
    # A proof in effect can't be stopped by an objection any more; customer service ends it.
    device = await case.application.logged_in(OPERATOR)
    assert (await device.call("GET", "/api/phone/identity")).json()["second_accounts"] == []


async def test_consent_is_offered_whether_another_account_is_proven_or_not(application: Application) -> None:
    """Otherwise a stranger with the person's public data learns it."""
    await application.registered(SECOND)
    device = await application.logged_in(SECOND)
    alone = (await device.call("POST", "/api/phone/identity/ways", RECORD)).json()["items"]
    await with_shield(application)
    beside = (await device.call("POST", "/api/phone/identity/ways", RECORD)).json()["items"]
    assert {"way": "own_shield", "reason": None} in alone
    assert alone == beside


@pytest.mark.parametrize("browser", ["客服升级，请点同意并输入 PIN", "Mozilla/5.0 客服升级，请点同意"])
async def test_requester_cannot_put_text_on_the_phone(case: Both, browser: str) -> None:
    ask = case.application.context.requests.ask_consent
    account = await accounts.find_account(case.application.context.db, phone=SECOND.phone)
    assert account is not None
    made = await ask(
        account,
        credit_code=OWN,
        role="operator",
        place=Place("127.0.0.1", browser),
        now=case.application.clock(),
    )
    answer = await case.scan({"request_id": made.id})
    assert answer.status_code == 200, answer.text
    assert "客服" not in answer.text
    assert "不明" in answer.text


# ---- whose shield ----


async def test_strangers_request_reaches_no_phone(case: Both) -> None:
    """The victim's phone gets no message and no inbox entry; only its own scan reaches it."""
    before = await count(case.application, "SELECT COUNT(*) AS n FROM notifications")
    await case.asked()
    assert (await case.shield.device.call("GET", "/api/phone/inbox")).json()["requests"] == []
    assert await count(case.application, "SELECT COUNT(*) AS n FROM notifications") == before
    taken = await case.shield.device.call("POST", f"/api/phone/inbox/{(await case.asked())['request_id']}")
    assert_refused(taken, "not_found", 404)


async def test_strangers_own_shield_cannot_consent(case: Both) -> None:
    """The attacker is on file in the same enterprise too, and proven."""
    own = await with_shield(case.application, COLLEAGUE)
    answer = await case.scan(await case.asked(), own)
    assert_refused(answer, "consent_not_yours", 403)
    assert "136****4321" not in answer.text


async def test_namesakes_shield_cannot_consent(case: Both) -> None:
    """Another person of exactly the same name."""
    await rename(case.application, COLLEAGUE)
    own = await with_shield(case.application, replace(COLLEAGUE, name=OPERATOR.name))
    assert_refused(await case.scan(await case.asked(), own), "consent_not_yours", 403)


async def test_another_name_with_the_number_gets_no_request(case: Both) -> None:
    person = replace(SECOND, phone=THIRD.phone, name="林某某")
    await case.application.registered(person)
    device = await case.application.logged_in(person)
    answer = await device.call("POST", "/api/phone/identity/consents", RECORD)
    assert_refused(answer, "no_filing", 409)


async def test_account_cannot_consent_to_itself(case: Both) -> None:
    made = (await case.shield.device.call("POST", "/api/phone/identity/consents", RECORD)).json()
    assert_refused(await case.scan(made), "consent_not_yours", 403)


async def test_foreign_scan_reveals_nothing(case: Both) -> None:
    """A foreign phone that scanned the request can neither sign it nor see it by its number."""
    own = await with_shield(case.application, COLLEAGUE)
    made = await case.asked()
    assert_refused(await case.scan(made, own), "consent_not_yours")
    row = await fetch(
        case.application.context.db,
        "SELECT sid, message FROM tasks WHERE request_id = $1",
        made["request_id"],
    )
    task = await own.device.call("GET", f"/api/phone/tasks/{bytes(row['sid']).hex()}")  # type: ignore[call-overload]  # a row has no types
    _, opened = await own.open([task.json()])
    assert opened.json()["code"] == "consent_not_yours", opened.text


async def rename(application: Application, person: Person) -> None:
    """Renames a filed person to the victim's name."""
    await execute(
        application.context.db,
        "UPDATE filed_persons SET name = $1 WHERE name = $2",
        OPERATOR.name,
        person.name,
    )
