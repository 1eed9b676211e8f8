"""R4: an applicant must be on file with matching data and enter an SMS code, then set a six-digit PIN."""

import pytest

from mshield.client.errors import PhoneError
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.phone.pin import checked_pin
from tests.support.application import Application, Device


@pytest.fixture
async def device(application: Application) -> Device:
    """The operator's phone, logged in."""
    await application.registered()
    return await application.logged_in()


async def _apply(application: Application, device: Device, **changes: str) -> tuple[int, str]:
    form = await application.application_form(device, **changes)
    answer = await device.call("POST", "/api/phone/enrolments", form)
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "林知遥"},
        {"id_number": LEGAL_PERSON.id_number},
        {"user_type": "legal_person"},
        {"credit_code": "91370203MA3YK2D9RF"},
    ],
    ids=["name", "id number", "user type", "credit code"],
)
async def test_r04_each_of_the_data_must_match_the_filing(
    application: Application, device: Device, changes: dict[str, str]
) -> None:
    assert await _apply(application, device, **changes) == (409, "no_filing")
    application.clock.advance(seconds=61)
    assert await _apply(application, device) == (201, "")


async def test_r04_missing_id_number_defaults_to_the_accounts(
    application: Application, device: Device
) -> None:
    form = await application.application_form(device)
    other = {**form, "id_number": None, "credit_code": "91370203MA3YK2D9RF"}
    assert (await device.call("POST", "/api/phone/enrolments", other)).json()["code"] == "no_filing"
    answer = await device.call("POST", "/api/phone/enrolments", {**form, "id_number": None})
    assert (answer.status_code, answer.json()["id_number"]) == (201, OPERATOR.id_number)


async def test_r04_the_sms_code_must_be_right(application: Application, device: Device) -> None:
    status, code = await _apply(application, device, sms_code="000000")
    assert (status, code) == (400, "sms_code_wrong")


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "１２３４５６", ""])
def test_r04_a_pin_is_exactly_six_digits(pin: str) -> None:
    with pytest.raises(PhoneError):
        checked_pin(pin)
    assert checked_pin(OPERATOR.pin) == OPERATOR.pin
