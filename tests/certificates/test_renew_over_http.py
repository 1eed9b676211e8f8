"""Renewal, binding and PIN rules over HTTP, where no certificate is needed; `tests/fault` has the rest."""

from mshield.pki.asn1.arcs import DISPLAY_OID
from mshield.server.settings.signing import PIN_BLOCK_LIST, PIN_RULES
from tests.support.application import Application, Device
from tests.support.assertions import assert_refused
from tests.support.cases import cases

FORM = {
    "name": "林知远",
    "id_number": "330206199001014217",
    "user_type": "operator",
    "credit_code": "91330206MA2XB7C1TW",
    "sms_code": "000000",
}


async def test_r10_anyone_may_ask_for_the_rules(application: Application) -> None:
    answer = await application.http.get("/api/phone/policy")
    rules = {"pin_rules": list(PIN_RULES), "pin_blocked": list(PIN_BLOCK_LIST)}
    assert answer.json() == {**rules, "display_oid": DISPLAY_OID}


async def test_r10_only_the_holder_gets_their_birth_date(application: Application, device: Device) -> None:
    answer = await device.call("GET", "/api/phone/me/birth-dates")
    assert answer.json() == {"birth_dates": ["1990-01-01"], "id_number_masked": "**************4217"}
    assert answer.headers["cache-control"] == "no-store"
    stranger = application.device()
    assert (await stranger.call("GET", "/api/phone/me/birth-dates")).status_code == 401


async def test_r11_a_code_for_a_renewal_goes_to_the_accounts_own_number(
    application: Application, device: Device
) -> None:
    application.clock.advance(seconds=61)
    sent = await device.call("POST", "/api/phone/sms-codes", {"phone": None, "purpose": "renew"})
    assert sent.status_code == 202
    (message,) = [m for m in (await application.http.get("/dev/sms.json")).json() if m["purpose"] == "renew"]
    assert message["phone"] == "13800006027"
    assert "更新证书" in message["text"]
    body = {"phone": "13800006027", "purpose": "renew"}
    assert (await application.http.post("/api/phone/sms-codes", json=body)).status_code == 401


@cases(
    ("method", "path", "body", "code"),
    [
        ("POST", "/api/phone/renewals", FORM, "no_certificate"),
        ("GET", "/api/phone/renewals/preview", None, "no_certificate"),
        ("GET", "/api/phone/renewals/current", None, "not_found"),
        ("DELETE", "/api/phone/renewals/current", None, "not_found"),
        ("POST", "/api/phone/bindings", {"client_id": None}, "no_certificate"),
        ("DELETE", "/api/phone/bindings/" + "0" * 32, None, "not_found"),
        ("DELETE", "/api/phone/bindings/nothing", None, "not_found"),
    ],
)
async def test_without_a_certificate_there_is_nothing_to_renew_or_bind(
    device: Device, method: str, path: str, body: object, code: str
) -> None:
    answer = await device.call(method, path, body)
    assert_refused(answer, code)


async def test_my_page_shows_renewal_and_bindings(device: Device) -> None:
    page = (await device.call("GET", "/api/phone/me")).json()
    assert (page["renewal"], page["bindings"]) == (None, [])
