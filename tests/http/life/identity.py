"""An operator whose number isn't on file: their legal person confirms who they are, and hands over a code too."""

from mshield.client.phone import VirtualPhone
from mshield.demo.people import OPERATOR_TO_CONFIRM
from tests.http.life import portal
from tests.http.life.life import Life


def _log_in(life: Life, phone: VirtualPhone) -> None:
    captcha = phone.captcha().captcha_id
    phone.login(
        account=OPERATOR_TO_CONFIRM.phone,
        password=OPERATOR_TO_CONFIRM.password,
        captcha_id=captcha,
        captcha=life.captcha_answer(captcha),
    )


def prove(life: Life) -> None:
    person, code = OPERATOR_TO_CONFIRM, OPERATOR_TO_CONFIRM.credit_code
    phone = life.service.phone()
    life.wait_a_minute()
    phone.request_sms_code("register", phone=person.phone)
    phone.register(
        name=person.name,
        id_type=person.id_type,
        id_number=person.id_number,
        phone=person.phone,
        sms_code=life.sms_code(person, "register"),
        password=person.password,
    )
    _log_in(life, phone)
    assert phone.identity().proofs == ()
    assert not phone.identity_ways("operator", code).proven
    phone.ask_legal_person("operator", code)
    phone.withdraw_identity_request()
    phone.ask_legal_person("operator", code)
    asked = phone.ask_own_shield("operator", code)
    assert phone.consent_state(asked.request_id, asked.status_token).code is not None
    life.wait_a_minute()
    phone.request_sms_code("apply")
    phone.check_real_name("operator", code, sms_code=life.sms_code(person, "apply"))
    life.service.clock.advance(seconds=4 * 3600)
    _log_in(life, phone)
    phone.remind_legal_person()
    portal.log_in_from_outside(life)
    (waiting,) = life.portal.applications(code, state="waiting").items
    life.portal.decide_application(code, waiting.id, "confirm")
    made = life.portal.make_activation_code(code, waiting.person_id)
    life.portal.logout()
    phone.use_activation_code(made.code)
    assert {proof.way for proof in phone.identity().proofs} == {"legal_person", "real_name"}
