"""A changing call repeated with its idempotency key: the same answer, and no second effect (R17)."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mshield.server.accounts.register import Register
from mshield.server.retention.sweep import purge
from mshield.server.runtime import repeated_calls as answer_once
from mshield.server.runtime.allowances import Allowance
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.wire.times import DAY_MS
from tests.support.application import Application, Device, running
from tests.support.assertions import assert_refused
from tests.support.captchas import answered_captcha
from tests.support.cases import cases
from tests.support.clock import Clock
from tests.support.consents import AGREED
from tests.support.portal import API, OWN, Browser, certified
from tests.support.signing import fetch

KEY = {"Idempotency-Key": "0f8fad5b-d9cb-469f-a165-70867728950e"}


@pytest.fixture
async def application(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Application]:
    async with running(database_url, tmp_path, clock) as made:
        yield made


async def _keyed(
    device: Device, method: str, path: str, document: object = None, *, key: str = KEY["Idempotency-Key"]
) -> httpx.Response:
    """Sends a phone's call with proof and key."""
    body = b"" if document is None else json.dumps(document).encode()
    headers = {
        "Content-Type": "application/json",
        "DPoP": device.proof(method, path, body),
        "Idempotency-Key": key,
    }
    if device.token is not None:
        headers["Authorization"] = f"DPoP {device.token}"
    return await device.http.request(method, path, content=body, headers=headers)


async def _registration(application: Application) -> dict[str, object]:
    await application.ask_for_code(OPERATOR.phone)
    return {
        "name": OPERATOR.name,
        "id_type": "resident_id",
        "id_number": OPERATOR.id_number,
        "phone": OPERATOR.phone,
        "sms_code": await application.sms_code("register"),
        "password": OPERATOR.password,
        **AGREED,
    }


async def _count(application: Application, table: str) -> object:
    return (await fetch(application.context.db, f"SELECT COUNT(*) AS n FROM {table}"))["n"]  # noqa: S608  # tests' names


def _same(first: httpx.Response, again: httpx.Response) -> None:
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert first.headers.get("content-type") == again.headers.get("content-type")


async def test_r17_repeated_registration_gives_the_same_answer_and_one_account(
    application: Application,
) -> None:
    form = await _registration(application)
    first = await application.http.post("/api/phone/accounts", json=form, headers=KEY)
    assert first.status_code == 201, first.text
    again = await application.http.post("/api/phone/accounts", json=form, headers=KEY)
    _same(first, again)
    assert await _count(application, "accounts") == 1


async def test_r17_repeated_call_sends_and_counts_one_sms(application: Application) -> None:
    document = await application.code_form(OPERATOR.phone)
    answers = [
        await application.http.post("/api/phone/sms-codes", json=document, headers=KEY) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert await _count(application, "sms_codes") == 1
    assert len((await application.http.get("/dev/sms.json")).json()) == 1


async def test_r17_repeated_wrong_code_uses_one_attempt(application: Application) -> None:
    form = await _registration(application) | {"sms_code": "000000"}
    answers = [await application.http.post("/api/phone/accounts", json=form, headers=KEY) for _ in range(3)]
    assert {answer.json()["code"] for answer in answers} == {"sms_code_wrong"}
    assert {answer.json()["left"] for answer in answers} == {4}


async def test_r17_a_repeated_login_is_the_same_login(application: Application) -> None:
    await application.registered()
    shown = await answered_captcha(application.http)
    document = {"account": OPERATOR.phone, "password": OPERATOR.password, **shown}
    device = application.device()
    first = await _keyed(device, "POST", "/api/phone/sessions", document)
    again = await _keyed(device, "POST", "/api/phone/sessions", document)
    _same(first, again)
    device.token = again.json()["access_token"]
    assert (await device.call("GET", "/api/phone/me")).status_code == 200
    # The token is stored only in sealed form.
    row = await fetch(application.context.db, "SELECT call, answer_box FROM idempotency")
    assert device.token.encode() not in bytes(row["answer_box"])  # type: ignore[call-overload]  # a box is bytes
    assert device.token not in str(row["call"])


async def test_r17_logging_out_can_be_repeated(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    for _ in range(2):
        answer = await _keyed(device, "DELETE", "/api/phone/sessions/current")
        assert answer.status_code == 204
    assert (await device.call("GET", "/api/phone/me")).status_code == 401


async def test_an_application_can_be_repeated(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    form = await application.application_form(device)
    first = await _keyed(device, "POST", "/api/phone/enrolments", form)
    assert first.status_code == 201, first.text
    _same(first, await _keyed(device, "POST", "/api/phone/enrolments", form))
    assert await _count(application, "keys") == 1


async def test_key_is_bound_to_one_content(application: Application) -> None:
    form = await _registration(application)
    await application.http.post("/api/phone/accounts", json=form, headers=KEY)
    for path, other in (
        ("/api/phone/accounts", form | {"name": "王小明"}),
        ("/api/phone/sms-codes", {"phone": OPERATOR.phone, "purpose": "register"}),
    ):
        answer = await application.http.post(path, json=other, headers=KEY)
        assert_refused(answer, "idempotency_mismatch", 422)


async def test_key_of_another_caller_gives_no_answer(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    form = await application.application_form(device)
    first = await _keyed(device, "POST", "/api/phone/enrolments", form)
    assert first.status_code == 201
    stranger = Device(application.http, application.clock, token=device.token)
    assert (await _keyed(stranger, "POST", "/api/phone/enrolments", form)).status_code == 401
    later = Device(application.http, application.clock, key=device.key, token="another")
    assert (await _keyed(later, "POST", "/api/phone/enrolments", form)).status_code == 401
    unproven = await application.http.post("/api/phone/enrolments", json=form, headers=KEY)
    assert unproven.status_code == 401
    forged = await application.http.post(
        "/api/phone/enrolments",
        json=form,
        headers=KEY | {"DPoP": "a.b.c", "Authorization": f"DPoP {device.token}"},
    )
    assert_refused(forged, "invalid_proof", 401)


async def test_proof_is_valid_for_one_call_even_with_a_key(application: Application) -> None:
    await application.registered()
    device = await application.logged_in()
    path = "/api/phone/sessions/current"
    headers = {"DPoP": device.proof("DELETE", path, b""), "Authorization": f"DPoP {device.token}", **KEY}
    assert (await application.http.delete(path, headers=headers)).status_code == 204
    replayed = await application.http.delete(path, headers=headers)
    assert_refused(replayed, "invalid_proof", 401)


async def test_call_refused_without_effect_is_run_again(application: Application) -> None:
    await application.ask_for_code(OPERATOR.phone)
    slowed = await application.ask_for_code(OPERATOR.phone, **KEY)
    assert slowed.status_code == 429
    application.clock.advance(seconds=61)
    assert (await application.ask_for_code(OPERATOR.phone, **KEY)).status_code == 202


async def test_failed_call_is_run_again(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    form = await _registration(application)

    async def fail(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(Register, "__call__", fail)
        failed = await application.http.post("/api/phone/accounts", json=form, headers=KEY)
        assert_refused(failed, "internal", 500)
    assert (await application.http.post("/api/phone/accounts", json=form, headers=KEY)).status_code == 201


async def test_concurrent_repeats_run_once(application: Application) -> None:
    form = await _registration(application)
    answers = await asyncio.gather(
        *(application.http.post("/api/phone/accounts", json=form, headers=KEY) for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [201] * 5
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


async def test_pending_call_is_reported_and_a_dead_one_is_taken_over(
    application: Application, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_once, "_WAIT_SECONDS", 0.2)
    form = await _registration(application)
    content = b"POST /api/phone/accounts?\n" + httpx.Request("POST", "http://x", json=form).content
    begun = await application.context.answer_once.begin(
        who="address 127.0.0.1", key=KEY["Idempotency-Key"], content=content, now=clock()
    )
    assert isinstance(begun, answer_once.Begun)
    busy = await application.http.post("/api/phone/accounts", json=form, headers=KEY)
    assert (busy.status_code, busy.json()["code"], busy.headers["retry-after"]) == (409, "in_progress", "1")
    clock.advance(seconds=answer_once.HELD_MS / 1000)
    assert (await application.http.post("/api/phone/accounts", json=form, headers=KEY)).status_code == 201
    # If the first call was only slow, its answer can't overwrite the other's.
    await application.context.answer_once.keep(begun, answer_once.StoredAnswer(500, (), b""))
    repeat = await application.http.post("/api/phone/accounts", json=form, headers=KEY)
    assert (repeat.status_code, repeat.headers["idempotency-replayed"]) == (201, "true")


async def test_r14_the_legal_persons_act_can_be_repeated(application: Application) -> None:
    await application.registered(LEGAL_PERSON)
    browser = Browser.of(application)
    await browser.log_in()
    await certified(application.context, "MS10720468813")
    document = {"act": "report_loss", "shield_numbers": ["MS10720468813"], "reason": "手机遗失"}
    path = f"{API}/enterprises/{OWN}/acts"
    unproven = await browser.http.post(path, json=document, headers=KEY)
    assert_refused(unproven, "forbidden", 403)
    headers = KEY | {"X-CSRF-Token": browser.csrf or ""}
    first = await browser.http.post(path, json=document, headers=headers)
    assert first.status_code == 200, first.text
    _same(first, await browser.http.post(path, json=document, headers=headers))
    held = await fetch(
        application.context.db, "SELECT COUNT(*) AS n FROM certificate_events WHERE event = 'report_loss'"
    )
    assert held["n"] == 1
    stranger = Browser.of(application)
    assert (await stranger.http.post(path, json=document, headers=headers)).status_code == 401
    await stranger.http.aclose()
    await browser.http.aclose()


async def test_a_business_systems_calls_can_be_repeated(application: Application) -> None:
    document = {"kind": "login"}
    made = [await application.business("POST", "/api/business/requests", document, **KEY) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    other = {"kind": "login", "pc": {"address": "192.0.2.1", "browser": "Edge"}}
    mismatch = await application.business("POST", "/api/business/requests", other, **KEY)
    assert_refused(mismatch, "idempotency_mismatch")
    path = f"/api/business/requests/{made[0].json()['id']}/cancel"
    gone = [await application.business("POST", path, **KEY) for _ in range(2)]
    assert [answer.status_code for answer in gone] == [204, 204]
    assert (await application.business("POST", path)).status_code == 204, "cancelled stays cancelled"


@cases("key", ["", "a b", "\x7f", "k" * 129])
async def test_invalid_key_is_refused(application: Application, key: str) -> None:
    answer = await application.http.post("/api/phone/captchas", headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["fields"]) == (422, ["Idempotency-Key"])


async def test_answer_is_stored_for_a_day(application: Application, clock: Clock) -> None:
    first = await application.http.post("/api/phone/captchas", headers=KEY)
    clock.advance(seconds=86_399)
    await purge(application.context.db, now=clock())
    _same(first, await application.http.post("/api/phone/captchas", headers=KEY))
    clock.advance(seconds=2)
    await purge(application.context.db, now=clock())
    assert (await application.http.post("/api/phone/captchas", headers=KEY)).content != first.content


async def test_every_changing_operation_documents_its_repetition(application: Application) -> None:
    document = application.app.state.documents.of()
    own_rules = {"openSigning", "finishSigning", "scan", "claimScan"}
    for path, operations in document["paths"].items():
        if not path.startswith(("/api/phone/", "/api/portal/", "/api/console/", "/api/business/")):
            continue
        for method, operation in operations.items():
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            if method == "get":
                assert "Idempotency-Key" not in names
            elif operation["operationId"] in own_rules:
                assert "Idempotency-Key" in operation["description"]
            else:
                assert "Idempotency-Key" in names, f"{method} {path}"


async def test_strangers_stored_answers_are_limited(application: Application) -> None:
    """Beyond the limit, an anonymous call is executed as if it had no idempotency key."""
    application.app.state.kept_for_strangers = Allowance(address=3, network=9, everybody=9, window=DAY_MS)
    answers = [
        await application.http.post("/api/register/captchas", headers={"Idempotency-Key": f"k{number}"})
        for number in range(8)
    ]
    assert {answer.status_code for answer in answers} == {201}
    assert await _count(application, "idempotency") == 3
    again = await application.http.post("/api/register/captchas", headers={"Idempotency-Key": "k0"})
    assert again.json()["captcha_id"] != answers[0].json()["captcha_id"]


async def test_a_wrong_captcha_leaves_no_row(application: Application) -> None:
    document = {"account": OPERATOR.phone, "password": "x", "captcha_id": "x", "captcha": "x", "work": "eA=="}
    for number in range(20):
        answer = await application.http.post(
            "/api/portal/logins", json=document, headers={"Idempotency-Key": f"k{number}"}
        )
        assert_refused(answer, "captcha_wrong")
    assert await _count(application, "idempotency") == 0
