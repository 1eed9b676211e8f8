"""Accounts: registered in the app and on a PC, logged in, and a forgotten password."""

import json

import pytest

from mshield.client.errors import ProblemError
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.work import solved
from tests.http.life.life import Life
from tests.support.consents import AGREED
from tests.support.signing import fetch


def register(life: Life) -> None:
    for person in (OPERATOR, LEGAL_PERSON):
        life.phone.request_sms_code("register", phone=person.phone)
        life.phone.register(
            name=person.name,
            id_type="resident_id",
            id_number=person.id_number,
            phone=person.phone,
            sms_code=life.sms_code(person, "register"),
            password=person.password,
        )


def register_on_a_pc(life: Life) -> None:
    life.get("/api/register/account-sources")
    captcha = life.post("/api/register/captchas", b"", "application/json").json()["captcha_id"]
    life.get(f"/api/register/captchas/{captcha}/audio")
    work = solved(life.get(f"/api/register/captchas/{captcha}/challenge").content)
    asked = {
        "phone": "13700002468",
        "captcha_id": captcha,
        "captcha": life.captcha_answer(captcha),
        "work": work,
    }
    life.post("/api/register/sms-codes", json.dumps(asked).encode(), "application/json")
    newest = life.get("/dev/sms.json").json()[0]
    person = {
        "name": "马思远",
        "id_type": "resident_id",
        "id_number": "11010519491231002X",
        "phone": newest["phone"],
        "sms_code": newest["code"],
        "password": "Vessel-42-north",
    }
    life.post("/api/register/accounts", json.dumps(person | AGREED).encode(), "application/json")


def log_in_from_outside(life: Life) -> None:
    life.phone.account_sources()
    begun = life.phone.begin_outside_login("customs")
    code, state = life.provider.log_in_at(begun.address)
    life.phone.finish_outside_login(state, code)
    life.phone.logout()


def log_in(life: Life) -> None:
    captcha = life.phone.captcha().captcha_id
    life.get(f"/api/phone/captchas/{captcha}/audio")
    answer = life.captcha_answer(captcha)
    life.phone.login(account=OPERATOR.phone, password=OPERATOR.password, captcha_id=captcha, captcha=answer)


def look_after_ones_data(life: Life) -> None:
    """Calls for one's own data: documents, consents, a copy of all data; closing is requested and undone."""
    phone = life.phone
    life.get("/api/about")
    versions = life.get("/api/policies").json()["versions"]
    assert json.loads(phone.call("GET", "/consents"))["due"] == []
    phone.call("POST", "/consents", {"consents": versions})
    life.wait_a_minute()
    phone.request_sms_code("export")
    phone.call("POST", "/account/export", {"sms_code": life.sms_code(OPERATOR, "export")})
    _close_by_pin(life)


def _close_by_pin(life: Life) -> None:
    """With an active shield, its PIN closes the account and not an SMS code; wrong PINs count as usual."""
    phone = life.phone
    assert json.loads(phone.call("GET", "/account/closing"))["by"] == "pin"
    life.wait_a_minute()
    phone.request_sms_code("close")
    code = life.sms_code(OPERATOR, "close")
    with pytest.raises(ProblemError) as by_sms:
        phone.close_account(sms_code=code)
    with pytest.raises(ProblemError) as wrong:
        phone.close_account(pin="602817")
    assert (by_sms.value.code, wrong.value.code, wrong.value.left) == ("pin_needed", "wrong_pin", 4)
    phone.close_account(pin=OPERATOR.pin)
    assert json.loads(phone.call("GET", "/account/closing"))["due_at"] is not None
    phone.call("DELETE", "/account/closing")
    signed = life.service.run(fetch(life.service.db, "SELECT sid FROM signatures WHERE purpose = 'close'"))
    with pytest.raises(ProblemError) as again:
        phone.call("POST", "/account/closing", {"sid": bytes(signed["sid"]).hex()})
    assert again.value.code == "task_closed"
    with pytest.raises(ProblemError) as by_nothing:
        phone.call("POST", "/account/closing", {})
    assert by_nothing.value.code == "invalid_request"


def forget_the_password(life: Life) -> None:
    life.wait_a_minute()
    life.phone.request_sms_code("reset", phone=OPERATOR.phone)
    life.phone.reset_password(
        phone=OPERATOR.phone,
        sms_code=life.sms_code(OPERATOR, "reset"),
        id_number=OPERATOR.id_number,
        password=OPERATOR.password,
    )
    log_in(life)
