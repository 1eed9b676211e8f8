"""A business system's calls: who may call, what a request accepts, how its state is awaited."""

import asyncio
import base64
from typing import Any

import pytest

from mshield.server.requests.ask import Ask
from mshield.wire.qr import begun_between, qr_text, read_qr
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.clock import Clock

REQUESTS = "/api/business/requests"
DOCUMENT = {
    "title": "报关单",
    "media_type": "application/xml",
    "content_b64": base64.b64encode("<报关单/>".encode()).decode(),
    "display": [{"label": "总价", "value": "126000 欧元"}],
}


async def _created(application: Application, **changes: object) -> dict[str, Any]:
    answer = await application.business("POST", REQUESTS, {"kind": "login", **changes})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def test_a_login_request_waits_with_a_code_and_a_number(application: Application) -> None:
    created = await _created(application)
    assert created["state"] == "waiting"
    assert len(created["number"]) == 2
    assert (created["qr_origin"], len(created["qr_secret"])) == ("http://shield.example", 64)
    assert created["expires_at"] == application.clock() + 120_000


async def test_wrong_secret_and_unknown_system_get_the_same_answer(application: Application) -> None:
    answers = []
    for auth in ((application.client_id, "wrong"), ("unknown", "wrong"), ("", "")):
        answer = await application.http.post(REQUESTS, json={"kind": "login"}, auth=auth)
        answers.append((answer.status_code, answer.json()["code"], answer.headers["www-authenticate"]))
    assert set(answers) == {(401, "wrong_client", 'Basic realm="mshield", charset="UTF-8"')}
    for header in ("", "Basic", "Basic !", "Basic YQ==", "Bearer x"):
        answer = await application.http.post(
            REQUESTS, json={"kind": "login"}, headers={"Authorization": header}
        )
        assert_refused(answer, "wrong_client")


@cases("client_id", ["\0a", "a\0", "bs 1", "单一窗口", "a" * 65, ""])
async def test_caller_without_client_id_is_an_unknown_system(
    application: Application, client_id: str
) -> None:
    pair = base64.b64encode(f"{client_id}:x".encode()).decode()
    answer = await application.http.get(f"{REQUESTS}/x", headers={"Authorization": f"Basic {pair}"})
    assert_refused(answer, "wrong_client")


@cases("path", ["", "?wait=1", "/result", "/evidence", "/events", "/cancel"])
async def test_malformed_request_id_is_not_found(application: Application, path: str) -> None:
    method = "POST" if path == "/cancel" else "GET"
    for request_id in ("%00", "a%00b", "%ff", "x", "01a216ec-1427-7b85-bd04-1e613df37b65%00"):
        answer = await application.business(method, f"{REQUESTS}/{request_id}{path}")
        assert_refused(answer, "not_found")


@cases("key", ["", "a b", "a\0", "k" * 129])
async def test_an_idempotency_key_has_the_grammar_of_all_others(application: Application, key: str) -> None:
    """`tests/http/test_idempotency.py` tests the same for calls with stored answers."""
    answer = await application.business("POST", REQUESTS, {"kind": "login"}, **{"Idempotency-Key": key})
    assert_refused(answer, "invalid_request")
    assert answer.json()["fields"] == ["Idempotency-Key"]


@cases(
    ("document", "code"),
    [
        ({"kind": "signature"}, "invalid_request"),
        ({"kind": "login", "documents": [DOCUMENT]}, "invalid_request"),
        ({"kind": "signature", "documents": [DOCUMENT] * 65}, "invalid_request"),
        ({"kind": "signature", "documents": [{**DOCUMENT, "content_b64": "!!!!"}]}, "invalid_request"),
        ({"kind": "signature", "documents": [{**DOCUMENT, "media_type": "xml"}]}, "invalid_request"),
        ({"kind": "signature", "documents": [{**DOCUMENT, "title": ""}]}, "invalid_request"),
        ({"kind": "login", "more": 1}, "invalid_request"),
        ({"kind": "pay"}, "invalid_request"),
        ([], "invalid_request"),
        ("x", "invalid_request"),
    ],
)
async def test_a_request_out_of_form_is_refused(
    application: Application, document: object, code: str
) -> None:
    answer = await application.business("POST", REQUESTS, document)
    assert_refused(answer, code, 422)


@cases(
    ("change", "field"),
    [
        ({"pc": {"address": "203.0.113.24"}}, "pc.browser"),
        ({"lifetime": 29}, "lifetime"),
        ({"lifetime": 86_401}, "lifetime"),
        ({"more": 1}, "more"),
        ({"pc": {"address": "203.0.113.24", "browser": "Firefox", "more": 1}}, "pc.more"),
        ({"<b>\u202e\x1b`more": "secret"}, "b"),
        ({"x" * 1000: 1}, "x" * 100),
        ({"kind": "secret - at `$.kind`"}, "kind"),
        ({"documents": [{**DOCUMENT, "display": [["总价", "1"]]}]}, "documents[0].display[0]"),
        ({"documents": [{**DOCUMENT, "content_b64": "YWI"}]}, "documents[0].content_b64"),
        ({"documents": [{**DOCUMENT, "content_b64": "YWJjZA"}]}, "content_b64"),
    ],
)
async def test_a_slip_in_the_form_names_its_field_and_no_value(
    application: Application, change: dict[str, object], field: str
) -> None:
    body = {"kind": "signature", "documents": [DOCUMENT], **change}
    answer = await application.business("POST", REQUESTS, body)
    assert_refused(answer, "invalid_request", 422)
    assert answer.json()["fields"] == [field]
    assert "secret" not in answer.text


async def test_body_that_is_no_json_is_malformed(application: Application) -> None:
    answer = await application.http.post(
        REQUESTS, content=b'{"kind":', auth=(application.client_id, application.client_secret)
    )
    assert_refused(answer, "malformed", 400)
    assert "program" in answer.json()["en"]


@cases("purpose", ["refresh", "confirm", "anything"])
async def test_internal_protocol_message_is_refused_as_a_document(
    application: Application, purpose: str
) -> None:
    tag = b"MSHIELD/v1/" + purpose.encode()
    content = len(tag).to_bytes(4, "big") + tag + b"more"
    document = {**DOCUMENT, "content_b64": base64.b64encode(content).decode()}
    answer = await application.business("POST", REQUESTS, {"kind": "signature", "documents": [document]})
    assert_refused(answer, "internal_message_refused")


@cases(
    "address",
    [
        "",
        "unknown",
        "203.0.113.24:443",
        "[2001:db8::1]",
        "203.0.113.24, 10.0.0.1",
        "203.0.113",
        "203.0.113.024",
        "203.0.113.24/32",
        " 203.0.113.24",
        "203.0.113.24\n",
        "fe80::1%任意文字",
        "singlewindow.example",
    ],
)
async def test_pc_has_an_address_and_no_other_field(application: Application, address: str) -> None:
    body = {"kind": "login", "pc": {"address": address, "browser": "Firefox"}}
    answer = await application.business("POST", REQUESTS, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["fields"] == ["pc.address"]


@cases("address", ["203.0.113.24", "2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "::ffff:203.0.113.24"])
async def test_a_pc_may_have_either_kind_of_address(application: Application, address: str) -> None:
    await _created(application, pc={"address": address, "browser": "Firefox"})


async def test_anonymous_signatures_are_limited_like_logins(application: Application) -> None:
    pc = {"address": "203.0.113.24", "browser": "Firefox"}
    most = application.context.settings.requests.requests_per_address
    for _ in range(most):
        await _created(application, kind="signature", documents=[DOCUMENT], pc=pc)
    body = {"kind": "signature", "documents": [DOCUMENT], "pc": pc}
    answer = await application.business("POST", REQUESTS, body)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
    assert answer.headers["retry-after"] == "60"


async def test_repeated_fields_are_malformed(application: Application) -> None:
    answer = await application.http.post(
        REQUESTS,
        content=b'{"kind":"login","kind":"login"}',
        auth=(application.client_id, application.client_secret),
    )
    assert_refused(answer, "malformed")


async def test_a_repeat_under_the_same_key_gets_the_same_request(application: Application) -> None:
    header = {"Idempotency-Key": "one"}
    first = await application.business("POST", REQUESTS, {"kind": "login"}, **header)
    again = await application.business("POST", REQUESTS, {"kind": "login"}, **header)
    assert first.json() == again.json()
    other = await application.business(
        "POST", REQUESTS, {"kind": "signature", "documents": [DOCUMENT]}, **header
    )
    assert_refused(other, "idempotency_mismatch", 422)


async def test_repeat_returns_the_current_age_of_the_request(application: Application, clock: Clock) -> None:
    """A repeat of the stored first answer (ADR 42) would give age 0, so a page would show codes that are refused."""
    header = {"Idempotency-Key": "one"}
    first = (await application.business("POST", REQUESTS, {"kind": "login"}, **header)).json()
    began = clock()
    clock.advance(seconds=8)
    again = (await application.business("POST", REQUESTS, {"kind": "login"}, **header)).json()
    assert again == first | {"age": 8_000}

    def counts(answer: dict[str, Any]) -> bool:
        secret = bytes.fromhex(answer["qr_secret"])
        qr = read_qr(qr_text(answer["qr_origin"], answer["id"], secret, answer["age"] // 1000))
        assert qr is not None
        earliest, latest = begun_between(qr, now=clock())
        return earliest <= began <= latest

    assert counts(again)
    assert not counts(first)


async def test_slow_request_returns_its_age_at_the_answer(
    application: Application, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit may wait for a frozen standby: with a wrong age, all codes of the request would be refused."""
    create = Ask.create

    async def waiting(self: Ask, *arguments: Any, **options: Any) -> Any:
        asked = await create(self, *arguments, **options)
        clock.advance(seconds=7)
        return asked

    monkeypatch.setattr(Ask, "create", waiting)
    assert (await _created(application))["age"] == 7_000


async def test_request_of_another_system_is_not_found(application: Application) -> None:
    from mshield.server.systems.register import register_system

    created = await _created(application)
    other = await register_system(
        application.context.db, name="另一系统", domain="other.example", now=application.clock()
    )
    for method, path in (("GET", ""), ("GET", "/result"), ("POST", "/cancel")):
        answer = await application.http.request(method, f"{REQUESTS}/{created['id']}{path}", auth=other)
        assert_refused(answer, "not_found", 404)


async def test_an_overdue_request_is_expired(application: Application) -> None:
    created = await _created(application)
    application.clock.advance(seconds=120)
    answer = await application.business("GET", f"{REQUESTS}/{created['id']}")
    assert answer.json()["state"] == "expired"
    assert (await application.business("POST", f"{REQUESTS}/{created['id']}/cancel")).json()[
        "code"
    ] == "request_closed"


async def test_cancelled_request_stays_cancelled(application: Application) -> None:
    created = await _created(application)
    for _ in range(2):
        assert (await application.business("POST", f"{REQUESTS}/{created['id']}/cancel")).status_code == 204
    assert (await application.business("GET", f"{REQUESTS}/{created['id']}")).json()["state"] == "cancelled"


async def test_a_waiting_call_is_answered_by_the_change(application: Application) -> None:
    created = await _created(application)
    path = f"{REQUESTS}/{created['id']}"
    waiting = asyncio.create_task(application.business("GET", f"{path}?wait=30"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await application.business("POST", f"{path}/cancel")
    assert (await asyncio.wait_for(waiting, 5)).json()["state"] == "cancelled"


async def test_a_waiting_call_ends_after_its_time(application: Application) -> None:
    created = await _created(application)
    answer = await application.business("GET", f"{REQUESTS}/{created['id']}?wait=1")
    assert answer.json()["state"] == "waiting"
    known = await application.business("GET", f"{REQUESTS}/{created['id']}?wait=30&state=scanned")
    assert known.json()["state"] == "waiting"


@cases("query", ["wait=61", "wait=-1", "wait=x"])
async def test_waits_out_of_bounds_are_refused(application: Application, query: str) -> None:
    created = await _created(application)
    answer = await application.business("GET", f"{REQUESTS}/{created['id']}?{query}")
    assert_refused(answer, "invalid_request", 422)


async def test_there_is_no_result_before_the_signature(application: Application) -> None:
    created = await _created(application)
    answer = await application.business("GET", f"{REQUESTS}/{created['id']}/result")
    assert_refused(answer, "not_signed", 409)
    assert answer.json()["state"] == "waiting"


async def test_a_body_over_the_limit_is_refused(application: Application) -> None:
    answer = await application.http.post(
        REQUESTS,
        content=b" " * (28 * 1024 * 1024 + 1),
        auth=(application.client_id, application.client_secret),
    )
    assert_refused(answer, "invalid_request", 413)


async def test_unknown_addresses_are_problem_documents(application: Application) -> None:
    answer = await application.http.get("/nothing/here")
    assert_refused(answer, "not_found", 404)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    wrong_method = await application.http.put(REQUESTS)
    assert wrong_method.status_code == 405
    assert wrong_method.headers["content-type"] == "application/problem+json"
