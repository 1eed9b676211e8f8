"""A phone with a certificate and a business system's request, over HTTP: scan, sign, decline, history."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from mshield.client import verify
from mshield.server.errors import NotFound
from mshield.wire.qr import short_code
from tests.support.application import EXAMPLES, Application, Device, qr_of
from tests.support.assertions import assert_refused
from tests.support.cases import cases
from tests.support.factories import document_message
from tests.support.shield_over_http import Shield

DECLARATION = (EXAMPLES / "declaration.xml").read_bytes()
REQUESTS = "/api/business/requests"


@pytest.fixture
async def shield(application: Application, device: Device) -> Shield:
    made = Shield(application, device)
    await made.enrol()
    return made


async def _asked(application: Application, *contents: bytes) -> dict[str, str]:
    body = {
        "kind": "signature",
        "documents": [document_message(each) for each in contents],
        "pc": {"address": "203.0.113.24", "browser": "Firefox 145, Windows"},
    }
    answer = await application.business("POST", REQUESTS, body)
    asked: dict[str, str] = answer.json()
    return asked


async def test_the_certificate_names_the_filed_person(shield: Shield) -> None:
    answer = (await shield.device.call("GET", "/api/phone/certificate")).json()
    assert answer["state"] == "active"
    assert answer["subject"]["common_name"] == "林知远"
    me = (await shield.device.call("GET", "/api/phone/me")).json()
    assert me["certificate"] == answer
    assert me["shield_number"] == answer["shield_number"]


async def test_the_declaration_is_signed_and_verified(application: Application, shield: Shield) -> None:
    asked = await _asked(application, DECLARATION)
    scanned = (await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})).json()
    assert scanned["number"] == asked["number"]
    assert scanned["requester"] == {
        "client_id": application.client_id,
        "name": "单一窗口",
        "domain": "singlewindow.example",
        "pc_address": "203.0.113.24",
        "pc_browser": "Firefox 145, Windows",
    }
    await shield.sign(scanned["tasks"])
    assert (await application.business("GET", f"{REQUESTS}/{asked['id']}")).json()["state"] == "signed"
    result = (await application.business("GET", f"{REQUESTS}/{asked['id']}/result")).json()
    root = await application.http.get("/pki/root.cer")
    verified = verify(
        message=DECLARATION,
        signature=base64.b64decode(result["documents"][0]["signature_b64"]),
        certificate=result["certificate_pem"],
        chain=result["chain_pem"],
        roots=[root.content],
        at=datetime.fromtimestamp(application.clock() / 1000, UTC),
        ocsp=base64.b64decode(result["ocsp_b64"]),
        expected_credit_code="91330206MA2XB7C1TW",
    )
    assert verified.name == result["signer"]["name"] == "林知远"
    listed = (await shield.device.call("GET", "/api/phone/signatures")).json()
    assert [(item["kind"], item["title"], item["business_name"]) for item in listed["items"]] == [
        ("signature", "报关单", "单一窗口")
    ]
    assert listed["items"][0]["digest"] == verified.digest.hex()


async def test_the_history_has_pages_and_a_batch_its_order(application: Application, shield: Shield) -> None:
    asked = await _asked(application, b"a", b"b", b"c", b"d", b"e")
    scanned = (await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})).json()
    await shield.sign(scanned["tasks"])
    seen, cursor = [], ""
    while True:
        page = (await shield.device.call("GET", f"/api/phone/signatures?limit=2{cursor}")).json()
        seen += [item["sid"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&before={page['next']}"
    assert seen == [task["sid"] for task in scanned["tasks"]]
    assert len(set(seen)) == 5


@cases("before", ["x", "AAAA", "é", "_" * 32])
async def test_a_made_up_page_is_refused(shield: Shield, before: str) -> None:
    answer = await shield.device.call("GET", f"/api/phone/signatures?before={before}")
    assert_refused(answer, "invalid_request", 422)


async def test_the_first_phone_takes_the_request(application: Application, shield: Shield) -> None:
    asked = await _asked(application, DECLARATION)
    first = await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})
    again = await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})
    assert first.json() == again.json()
    second = Shield(application, await application.logged_in())
    await second.enrol()
    other = await second.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})
    assert_refused(other, "request_closed", 409)
    task = await second.device.call("GET", f"/api/phone/tasks/{first.json()['tasks'][0]['sid']}")
    assert task.status_code == 404


async def test_only_the_phone_that_signed_is_told_so(application: Application, shield: Shield) -> None:
    asked = await _asked(application, DECLARATION, b"annex")
    code = {"code": qr_of(asked)}
    scanned = (await shield.device.call("POST", "/api/phone/scans", code)).json()
    await shield.sign(scanned["tasks"])
    signed_at = application.clock()
    second = Shield(application, await application.logged_in())
    await second.enrol()
    for seconds in (1, 600):  # while the call could still wait, and after its time
        application.clock.advance(seconds=seconds)
        again = await shield.device.call("POST", "/api/phone/scans", code)
        assert_refused(again, "request_closed", 409)
        assert again.json()["own_signature"] == {
            "kind": "signature",
            "business_name": "单一窗口",
            "signed_at": signed_at,
            "documents": [
                {"sid": task["sid"], "title": task["title"], "media_type": task["media_type"], "drawn": None}
                for task in scanned["tasks"]
            ],
        }
        other = await second.device.call("POST", "/api/phone/scans", code)
        assert_refused(other, "request_closed", 409)
        # Another phone, even of the same person, must not learn how this phone's request ended.
        assert "own_signature" not in other.json()
        unsaid = await replace(shield.device, token=None).call("POST", "/api/phone/claims", code)
        assert_refused(unsaid, "request_closed", 409)
        assert "own_signature" not in unsaid.json()


async def test_declined_or_cancelled_request_reports_no_own_signature(
    application: Application, shield: Shield
) -> None:
    asked = await _asked(application, DECLARATION)
    code = {"code": qr_of(asked)}
    await shield.device.call("POST", "/api/phone/scans", code)
    await shield.device.call("POST", f"/api/phone/requests/{asked['id']}/decline", {"reason": "declined"})
    application.clock.advance(seconds=600)
    late = await shield.device.call("POST", "/api/phone/scans", code)
    assert_refused(late, "request_closed", 409)
    assert "own_signature" not in late.json()
    assert "没有登录或签名" not in late.json()["zh"]


async def test_foreign_qr_code_is_refused(application: Application, shield: Shield) -> None:
    asked = await _asked(application, DECLARATION)
    right = qr_of(asked)
    wrong_key = right[:-1] + ("A" if right[-1] != "A" else "B")
    for code, expected in (
        ("https://example.com", NotFound),
        (wrong_key, NotFound),
        (right.replace(asked["id"], "0" * 8 + asked["id"][8:]), NotFound),
    ):
        answer = await shield.device.call("POST", "/api/phone/scans", {"code": code})
        assert answer.json()["code"] == expected.code
    application.clock.advance(seconds=120)
    late = await shield.device.call("POST", "/api/phone/scans", {"code": right})
    assert_refused(late, "expired_request", 410)


async def test_not_me_ends_the_request_and_tells_the_business_system(
    application: Application, shield: Shield
) -> None:
    asked = await _asked(application, DECLARATION)
    scanned = (await shield.device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})).json()
    path = f"/api/phone/requests/{asked['id']}/decline"
    assert (await shield.device.call("POST", path, {"reason": "not_me"})).status_code == 204
    state = (await application.business("GET", f"{REQUESTS}/{asked['id']}")).json()
    assert (state["state"], state["reason"]) == ("declined", "not_me")
    assert_refused(await shield.device.call("POST", path, {"reason": "not_me"}), "request_closed")
    task = (await shield.device.call("GET", f"/api/phone/tasks/{scanned['tasks'][0]['sid']}")).json()
    assert task["state"] == "closed"


async def test_without_a_certificate_nothing_can_be_scanned(application: Application, device: Device) -> None:
    asked = await _asked(application, DECLARATION)
    answer = await device.call("POST", "/api/phone/scans", {"code": qr_of(asked)})
    assert_refused(answer, "no_certificate", 409)


async def test_after_application_only_that_account_logs_in(application: Application, shield: Shield) -> None:
    form = await application.application_form(shield.device)
    answer = await shield.device.call("POST", "/api/phone/enrolments", form)
    assert_refused(answer, "already_certified", 409)


async def test_repeated_fields_of_the_protocol_are_malformed(shield: Shield) -> None:
    path = f"/api/phone/keys/{shield.uid.hex()}/finish"
    body = b'{"items":[],"items":[],"tau":null}'
    answer = await shield.device.send("POST", path, body, shield.device.proof("POST", path, body))
    assert_refused(answer, "malformed", 400)


async def test_the_api_document_describes_every_route(application: Application) -> None:
    document = (await application.http.get("/openapi.json")).json()
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            assert route.get("summary"), (method, path)
            assert route.get("operationId"), (method, path)
    assert "/api/phone/keys/{uid}/finish" in document["paths"]
    assert "FinishMessage" in document["components"]["schemas"]


async def test_short_code_is_valid_like_its_qr_code_from_the_start_of_typing(
    application: Application, shield: Shield
) -> None:
    async def typed(asked: dict[str, str], seconds: int, **more: int) -> httpx.Response:
        code = short_code(bytes.fromhex(asked["qr_secret"]), seconds)
        return await shield.device.call(
            "POST", "/api/phone/scans", {"code": f"{code[:4].lower()}-{code[4:]}", **more}
        )

    other, asked = await _asked(application, b"a"), await _asked(application, DECLARATION)
    application.clock.advance(seconds=30)
    assert_refused(await typed(asked, 24), "qr_stale", 410)
    assert_refused(await typed(asked, 32), "qr_stale", 410)
    assert_refused(await typed(asked, 10, typed_ms=14_000), "qr_stale", 410)
    assert_refused(await typed(asked, 4, typed_ms=20_001), "invalid_request", 422)
    taken = await typed(asked, 10, typed_ms=15_000)
    assert taken.json()["request_id"] == asked["id"], other["id"]
    assert (await typed(asked, 28)).json()["request_id"] == asked["id"]
    for _ in range(5):
        assert_refused(
            await shield.device.call("POST", "/api/phone/scans", {"code": "0Y7K3M9X"}), "qr_stale", 410
        )
    assert_refused(await typed(other, 29), "too_many_requests", 429)
