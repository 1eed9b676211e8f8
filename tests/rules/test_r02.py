"""R2: registration with name, id type, id number, phone, SMS code, password; five id types on the wheel."""

import pytest

from mshield.domain.identity import ID_TYPE_NAMES
from tests.application import Application

PERSON = {
    "name": "林知远",
    "id_type": "resident_id",
    "id_number": "330206199001014217",
    "phone": "13800006027",
    "password": "Demo-declare-2026",
}


async def _code(application: Application) -> str:
    sent = await application.http.post(
        "/api/phone/sms-codes", json={"phone": PERSON["phone"], "purpose": "register"}
    )
    assert sent.status_code == 202
    return await application.sms_code("register")


async def _register(application: Application, **changes: str) -> tuple[int, str]:
    answer = await application.http.post("/api/phone/accounts", json={**PERSON, **changes})
    return answer.status_code, answer.json().get("code", "")


def test_r02_the_five_types_of_the_wheel_in_its_order() -> None:
    assert [names[0] for names in ID_TYPE_NAMES.values()] == [
        "居民身份证",
        "护照",
        "港澳居民来往内地通行证",
        "台湾居民来往大陆通行证",
        "外国人永久居留身份证",
    ]


async def test_r02_all_fields_are_asked_for(application: Application) -> None:
    code = await _code(application)
    for missing in PERSON:
        document = {name: value for name, value in PERSON.items() if name != missing} | {"sms_code": code}
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
