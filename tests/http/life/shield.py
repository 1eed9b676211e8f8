"""A shield: issued, used for logins and signatures, bound, with a changed PIN and a renewed certificate."""

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from mshield.client import Document, ViewName, read_return
from mshield.client.business.values import Pc
from mshield.client.errors import PhoneError, ProblemError
from mshield.server.log.sequence import sequence
from mshield.server.systems.view_drafts import SubmittedView, ViewFile
from mshield.server.systems.views import register_view
from mshield.testkit.demo.people import OPERATOR
from tests.http.life.life import Life
from tests.support.push_service import Browser
from tests.support.return_url import RETURN_URL
from tests.support.second_person import SECOND
from tests.support.signing import execute, fetch
from tests.support.small_view import CONTENT, small_view

_DECLARATION: Final = Document(
    title="进口货物报关单",
    media_type="application/xml",
    content='<?xml version="1.0" encoding="UTF-8"?><DecHead><Agent>宁波北潮进出口有限公司</Agent>'
    "<DeclTotal>126000.00 欧元</DeclTotal></DecHead>".encode(),
    display=(("申报企业", "宁波北潮进出口有限公司"), ("总价", "126000.00 欧元")),
)
_VIEW: Final = "shipped/order"
_PC: Final = Pc(address="203.0.113.24", browser="Firefox 145, Windows")


def _form(life: Life, purpose: str) -> dict[str, Any]:
    return {
        "name": OPERATOR.name,
        "id_number": OPERATOR.id_number,
        "user_type": "operator",
        "credit_code": OPERATOR.credit_code,
        "sms_code": life.sms_code(OPERATOR, purpose),
    }


def apply(life: Life) -> None:
    life.wait_a_minute()
    life.phone.request_sms_code("apply")
    form = _form(life, "apply")
    life.phone.check_application(**{name: value for name, value in form.items() if name != "sms_code"})
    life.phone.apply(**form, pin=OPERATOR.pin)
    life.shield_number = life.phone.certificate().shield_number
    assert life.phone.me().shield_number == life.shield_number


def use(life: Life) -> None:
    phone, business = life.phone, life.business
    login = business.request_login(pc=_PC)
    phone.scan(life.qr(login))
    business.status(login.id)
    phone.approve(login.id, pin=OPERATOR.pin)
    bearer = {"Authorization": f"Bearer {login.status_token}"}
    life.get(f"/api/pc/requests/{login.id}", **bearer)
    life.get(f"/api/pc/requests/{login.id}/events", **bearer)
    life.get(f"/api/business/requests/{login.id}/events", **life.basic())
    declaration = business.request_signature([_DECLARATION], pc=_PC, shield_number=life.shield_number)
    assert [each.request_id for each in phone.inbox()] == [declaration.id]
    phone.take(declaration.id)
    assert business.status(declaration.id).expires_at < phone.prolong() == phone.prolong(declaration.id)
    phone.approve(declaration.id, pin=OPERATOR.pin)
    business.result(declaration.id)
    life.log()
    life.get(f"/api/business/requests/{declaration.id}/evidence", **life.basic())
    _sign_by_view(life)
    unwanted = business.request_signature([_DECLARATION], pc=_PC)
    phone.scan(life.qr(unwanted))
    phone.decline(unwanted.id, reason="not_me")
    business.cancel(business.request_login().id)
    newest, *older = phone.signatures().items
    assert len(older) == 2
    assert phone.signature(newest.sid).digest == newest.digest
    assert [each.shield_number for each in phone.devices()] == [life.shield_number]
    _own_things(life, login.id)


def _own_things(life: Life, login_id: str) -> None:
    """Other functions of the app, which need a browser and a page of devices."""
    subscription = Browser().subscription("https://push.example/s/1")
    sid = life.phone.signatures().items[0].sid
    with life.phone._operation() as operation:
        connection, login = operation.connection, operation.logged_in()
        connection.get("/api/phone/push", login)
        connection.post("/api/phone/push", login, subscription)
        connection.delete("/api/phone/push", login)
        connection.post(f"/api/phone/devices/{life.shield_number}/name", login, {"name": "办公室的手机"})
        connection.get(f"/api/phone/requests/{login_id}/unlike", login)
        connection.get(f"/api/phone/signatures/{sid}/evidence", login)
        connection.get("/api/phone/signatures/months", login, {"zone": "Asia/Shanghai"})
        passwords = {"old_password": OPERATOR.password, "password": "Harbour-91-lantern"}
        connection.post("/api/phone/password", login, passwords)
        back = {"old_password": "Harbour-91-lantern", "password": OPERATOR.password}
        connection.post("/api/phone/password", login, back)


def come_back(life: Life) -> None:
    """A code is scanned before login; the PIN, then an SMS code, unlocks the app."""
    phone = life.phone
    life.wait_a_minute()
    login = life.business.request_login(pc=_PC)
    phone.logout()
    kept = phone.claim(life.qr(login))
    assert (kept.kind, kept.requester.name) == ("login", "单一窗口")
    phone.unlock(OPERATOR.pin)
    phone.scan(kept.claim)
    phone.approve(login.id, pin=OPERATOR.pin)
    phone.logout()
    life.wait_a_minute()
    login = life.business.request_login(pc=_PC)
    kept = phone.claim(life.qr(login))
    assert kept.login is not None
    assert (kept.login.number, kept.login.unlike) == (login.number, ())
    done = phone.unlock_and_log_in(kept, OPERATOR.pin)
    assert (done.confirmed, life.business.status(login.id).state) == (True, "signed")
    phone.logout()
    phone.request_unlock_code()
    phone.unlock_by_sms(life.sms_code(OPERATOR, "unlock"))
    assert phone.me().shield_number == life.shield_number
    life.wait_a_minute()


def _sign_by_view(life: Life) -> None:
    """The phone fetches the view and renders by it; the business system finds the view it named."""
    made = life.service.application
    files = SubmittedView(small_view(view_id=_VIEW), (ViewFile("订单.json", CONTENT),))
    now = life.service.clock()
    life.service.run(register_view(made.context.db, made.client_id, files, second_person=SECOND, now=now))
    life.service.run(sequence(made.context.log, now=now))
    order = Document(
        title="订单",
        media_type="application/json",
        content=CONTENT,
        display=(("订单号", "DD-2026-7"), ("买方", "别的公司")),
        format="cms",
        view=ViewName(_VIEW),
    )
    asked = life.business.request_signature([order], pc=_PC)
    (task,) = life.phone.scan(life.qr(asked)).tasks
    life.phone.approve(pin=OPERATOR.pin, confirmed={task.sid: "mismatch"})
    result = life.business.result(asked.id)
    result.verify(
        roots=[made.context.authorities.root.der],
        documents=[order],
        at=datetime.fromtimestamp(now / 1000, UTC),
        revocation="unchecked",
    )
    (signed,) = result.documents
    assert (signed.view and signed.view.version, signed.display_mismatch_confirmed) == (1, True)
    seen = life.business.request_signature([order], pc=_PC, shield_number=life.shield_number)
    (waiting,) = life.phone.inbox()
    assert life.phone.amounts(waiting).without == 1
    life.business.cancel(seen.id)


def look_after(life: Life) -> None:
    phone = life.phone
    phone.bind(OPERATOR.pin)
    by_app = life.business.request_login(channel="app", return_url=RETURN_URL)
    phone.scan(by_app.app_link)
    back = phone.approve(pin=OPERATOR.pin).return_address
    returned = read_return(back or "", request_id=by_app.id)
    life.business.result(by_app.id, return_code=returned.return_code)
    phone.unbind(phone.me().bindings[0].sid)
    phone.change_pin(OPERATOR.pin, "314159")
    phone.change_pin("314159", OPERATOR.pin)


class _Interrupted(Exception):
    pass


def renew(life: Life) -> None:
    def interrupted(*_: object) -> str:
        raise _Interrupted

    pins: tuple[Any, ...] = (interrupted, OPERATOR.pin)
    life.service.run(execute(life.service.db, "UPDATE filed_persons SET version = version + 1"))
    for pin in pins:
        life.wait_a_minute()
        life.phone.request_sms_code("renew")
        shown = life.phone.renewal_preview()
        assert (shown.reason, shown.certified) == ("filing_changed", shown.filed)
        form: dict[str, Any] = {"sms_code": life.sms_code(OPERATOR, "renew")}
        if pin is interrupted:
            with pytest.raises(_Interrupted):
                life.phone.renew(**form, pin=pin)
            life.phone.give_up_renewal()
        else:
            life.phone.renew(**form, pin=pin)


def disown(life: Life) -> None:
    """Disowns another device in the operator's account."""
    other = life.service.phone()
    captcha = other.captcha().captcha_id
    answer = life.captcha_answer(captcha)
    other.login(account=OPERATOR.phone, password=OPERATOR.password, captcha_id=captcha, captcha=answer)
    life.wait_a_minute()
    other.request_sms_code("apply")
    # No id number is typed: its last six digits are refused before a code is consumed, its region afterwards.
    unsaid = {**_form(life, "apply"), "id_number": None}
    for weak in (OPERATOR.id_number[-6:], OPERATOR.id_number[:6]):
        with pytest.raises(PhoneError) as refused_pin:
            other.apply(**unsaid, pin=weak)
        assert (refused_pin.value.code, refused_pin.value.extra["reason"]) == ("weak_pin", "id_number")
    life.wait_a_minute()
    other.request_sms_code("apply")
    other.apply(**{**_form(life, "apply"), "id_number": None}, pin=OPERATOR.pin)
    number = other.certificate().shield_number
    with life.phone._operation() as operation:
        operation.connection.post(
            "/api/phone/sms-codes", operation.logged_in(), {"phone": None, "purpose": "device"}
        )
    path = f"/devices/{number}/disowned"
    with pytest.raises(ProblemError) as by_sms:
        life.phone.call("POST", path, {"sms_code": life.sms_code(OPERATOR, "device")})
    life.phone.disown_device(number, pin=OPERATOR.pin)
    signed = life.service.run(fetch(life.service.db, "SELECT sid FROM signatures WHERE purpose = 'device'"))
    with pytest.raises(ProblemError) as again:
        life.phone.call("POST", path, {"sid": bytes(signed["sid"]).hex()})
    with pytest.raises(ProblemError) as of_another_purpose:
        life.phone.call("POST", "/account/closing", {"sid": bytes(signed["sid"]).hex()})
    with pytest.raises(ProblemError) as by_nothing:
        life.phone.call("POST", path, {})
    life.phone.call("GET", "/logins")
    life.phone.call("POST", "/devices/log-out-others")
    refused = [each.value.code for each in (by_sms, again, of_another_purpose, by_nothing)]
    assert refused == ["pin_needed", "task_closed", "task_closed", "invalid_request"]
    assert [device.holds for device in life.phone.devices() if device.shield_number == number] == [("lost",)]
