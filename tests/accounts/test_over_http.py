"""Captcha, SMS code, registration and login over HTTP (manual 2.3.1.1, 2.3.1.2): forms, refusals, hostile input."""

import base64
import json

import httpx
import pytest

from mshield.server.error_codes import BY_CODE
from mshield.server.http.problems import STATUS
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import Application, Device
from tests.support.captchas import answered_captcha
from tests.support.cases import cases
from tests.support.consents import AGREED

API = "/api/phone"
HOSTILE = [
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e",
    "'; DROP TABLE accounts; --",
    "=1+1",
    "𠮷" * 10,
    "x" * 5000,
]


def _registration(**changes: object) -> dict[str, object]:
    return {
        "name": OPERATOR.name,
        "id_type": "resident_id",
        "id_number": OPERATOR.id_number,
        "phone": OPERATOR.phone,
        "sms_code": "000000",
        "password": OPERATOR.password,
        **AGREED,
        **changes,
    }


async def _post(application: Application, path: str, document: object) -> httpx.Response:
    body = json.dumps(document).encode()
    return await application.http.post(API + path, content=body, headers={"Content-Type": "application/json"})


def _problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert problem["zh"]
    return problem


def test_each_error_has_a_status() -> None:
    assert STATUS.keys() == BY_CODE.keys()


async def test_a_captcha_is_a_picture_and_a_sound(application: Application) -> None:
    made = await application.http.post(f"{API}/captchas")
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert made.json().keys() == {"captcha_id", "image_b64", "challenge", "expires_in"}
    assert base64.b64decode(made.json()["image_b64"]).startswith(b"\x89PNG\r\n")
    sound = await application.http.get(f"{API}/captchas/{made.json()['captcha_id']}/audio")
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/wav")
    assert sound.content.startswith(b"RIFF")
    _problem(await application.http.get(f"{API}/captchas/none/audio"), 404, "not_found")


async def test_a_code_is_sent_whether_or_not_the_number_has_an_account(application: Application) -> None:
    await application.registered()
    application.clock.advance(seconds=60)
    answers = [await application.ask_for_code(phone, "reset") for phone in (OPERATOR.phone, "13900000000")]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json() == {"expires_in": 300, "resend_in": 60}
    problem = _problem(
        await application.ask_for_code(OPERATOR.phone, "reset"),
        429,
        "sms_too_soon",
    )
    assert problem["retry_after"] == 60


async def test_a_code_to_apply_with_needs_a_login_and_goes_to_the_accounts_number(
    application: Application, device: Device
) -> None:
    _problem(
        await _post(application, "/sms-codes", {"phone": OPERATOR.phone, "purpose": "apply"}),
        401,
        "unauthenticated",
    )
    application.clock.advance(seconds=60)
    sent = await device.call("POST", f"{API}/sms-codes", {"phone": "13900000000", "purpose": "apply"})
    assert sent.status_code == 202
    outbox = (await application.http.get("/dev/sms.json")).json()
    assert (outbox[0]["phone"], outbox[0]["purpose"]) == (OPERATOR.phone, "apply")


async def test_r2_registration_is_refused_with_its_reasons(application: Application) -> None:
    await application.ask_for_code(OPERATOR.phone)
    code = await application.sms_code("register")
    for changes, status, refusal in (
        ({"id_number": "330206199001014218"}, 422, "invalid_id_number"),
        ({"phone": "12800000000"}, 422, "invalid_phone"),
        ({"password": "password123456"}, 422, "weak_password"),
        ({"name": "林1"}, 422, "invalid_name"),
        ({"sms_code": "12345"}, 422, "invalid_request"),
        ({"id_type": "driving_licence"}, 422, "invalid_request"),
        ({"more": 1}, 422, "invalid_request"),
    ):
        document = _registration(sms_code=code) | changes
        _problem(await _post(application, "/accounts", document), status, refusal)
    made = await _post(application, "/accounts", _registration(sms_code=code))
    assert (made.status_code, made.json()) == (201, {"account": OPERATOR.phone, "session": None})
    outbox = await application.http.get("/dev/sms.json")
    assert code not in outbox.text


async def test_r3_login_gives_a_token_of_this_key(application: Application, device: Device) -> None:
    assert (await device.call("GET", f"{API}/me")).status_code == 200
    other = Device(application.http, application.clock, token=device.token)
    _problem(await other.call("GET", f"{API}/me"), 401, "unauthenticated")


async def test_login_without_a_proof_spends_no_captcha(application: Application) -> None:
    await application.registered()
    shown = await answered_captcha(application.http)
    shown["captcha"] = shown["captcha"].lower()
    document = {"account": OPERATOR.phone, "password": OPERATOR.password, **shown}
    _problem(await _post(application, "/sessions", document), 401, "invalid_proof")
    made = await application.device().call("POST", f"{API}/sessions", document)
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    session = made.json()
    assert (session["token_type"], session["expires_in"], session["shield_number"]) == ("DPoP", 43_200, None)
    assert session["account"] == {
        "name": OPERATOR.name,
        "phone_masked": "138****6027",
        "id_type": "resident_id",
    }
    _problem(await application.device().call("POST", f"{API}/sessions", document), 400, "captcha_wrong")


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
async def test_hostile_text_in_any_field_is_a_problem(application: Application, text: str) -> None:
    for field in _registration():
        answer = await _post(application, "/accounts", _registration(**{field: text}))
        assert answer.status_code in {400, 422}, (field, answer.text)
    for field in ("phone", "purpose"):
        document = {"phone": OPERATOR.phone, "purpose": "reset"} | {field: text}
        # Text that no database can store is malformed JSON text.
        status = 400 if {"\0", "\ud800"} & set(text) else 422
        assert (await _post(application, "/sms-codes", document)).status_code == status
    for field in ("account", "password", "captcha_id", "captcha", "work"):
        shown = await answered_captcha(application.http)
        login = {"account": OPERATOR.phone, "password": "x", **shown, field: text}
        answered = await application.device().call("POST", f"{API}/sessions", login)
        assert answered.status_code in {400, 401, 422, 429}, (field, answered.text)


@cases("body", [b"", b"{", b"[]", b"null", b'{"phone": NaN}', b"\xff", b"[" * 5000])
async def test_malformed_message_is_a_problem(application: Application, body: bytes) -> None:
    for path in ("/sms-codes", "/accounts", "/sessions"):
        answer = await application.http.post(
            API + path, content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code in {400, 401, 422}, (path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_refused_password_or_id_number_is_not_sent_back(application: Application) -> None:
    document = _registration(password=["Secret-of-mine-7"], id_number={"n": "330206199001014217"})
    answer = await _post(application, "/accounts", document)
    assert answer.status_code == 422
    assert "Secret-of-mine-7" not in answer.text
    assert "330206199001014217" not in answer.text
