"""A second account by the consent of a shield that its person has: signed by whom, for which record, for which account.

The attacker knows name, id number and credit code, has an account under them, and shows codes to whomever they like.
"""

import asyncio
from dataclasses import replace
from typing import Any, Final

import httpx
import pytest

from mshield.demo.people import OPERATOR, OPERATOR_TO_CONFIRM, Person
from mshield.domain.times import DAY_MS
from mshield.services.identity.confirm import Place
from mshield.store.accounts import accounts
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.consent import RECORD, SECOND, Both, both, with_shield
from tests.support.portal import OWN
from tests.support.shield_over_http import Shield
from tests.support.signing import execute, fetch

ELSEWHERE: Final = "91370203MA3YK2D9RF"
THIRD: Final = replace(SECOND, phone="13612344322")


@pytest.fixture
async def case(application: Application) -> Both:
    """Somebody with a shield, and a second account under their name."""
    return await both(application)


async def count(application: Application, sql: str) -> object:
    """The only value of a row."""
    row = await fetch(application.context.db, sql)
    return next(iter(row.values()))


async def refused_at_the_pin(case: Both, tasks: list[dict[str, Any]], code: str) -> None:
    """`open` refuses, and nothing is proven."""
    _, opened = await case.shield.open(tasks)
    assert opened.json()["code"] == code, opened.text
    assert await case.proofs() == []


# ---- the way as it is meant ----


async def test_who_is_told_what_and_when_it_counts(case: Both) -> None:
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

    await case.application.context.notices.notify(now=clock())
    told = (await case.application.http.get("/dev/sms.json")).json()
    assert OPERATOR.phone in {each["phone"] for each in told if each["purpose"] == "second_account"}
    act = await fetch(
        case.application.context.db,
        "SELECT a.actor_id, s.phone FROM acts a JOIN accounts s ON s.id = a.actor_id"
        " WHERE a.act = 'identity.prove' AND a.details LIKE '%own_shield%'",
    )
    assert act["phone"] == OPERATOR.phone  # who proved it, not who asked

    clock.advance(seconds=86_400)
    device = await case.application.logged_in(SECOND)
    form = await case.application.application_form(device)
    answer = await device.call("POST", "/api/phone/enrolments", form)
    assert answer.status_code == 201, answer.text


async def test_the_way_is_told_to_who_has_another_proven_account_only(application: Application) -> None:
    await application.registered(SECOND)
    device = await application.logged_in(SECOND)
    alone = (await device.call("POST", "/api/phone/identity/ways", RECORD)).json()["items"]
    assert "own_shield" not in {each["way"] for each in alone}
    await with_shield(application)
    beside = (await device.call("POST", "/api/phone/identity/ways", RECORD)).json()["items"]
    assert {"way": "own_shield", "reason": None} in beside


# ---- whose shield ----


async def test_a_stranger_reaches_nobody(case: Both) -> None:
    """Nothing comes to the victim's phone: no message, nothing in the inbox. Only what it scans itself."""
    before = await count(case.application, "SELECT COUNT(*) AS n FROM notifications")
    await case.asked()
    assert (await case.shield.device.call("GET", "/api/phone/inbox")).json()["requests"] == []
    assert await count(case.application, "SELECT COUNT(*) AS n FROM notifications") == before
    taken = await case.shield.device.call("POST", f"/api/phone/inbox/{(await case.asked())['request_id']}")
    assert_refused(taken, "not_found", 404)


async def test_the_strangers_own_shield_consents_to_nothing(case: Both) -> None:
    """The attacker is on file too, in the same enterprise, and proven."""
    own = await with_shield(case.application, COLLEAGUE)
    answer = await case.scan(await case.asked(), own)
    assert_refused(answer, "consent_not_yours", 403)
    assert "136****4321" not in answer.text


async def test_a_namesake_consents_to_nothing(case: Both) -> None:
    """Another person of the very same name."""
    await rename(case.application, COLLEAGUE)
    own = await with_shield(case.application, replace(COLLEAGUE, name=OPERATOR.name))
    assert_refused(await case.scan(await case.asked(), own), "consent_not_yours", 403)


async def test_another_name_with_the_number_gets_no_request(case: Both) -> None:
    person = replace(SECOND, phone=THIRD.phone, name="林某某")
    await case.application.registered(person)
    device = await case.application.logged_in(person)
    answer = await device.call("POST", "/api/phone/identity/consents", RECORD)
    assert_refused(answer, "no_filing", 409)


async def test_an_account_does_not_consent_to_itself(case: Both) -> None:
    made = (await case.shield.device.call("POST", "/api/phone/identity/consents", RECORD)).json()
    assert_refused(await case.scan(made), "consent_not_yours", 403)


async def test_who_is_told_what_after_another_phone_scanned(case: Both) -> None:
    """A foreign phone that took the request neither signs it nor sees it by its number."""
    own = await with_shield(case.application, COLLEAGUE)
    made = await case.asked()
    assert_refused(await case.scan(made, own), "consent_not_yours")
    row = await fetch(
        case.application.context.db,
        "SELECT sid, message FROM tasks WHERE request_id = $1",
        made["request_id"],
    )
    task = await own.device.call("GET", f"/api/phone/tasks/{bytes(row['sid']).hex()}")  # type: ignore[call-overload]
    _, opened = await own.open([task.json()])
    assert opened.json()["code"] == "consent_not_yours", opened.text


# ---- which record ----


async def test_a_shield_of_one_enterprise_proves_nothing_in_another(case: Both) -> None:
    """Who files the victim under their own roof, and confirms their own account, would be somebody elsewhere."""
    await file_elsewhere(case.application, role="operator", credit_code=ELSEWHERE)
    answer = await case.ask(credit_code=ELSEWHERE)
    assert answer.status_code == 201, answer.text
    assert_refused(await case.scan(answer.json()), "consent_not_yours", 403)


async def test_the_shield_itself_must_be_of_the_record(case: Both) -> None:
    """Also where its account is proven there: whoever has no shield there uses what proved that."""
    await file_elsewhere(case.application, role="operator", credit_code=ELSEWHERE)
    await execute(
        case.application.context.db,
        "INSERT INTO identity_proofs (id, account_id, person_id, way, actor, proven_at, counts_from)"
        " SELECT 'there', id, 'elsewhere', 'filing_code', 'user', 0, 0 FROM accounts WHERE phone = $1",
        OPERATOR.phone,
    )
    made = (await case.ask(credit_code=ELSEWHERE)).json()
    assert_refused(await case.scan(made), "consent_not_yours", 403)


async def test_an_operators_shield_makes_no_legal_person(case: Both) -> None:
    await file_elsewhere(case.application, role="legal_person", credit_code=ELSEWHERE)
    answer = await case.ask(user_type="legal_person", credit_code=ELSEWHERE)
    assert_refused(await case.scan(answer.json()), "consent_not_yours", 403)


async def test_a_record_that_nobody_has_is_not_asked_for(case: Both) -> None:
    assert_refused(await case.ask(credit_code=ELSEWHERE), "no_filing", 409)
    assert_refused(await case.ask(user_type="legal_person"), "no_filing", 409)


async def test_an_account_that_nothing_proves_any_more_consents_to_nothing(case: Both) -> None:
    """Its certificate works on: who signs with it is another question than whose other account is whose."""
    tasks = await case.scanned()
    await execute(case.application.context.db, "UPDATE identity_proofs SET ended_at = 1")
    assert_refused(await case.scan(await case.asked()), "consent_not_yours", 403)
    await refused_at_the_pin(case, tasks, "consent_not_yours")


async def test_a_second_account_that_waits_proves_no_third(case: Both) -> None:
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


# ---- a shield that can't be used, before and after the scan ----

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
async def test_it_is_looked_at_again_at_the_pin(case: Both, change: str) -> None:
    sql, code = UNUSABLE[change]
    tasks = await case.scanned()
    await execute(case.application.context.db, sql)
    _, opened = await case.shield.open(tasks)
    assert opened.json()["code"] == code, opened.text
    assert await own_shield_proofs(case) == 0


@pytest.mark.parametrize("change", UNUSABLE)
async def test_it_is_looked_at_again_at_the_signature(case: Both, change: str) -> None:
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


async def test_an_own_shield_that_is_not_among_the_ways_proves_nothing(case: Both) -> None:
    context = case.application.context
    tasks = await case.scanned()
    settings = context.settings.model_copy(update={"identity_ways_operator": ("filed_phone",)})
    object.__setattr__(context.identity.proofs, "settings", settings)
    await refused_at_the_pin(case, tasks, "consent_not_yours")
    assert_refused(await case.ask(), "forbidden", 403)


# ---- replay, swapped rows, two at once ----


async def test_a_consent_serves_once(case: Both) -> None:
    made = await case.asked()
    tasks = (await case.scan(made)).json()["tasks"]
    await case.shield.sign(tasks)
    _, again = await case.shield.open(tasks)
    assert again.json()["code"] == "task_closed"
    assert_refused(await case.scan(made), "request_closed", 409)
    assert len(await case.proofs()) == 1


async def test_a_consent_for_one_account_is_none_for_another(case: Both) -> None:
    """Whoever could write the row would put their own account there: what is signed says another one."""
    tasks = await case.scanned()
    await case.application.registered(THIRD)
    await execute(
        case.application.context.db,
        "UPDATE identity_consents SET account_id = (SELECT id FROM accounts WHERE phone = $1), phone = $2",
        THIRD.phone,
        THIRD.phone,
    )
    await refused_at_the_pin(case, tasks, "consent_not_yours")


async def test_a_request_without_its_row_can_not_be_signed(case: Both) -> None:
    """As a crash between the two leaves it."""
    made = await case.asked()
    await execute(case.application.context.db, "DELETE FROM identity_consents")
    assert_refused(await case.scan(made), "consent_not_yours", 403)


async def test_two_at_once_prove_once(case: Both) -> None:
    first, second = await case.scanned(), await case.scanned()
    await case.shield.sign([*first, *second])
    assert len(await case.proofs()) == 1
    assert (
        await count(case.application, "SELECT COUNT(*) AS n FROM signatures WHERE purpose = 'consent'") == 2
    )


async def test_a_finish_that_is_sent_twice_at_once_proves_once(case: Both) -> None:
    nonces, opened = await case.shield.open(await case.scanned())
    answers = await asyncio.gather(*(case.shield.finish(nonces, opened) for _ in range(4)))
    assert any(answer.status_code == 200 for answer in answers)
    assert len(await case.proofs()) == 1


async def test_a_consent_is_over_with_its_request(case: Both) -> None:
    made = await case.asked()
    tasks = (await case.scan(made)).json()["tasks"]
    case.application.clock.advance(seconds=case.application.context.settings.request_seconds + 1)
    await refused_at_the_pin(case, tasks, "task_closed")
    late = await case.asked()
    case.application.clock.advance(seconds=30)
    assert_refused(await case.scan(late), "qr_stale", 410)


# ---- refusing, and asking too often ----


async def test_not_me_ends_it_and_keeps_the_account_from_asking(case: Both) -> None:
    made = await case.asked()
    tasks = (await case.scan(made)).json()["tasks"]
    answer = await decline(case.shield, made, "not_me")
    assert answer.status_code == 204, answer.text
    await refused_at_the_pin(case, tasks, "task_closed")
    state = await case.application.http.get(
        f"/api/pc/requests/{made['request_id']}", headers={"Authorization": f"Bearer {made['status_token']}"}
    )
    assert (state.json()["state"], state.json()["reason"]) == ("declined", "not_me")
    act = await fetch(
        case.application.context.db,
        "SELECT act.details, a.phone FROM acts act JOIN accounts a ON a.id = act.subject"
        " WHERE act.act = 'identity.refuse'",
    )
    assert act["phone"] == SECOND.phone
    assert '"reason": "not_me"' in str(act["details"])
    assert_refused(await case.ask(), "too_many_requests", 429)
    case.application.clock.advance(seconds=86_400)
    case.new = await case.application.logged_in(SECOND)
    assert (await case.ask()).status_code == 201


async def test_to_decline_keeps_nobody_from_asking(case: Both) -> None:
    made = await case.asked()
    await case.scan(made)
    await decline(case.shield, made, "declined")
    assert (await case.ask()).status_code == 201


async def test_a_foreign_phone_that_took_it_keeps_nobody_from_asking(case: Both) -> None:
    """It ends the request, as it does by taking it; it is not the person who says that they didn't ask."""
    own = await with_shield(case.application, COLLEAGUE)
    made = await case.asked()
    await case.scan(made, own)
    assert (await decline(own, made, "not_me")).status_code == 204
    assert await count(case.application, "SELECT COUNT(*) AS n FROM acts WHERE act = 'identity.refuse'") == 0
    assert (await case.ask()).status_code == 201


async def test_what_an_earlier_application_proves_is_not_handed_on(case: Both) -> None:
    """Nobody looked at it: who got a certificate by a name and a number would have two accounts."""
    await execute(case.application.context.db, "UPDATE identity_proofs SET way = 'earlier'")
    assert_refused(await case.scan(await case.asked()), "consent_not_yours", 403)


@pytest.mark.parametrize("browser", ["客服升级，请点同意并输入 PIN", "Mozilla/5.0 客服升级，请点同意"])
async def test_the_asker_puts_no_words_of_their_own_on_the_phone(case: Both, browser: str) -> None:
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


async def test_a_foreign_phone_refuses_nothing(case: Both) -> None:
    made = await case.asked()
    await case.scan(made)
    own = await with_shield(case.application, COLLEAGUE)
    assert_refused(await decline(own, made, "not_me"), "request_closed", 409)
    assert await count(case.application, "SELECT COUNT(*) AS n FROM acts WHERE act = 'identity.refuse'") == 0


async def test_ten_a_day_and_each_account_for_itself(case: Both) -> None:
    """What a stranger uses up keeps nobody else from asking."""
    for _ in range(10):
        await case.asked()
        case.application.clock.advance(seconds=10)
    assert_refused(await case.ask(), "too_many_requests", 429)
    await case.application.registered(THIRD)
    third = Both(case.application, case.shield, await case.application.logged_in(THIRD))
    await third.asked()


async def test_an_account_asks_for_itself_only(case: Both) -> None:
    answer = await case.application.http.post("/api/phone/identity/consents", json=RECORD)
    assert answer.status_code == 401


# ---- what the tests need ----

COLLEAGUE: Final[Person] = replace(
    OPERATOR_TO_CONFIRM, name="沈若澜", id_number="33020319930727264X", id_type="resident_id"
)


async def own_shield_proofs(case: Both) -> object:
    return await count(case.application, "SELECT COUNT(*) AS n FROM identity_proofs WHERE way = 'own_shield'")


async def decline(shield: Shield, made: dict[str, Any], reason: str) -> httpx.Response:
    return await shield.device.call(
        "POST", f"/api/phone/requests/{made['request_id']}/decline", {"reason": reason}
    )


async def rename(application: Application, person: Person) -> None:
    """The file calls somebody as the victim is called."""
    await execute(
        application.context.db,
        "UPDATE filed_persons SET name = $1 WHERE name = $2",
        OPERATOR.name,
        person.name,
    )


async def file_elsewhere(application: Application, *, role: str, credit_code: str) -> None:
    """Another enterprise files the victim too."""
    await execute(
        application.context.db,
        "INSERT INTO filed_persons (id, credit_code, name, id_type, id_number_hash, id_number_box, role, version,"
        " created_at, changed_at) SELECT 'elsewhere', $1, name, id_type, id_number_hash, id_number_box, $2, 1,"
        " created_at, changed_at FROM filed_persons WHERE name = $3",
        credit_code,
        role,
        OPERATOR.name,
    )
