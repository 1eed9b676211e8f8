"""A stored answer (idempotency) goes only to a caller who is authenticated for it now, and holds no secret (N6)."""

import json
from typing import Final

import httpx
import msgspec
import pytest

from mshield.server.acts.actor import SERVICE
from mshield.server.database.queries import Query, Statement
from mshield.server.http.app import Service
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.security.staff.test_filed_number import imports
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.clerk import Staff
from tests.support.console_people import Clerk
from tests.support.portal import API, OWN, Browser, certified
from tests.support.signing import fetch, tamper

KEY: Final = {"Idempotency-Key": "0f8fad5b-d9cb-469f-a165-70867728950e"}
NEW: Final = {"name": "掌上海关", "domain": "palm.example", "return_urls": []}
_DISABLED: Final = {"state": "disabled", "reason": "合同到期"}
NUMBER: Final = "MS10720468813"
LEGAL_LINE: Final = "宁波新潮有限公司,91330200MA2GPD0007,王海燕,护照,E87654322,法人,13800007701"
LOSS: Final = {"act": "report_loss", "shield_numbers": [NUMBER], "reason": "手机遗失"}


_SQL: Final = "SELECT call, answer_box FROM idempotency"
_ALL: Final = Query("test.stored", Statement(_SQL, ()), Statement(_SQL, ()), as_is=True)


async def _stored(application: Application) -> list[bytes]:
    """Returns the stored answers, opened."""
    context = application.context
    rows = await context.db.all(_ALL)
    return [
        context.keyring.open(row["answer_box"], purpose="answer", context=row["call"].encode())
        for row in rows
        if row["answer_box"]
    ]


async def test_activation_code_is_given_once_and_not_stored(application: Application) -> None:
    await application.registered(LEGAL_PERSON)
    browser = Browser.of(application)
    await browser.log_in()
    record = (await fetch(application.context.db, "SELECT id FROM filed_persons WHERE role = 'operator'"))[
        "id"
    ]
    code = await browser.vouching_code(str(record))
    path = f"{API}/enterprises/{OWN}/people/{record}/activation-code"
    headers = KEY | {"X-CSRF-Token": browser.csrf or ""}
    made = await browser.http.post(path, json={"sms_code": code}, headers=headers)
    assert made.status_code == 201, made.text
    assert not [box for box in await _stored(application) if made.json()["code"].encode() in box]
    again = await browser.http.post(path, json={"sms_code": code}, headers=headers)
    assert_refused(again, "answer_shown_once", 409)
    cookies = dict(browser.http.cookies)
    assert (await browser.send("DELETE", "/session")).status_code == 204
    browser.http.cookies.update(cookies)
    ended = await browser.http.post(path, json={"sms_code": code}, headers=headers)
    assert_refused(ended, "unauthenticated", 401)
    await browser.http.aclose()


@pytest.mark.parametrize("repeat", ["logged out", "another legal person"])
async def test_portals_answer_needs_the_session_and_the_enterprise(
    application: Application, repeat: str
) -> None:
    await application.registered(LEGAL_PERSON)
    browser = Browser.of(application)
    await browser.log_in()
    await certified(application.context, NUMBER)
    path, headers = f"{API}/enterprises/{OWN}/acts", KEY | {"X-CSRF-Token": browser.csrf or ""}
    assert (await browser.http.post(path, json=LOSS, headers=headers)).status_code == 200
    without = await browser.http.post(path, json=LOSS, headers=KEY)
    assert_refused(without, "forbidden", 403)
    if repeat == "logged out":
        cookies = dict(browser.http.cookies)
        await browser.send("DELETE", "/session")
        browser.http.cookies.update(cookies)
        expected = ("unauthenticated", 401)
    else:
        record = await fetch(
            application.context.db, "SELECT id FROM filed_persons WHERE role = 'legal_person'"
        )
        await application.context.filing.people.end(
            str(record["id"]), reason="离任", by=SERVICE, now=application.clock()
        )
        expected = ("not_found", 404)
    assert_refused(await browser.http.post(path, json=LOSS, headers=headers), *expected)
    await browser.http.aclose()


async def test_ended_login_of_a_phone_gets_no_stored_answer(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    form = await application.application_form(device)
    body, path = json.dumps(form).encode(), "/api/phone/enrolments"

    async def send() -> httpx.Response:
        headers = {"DPoP": device.proof("POST", path, body), "Authorization": f"DPoP {device.token}"}
        return await application.http.post(
            path, content=body, headers=headers | KEY | {"Content-Type": "application/json"}
        )

    assert (await send()).status_code == 201
    assert (await send()).headers["idempotency-replayed"] == "true"
    assert (await device.call("DELETE", "/api/phone/sessions/current")).status_code == 204
    assert_refused(await send(), "unauthenticated", 401)


async def test_staffs_answer_needs_session_role_and_second_factor(application: Application) -> None:
    officer = await Staff.of(application, StaffRole.SECURITY_OFFICER, StaffRole.CUSTOMER_SERVICE)
    made = (await officer.call("POST", "/systems", NEW)).json()["system"]["client_id"]
    path, document = f"/systems/{made}/state", _DISABLED
    first = await officer.call("POST", path, document, key="one")
    assert first.status_code == 200, first.text
    assert (await officer.call("POST", path, document, key="one")).headers["idempotency-replayed"] == "true"
    headers = officer.headers | {"Idempotency-Key": "one"}
    url = f"/api/console{path}"
    await application.http.delete("/api/console/session", headers=officer.headers)
    assert_refused(await application.http.post(url, json=document, headers=headers), "unauthenticated", 401)


async def test_role_taken_away_gets_no_stored_answer(application: Application) -> None:
    officer, *others = [await Staff.of(application, StaffRole.SECURITY_OFFICER) for _ in range(3)]
    first = await officer.call("POST", "/systems", NEW)
    path, document = f"/systems/{first.json()['system']['client_id']}/state", _DISABLED
    assert (await officer.call("POST", path, document, key="one")).status_code == 200
    asked = await _ask(others[0], "staff.roles", officer.id, roles=["auditor"])
    assert (await others[1].call("POST", asked, {"decision": "approve"})).status_code == 200
    assert_refused(await officer.call("POST", path, document, key="one"), "forbidden", 403)


async def _ask(officer: Staff, act: str, subject: str, **details: object) -> str:
    """Requests an approval and returns the path of its decision."""
    document = {"act": act, "subject": subject, "details": details, "reason": "岗位调整"}
    asked = await officer.call("POST", "/approvals", document)
    assert asked.status_code == 201, asked.text
    return f"/approvals/{asked.json()['id']}/decision"


async def test_old_second_factor_gets_no_stored_answer(application: Application) -> None:
    officer = await Staff.of(application, StaffRole.SECURITY_OFFICER)
    made = await officer.call("POST", "/systems", NEW)
    client_id = made.json()["system"]["client_id"]
    change = {"name": "掌上海关二", "domain": "palm.example", "return_urls": []}
    headers = await officer.session() | {"Idempotency-Key": "two"}
    url = f"/api/console/systems/{client_id}"
    first = await application.http.put(url, json=change, headers=headers)
    assert first.status_code == 200, first.text
    application.clock.advance(seconds=6 * 60)
    late = await application.http.put(url, json=change, headers=headers)
    assert_refused(late, "second_factor_needed")


async def test_secrets_of_systems_and_webhooks_are_given_once(application: Application) -> None:
    officer = await Staff.of(application, StaffRole.SECURITY_OFFICER)
    made = await officer.call("POST", "/systems", NEW, key="a")
    client_id = made.json()["system"]["client_id"]
    calls = [
        ("a", "/systems", NEW, made),
        ("b", f"/systems/{client_id}/secret", {"overlap_hours": 1}, None),
        ("c", f"/systems/{client_id}/webhooks", {"url": "https://hook.example/x"}, None),
    ]
    for key, path, document, answer in calls:
        first = answer or await officer.call("POST", path, document, key=key)
        assert first.is_success, first.text
        secret = first.json().get("client_secret") or first.json()["secret"]
        assert_refused(await officer.call("POST", path, document, key=key), "answer_shown_once", 409)
        assert not [box for box in await _stored(application) if secret.encode() in box]


async def test_answer_stored_by_a_release_without_needs_is_not_given(application: Application) -> None:
    """Such a release stored secrets, and didn't note which role the caller had to have."""
    officer = await Staff.of(application, StaffRole.SECURITY_OFFICER)
    first = await officer.call("POST", "/systems", NEW, key="a")
    (row,) = await application.context.db.all(_ALL)
    old = msgspec.msgpack.encode({"status": 201, "headers": [], "body": first.content})
    box = application.context.keyring.seal(old, purpose="answer", context=row["call"].encode())
    await tamper(application.context.db, "UPDATE idempotency SET answer_box = $1", box)
    assert_refused(await officer.call("POST", "/systems", NEW, key="a"), "answer_shown_once", 409)


async def test_set_up_address_is_given_once(application: Application) -> None:
    """The approver of a new member reads it in the decision's answer."""
    asker, other = [await Staff.of(application, StaffRole.SECURITY_OFFICER) for _ in range(2)]
    path = await _ask(asker, "staff.add", "许安然", roles=["auditor"])
    first = await other.call("POST", path, {"decision": "approve"}, key="d")
    assert first.status_code == 200, first.text
    told = first.json()["told"]
    assert told, first.text
    assert_refused(await other.call("POST", path, {"decision": "approve"}, key="d"), "answer_shown_once", 409)
    for value in told.values():
        assert not [box for box in await _stored(application) if str(value).encode() in box]


async def test_refused_request_can_be_repeated(application: Application) -> None:
    """A decision without a secret has an answer for its repeat."""
    asker, other = [await Staff.of(application, StaffRole.SECURITY_OFFICER) for _ in range(2)]
    path = await _ask(asker, "staff.add", "许安然", roles=["auditor"])
    document = {"decision": "refuse", "reason": "不需要"}
    first = await other.call("POST", path, document, key="d")
    assert first.status_code == 200, first.text
    again = await other.call("POST", path, document, key="d")
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")


async def test_approval_without_a_secret_can_be_repeated(application: Application) -> None:
    """What an act returns is no secret by itself, such as the number of approved lines."""
    asker = await Clerk.at_work(application, StaffRole.FILING_OFFICER)
    other = await Clerk.at_work(application, StaffRole.SECURITY_OFFICER)
    report = await imports(asker, LEGAL_LINE)
    path, headers = f"/approvals/{report['approval_id']}/decision", {"Idempotency-Key": "d"}
    first = await other.call("POST", path, {"decision": "approve"}, **headers)
    assert first.json()["told"]["taken"] == 1, first.text
    again = await other.call("POST", path, {"decision": "approve"}, **headers)
    assert (again.json(), again.headers.get("idempotency-replayed")) == (first.json(), "true")


def test_acts_with_a_secret_are_declared(application: Application) -> None:
    acts = application.context.staff.approvals.approvable
    expected = {"staff.add", "staff.reset", "staff.token", "system.add", "identity.code"}
    assert {name for name, act in acts.items() if act.shows_secret} == expected


_SECRET_NAMES: Final = {"code", "client_secret", "secret", "token", "set_up", "totp"}


def test_every_answer_with_a_secret_is_declared(application: Application) -> None:
    """Otherwise a new operation's secret would lie in the database for a day."""
    assert isinstance(application.app, Service)
    routes = application.app.all_routes
    document = application.app.state.documents.of()
    found = set()
    for route in routes:
        if not route.keeps_answer or route.audience not in {"console", "portal"}:
            continue
        answers = document["paths"][route.template][route.method.lower()]["responses"]
        examples = [
            content.get("example", {})
            for status, answer in answers.items()
            if status.startswith("2")
            for content in answer.get("content", {}).values()
        ]
        names = {name for example in examples if isinstance(example, dict) for name in _names(example)}
        if names & _SECRET_NAMES:
            found.add(route.operation_id)
    assert found <= {route.operation_id for route in routes if route.shows_secret}


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {name for each in value.values() for name in _names(each)}
    return {name for each in value for name in _names(each)} if isinstance(value, list) else set()
