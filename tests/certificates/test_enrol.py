"""Applying for a certificate over HTTP (manual 2.3.1.3, R4): data that must match; refusals of the key exchange."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from mshield.gm import cosign
from mshield.gm.engine import load_engine
from mshield.testkit.demo.people import LEGAL_PERSON
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.cases import cases

ENROL = "/api/phone/enrolments"


async def _begun(application: Application, device: Device) -> dict[str, Any]:
    answer = await device.call("POST", ENROL, await application.application_form(device))
    assert answer.status_code == 201, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def _offer(begun: dict[str, Any]) -> dict[str, str]:
    made = cosign.phone_enrol(load_engine(), uid=bytes.fromhex(begun["uid"]), sid=bytes.fromhex(begun["sid"]))
    return {"P1": made.P1.hex(), "A": made.proof.A.hex(), "z": f"{made.proof.z:064x}"}


async def _key(
    device: Device, begun: dict[str, Any], offer: dict[str, str], **options: str
) -> httpx.Response:
    return await device.call(
        "POST", f"{ENROL}/{begun['uid']}/key", offer, nonce=options.get("nonce", begun["challenge"])
    )


async def test_filed_data_start_an_enrolment(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    assert begun["shield_number"].startswith("MS")
    assert len(begun["shield_number"]) == 13
    assert begun["subject"] == {
        "country": "CN",
        "organisation": "宁波北潮进出口有限公司",
        "role": "操作员",
        "common_name": "林知远",
    }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "顾承岳", "no_filing"),
        ("id_number", "330206197403183014", "no_filing"),  # on file, but not the account's person
        ("user_type", "legal_person", "no_filing"),
        ("credit_code", "91370203MA3YK2D9RF", "no_filing"),
        ("credit_code", "91370203MA3YK2D9RX", "invalid_credit_code"),
        ("sms_code", "000000", "sms_code_wrong"),
        ("user_type", "director", "invalid_request"),
    ],
)
async def test_data_that_differ_from_the_filing_are_refused(
    application: Application, device: Device, field: str, value: str, code: str
) -> None:
    form = await application.application_form(device)
    answer = await device.call("POST", ENROL, {**form, field: value})
    assert_refused(answer, code)
    # The mistake did not consume the code.
    assert (await device.call("POST", ENROL, form)).status_code == 201


async def test_the_data_are_checked_before_a_pin_is_chosen(application: Application, device: Device) -> None:
    """Checks like the application, only for the account's own holder; no code is needed or consumed."""
    form = await application.application_form(device)
    data = {name: value for name, value in form.items() if name != "sms_code"}

    async def check(**changes: str | None) -> httpx.Response:
        return await device.call("POST", f"{ENROL}/check", data | changes)

    assert (await check()).status_code == 204
    assert (await check(id_number=None)).status_code == 204
    for changes in (
        {"name": "林知遥"},
        {"user_type": "legal_person"},
        {"credit_code": "91370203MA3YK2D9RF"},
        # Another person who is on file is refused like one who isn't.
        {"name": LEGAL_PERSON.name, "id_number": LEGAL_PERSON.id_number, "user_type": "legal_person"},
    ):
        assert_refused(await check(**changes), "no_filing", 409)
    assert_refused(await check(credit_code="1"), "invalid_credit_code")
    anonymous = await replace(device, token=None).call("POST", f"{ENROL}/check", data)
    assert_refused(anonymous, "unauthenticated", 401)
    assert (await device.call("POST", ENROL, form)).status_code == 201


async def test_checks_are_limited_per_hour_and_do_not_block_the_application(
    application: Application, device: Device
) -> None:
    """Each check may query the outside filing system."""
    form = await application.application_form(device)
    data = {name: value for name, value in form.items() if name != "sms_code"}
    for _ in range(60):
        assert (await device.call("POST", f"{ENROL}/check", data)).status_code == 204
    refused = await device.call("POST", f"{ENROL}/check", data)
    assert_refused(refused, "too_many_requests", 429)
    assert (await device.call("POST", ENROL, form)).status_code == 201


async def test_the_shield_number_belongs_to_the_device(application: Application, device: Device) -> None:
    first = await _begun(application, device)
    again = await _begun(application, device)
    other = await application.logged_in()
    third = await _begun(application, other)
    assert first["shield_number"] == again["shield_number"] != third["shield_number"]
    assert first["uid"] != again["uid"]


async def test_repeated_point_returns_the_same_key(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    offer = _offer(begun)
    first = await _key(device, begun, offer)
    assert first.status_code == 200
    assert first.headers["cache-control"] == "no-store"
    assert (await _key(device, begun, offer)).json() == first.json()
    assert_refused(await _key(device, begun, _offer(begun)), "conflict")


async def test_the_challenge_must_be_answered(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    answer = await _key(device, begun, _offer(begun), nonce="another")
    assert (answer.status_code, answer.json()["reason"]) == (401, "nonce")


async def test_a_proof_of_another_enrolment_is_refused(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    strange = _offer({**begun, "sid": "00" * 16})
    assert_refused(await _key(device, begun, strange), "bad_proof")


async def test_a_point_off_the_curve_is_refused(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    offer = _offer(begun)
    offer["P1"] = "04" + "00" * 63 + "07"
    assert_refused(await _key(device, begun, offer), "bad_proof")


@cases("change", [{"P1": "02" + "00" * 32}, {"z": "0" * 63}, {"z": "G" * 64}, {"A": None}, {"more": 1}])
async def test_ill_formed_messages_are_malformed(
    application: Application, device: Device, change: dict[str, object]
) -> None:
    begun = await _begun(application, device)
    answer = await device.call(
        "POST", f"{ENROL}/{begun['uid']}/key", {**_offer(begun), **change}, nonce=begun["challenge"]
    )
    assert_refused(answer, "malformed", 400)


async def test_an_enrolment_is_void_after_an_hour(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    application.clock.advance(seconds=3600)
    assert_refused(await _key(device, begun, _offer(begun)), "task_closed")


async def test_another_phone_cannot_take_over_an_enrolment(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    other = await application.logged_in()
    assert (await _key(other, begun, _offer(begun))).status_code == 404


async def test_there_is_no_certificate_before_the_finish(application: Application, device: Device) -> None:
    begun = await _begun(application, device)
    await _key(device, begun, _offer(begun))
    assert_refused(await device.call("GET", "/api/phone/certificate"), "no_certificate")
    assert (await device.call("GET", "/api/phone/me")).json()["certificate"] is None
