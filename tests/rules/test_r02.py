"""R2: registration with name, id type, id number, phone, SMS code, password; five id types on the wheel."""

import json

import pytest

from mshield.server.values.names import ID_TYPE_NAMES
from tests.support.application import Application
from tests.support.assertions import assert_refused
from tests.support.captchas import answered_captcha
from tests.support.consents import AGREED

PERSON = {
    "name": "林知远",
    "id_type": "resident_id",
    "id_number": "330206199001014217",
    "phone": "13800006027",
    "password": "Demo-declare-2026",
}


async def _code(application: Application) -> str:
    sent = await application.ask_for_code(PERSON["phone"])
    assert sent.status_code == 202
    return await application.sms_code("register")


async def _register(application: Application, **changes: str) -> tuple[int, str]:
    answer = await application.http.post("/api/phone/accounts", json={**PERSON, **AGREED, **changes})
    return answer.status_code, answer.json().get("code", "")


def test_r02_the_five_types_of_the_wheel_in_its_order() -> None:
    assert [names[0] for names in ID_TYPE_NAMES.values()] == [
        "居民身份证",
        "护照",
        "港澳居民来往内地通行证",
        "台湾居民来往大陆通行证",
        "外国人永久居留身份证",
    ]


async def test_r02_all_fields_are_required(application: Application) -> None:
    code = await _code(application)
    for missing in PERSON:
        document = (
            {name: value for name, value in PERSON.items() if name != missing} | AGREED | {"sms_code": code}
        )
        answer = await application.http.post("/api/phone/accounts", json=document)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request"), missing
    assert await _register(application, sms_code=code) == (201, "")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id_number": "330206199001014218"}, "invalid_id_number"),
        ({"phone": "12345678901"}, "invalid_phone"),
        ({"password": "12345678"}, "weak_password"),
        ({"sms_code": "000000"}, "sms_code_wrong"),
    ],
)
async def test_r02_each_field_is_checked(
    application: Application, changes: dict[str, str], code: str
) -> None:
    sent = await _code(application)
    status, refused = await _register(application, **{"sms_code": sent, **changes})
    assert refused == code
    assert status in {400, 422}


async def test_r02_a_number_is_registered_once(application: Application) -> None:
    assert await _register(application, sms_code=await _code(application)) == (201, "")
    application.clock.advance(seconds=61)
    status, refused = await _register(application, sms_code=await _code(application))
    assert (status, refused) == (409, "account_exists")


async def _captcha(application: Application, *, right: bool = True) -> dict[str, str]:
    shown = await answered_captcha(application.http, "/api/register/captchas")
    return shown if right else shown | {"captcha": "0000"}


async def _ask_on_a_pc(application: Application, **given: str) -> tuple[int, str]:
    answer = await application.http.post("/api/register/sms-codes", json={"phone": PERSON["phone"], **given})
    return answer.status_code, answer.json().get("code", "")


async def _register_on_a_pc(application: Application, **changes: str) -> tuple[int, str]:
    answer = await application.http.post("/api/register/accounts", json={**PERSON, **AGREED, **changes})
    return answer.status_code, answer.json().get("code", "")


async def test_r02_on_a_pc_and_then_logged_in_on_the_phone(application: Application) -> None:
    assert await _ask_on_a_pc(application, **await _captcha(application)) == (202, "")
    code = await application.sms_code("register")
    assert await _register_on_a_pc(application, sms_code=code) == (201, "")
    device = application.device()
    shown = await answered_captcha(application.http)
    given = {"account": PERSON["phone"], "password": PERSON["password"], **shown}
    answer = await device.call("POST", "/api/phone/sessions", given)
    assert (answer.status_code, answer.json()["account"]["name"]) == (201, "林知远")


async def test_r02_no_sms_from_a_pc_without_a_captcha_of_its_own(application: Application) -> None:
    assert await _ask_on_a_pc(application) == (422, "invalid_request")
    assert await _ask_on_a_pc(application, **await _captcha(application, right=False)) == (
        400,
        "captcha_wrong",
    )
    captcha = await _captcha(application)
    assert await _ask_on_a_pc(application, **captcha) == (202, "")
    application.clock.advance(seconds=61)
    assert await _ask_on_a_pc(application, **captcha) == (400, "captcha_wrong"), "one captcha, one code"
    assert len((await application.http.get("/dev/sms.json")).json()) == 1


async def test_r02_a_wrong_number_costs_no_captcha(application: Application) -> None:
    captcha = await _captcha(application)
    assert await _ask_on_a_pc(application, **captcha, phone="12345678901") == (422, "invalid_phone")
    assert await _ask_on_a_pc(application, **captcha) == (202, "")


async def test_r02_the_captcha_is_spoken_too(application: Application) -> None:
    captcha = await _captcha(application)
    heard = await application.http.get(f"/api/register/captchas/{captcha['captcha_id']}/audio")
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/wav")
    assert await _ask_on_a_pc(application, **captcha) == (202, ""), "hearing doesn't use it"


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"name": "1234"}, (422, "invalid_name")),
        ({"id_number": "330206199001014218"}, (422, "invalid_id_number")),
        ({"id_type": "passport", "id_number": "12"}, (422, "invalid_id_number")),
        ({"phone": "12345678901"}, (422, "invalid_phone")),
        ({"password": "12345678"}, (422, "weak_password")),
        ({"sms_code": "000000"}, (400, "sms_code_wrong")),
        ({"id_type": "library_card"}, (422, "invalid_request")),
    ],
)
async def test_r02_each_field_is_checked_on_a_pc_and_the_code_stays(
    application: Application, changes: dict[str, str], refused: tuple[int, str]
) -> None:
    await _ask_on_a_pc(application, **await _captcha(application))
    code = await application.sms_code("register")
    assert await _register_on_a_pc(application, **{"sms_code": code, **changes}) == refused
    assert await _register_on_a_pc(application, sms_code=code) == (201, "")


async def test_r02_answers_reveal_no_account_or_filing(application: Application) -> None:
    """The answers are the same whether or not the number has an account and the person is on file."""
    asked = await _ask_on_a_pc(application, **await _captcha(application))
    assert await _register_on_a_pc(application, sms_code=await application.sms_code("register")) == (201, "")
    application.clock.advance(seconds=61)
    assert await _ask_on_a_pc(application, **await _captcha(application)) == asked
    assert await _register_on_a_pc(application, sms_code="000000") == (400, "sms_code_wrong")
    code = await application.sms_code("register")
    assert await _register_on_a_pc(application, sms_code=code) == (409, "account_exists")

    stranger = {"phone": "13700001234", "name": "马思远", "id_number": "11010519491231002X"}
    assert (await _ask_on_a_pc(application, phone=stranger["phone"], **await _captcha(application)))[0] == 202
    made = await application.http.post(
        "/api/register/accounts",
        json={**PERSON, **AGREED, **stranger, "sms_code": await application.sms_code("register")},
    )
    assert (made.status_code, made.json()) == (201, {"account": stranger["phone"]})


async def test_r02_another_site_cannot_send_the_form(application: Application) -> None:
    """A plain form cannot have a JSON media type; for JSON, the browser sends a CORS preflight, which is refused."""
    given = {"phone": PERSON["phone"], **await _captcha(application)}
    answer = await application.http.post(
        "/api/register/sms-codes", content=json.dumps(given), headers={"Content-Type": "text/plain"}
    )
    assert_refused(answer, "malformed", 400)
    asked = await application.http.options(
        "/api/register/sms-codes",
        headers={"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"},
    )
    assert "access-control-allow-origin" not in asked.headers


async def test_r02_systems_whose_users_need_no_registration_are_named(application: Application) -> None:
    answer = await application.http.get("/api/register/account-sources")
    assert (answer.status_code, answer.json()) == (200, {"items": []})
