"""An operator whose number isn't on file: their legal representative confirms them, and also hands over a code."""

from dataclasses import replace
from typing import Final

from mshield.server.accounts.change_phone import PhoneChange
from mshield.server.acts.actor import SERVICE
from mshield.testkit.demo.people import OPERATOR_TO_CONFIRM, Person
from mshield.testkit.phone import VirtualPhone
from mshield.wire.ids import new_id
from tests.http.life import portal
from tests.http.life.life import Life

SOMEBODY: Final = replace(OPERATOR_TO_CONFIRM, phone="13600004321")
"""Another person with an account in the operator's name."""


def _log_in(life: Life, phone: VirtualPhone, person: Person = OPERATOR_TO_CONFIRM) -> None:
    captcha = phone.captcha().captcha_id
    phone.login(
        account=person.phone,
        password=person.password,
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
    record = waiting.person_id
    life.portal.decide_application(
        code, waiting.id, "confirm", sms_code=portal.vouching_code(life, life.portal, record)
    )
    made = life.portal.make_activation_code(
        code, record, sms_code=portal.vouching_code(life, life.portal, record)
    )
    phone.use_activation_code(made.code)
    assert {proof.way for proof in phone.identity().proofs} == {"legal_person", "real_name"}
    another = life.portal.make_activation_code(
        code, record, sms_code=portal.vouching_code(life, life.portal, record)
    )
    _stop_another(life, phone, another.code)
    _stop_a_change(life, phone, person)
    life.portal.logout()


def _stop_another(life: Life, phone: VirtualPhone, code: str) -> None:
    """Objects to another account in the operator's name, which used an activation code."""
    life.wait_a_minute()
    somebody, other = SOMEBODY, life.service.phone()
    other.request_sms_code("register", phone=somebody.phone)
    other.register(
        name=somebody.name,
        id_type=somebody.id_type,
        id_number=somebody.id_number,
        phone=somebody.phone,
        sms_code=life.sms_code(somebody, "register"),
        password=somebody.password,
    )
    _log_in(life, other, somebody)
    other.use_activation_code(code)
    (second,) = phone.identity().second_accounts
    phone.object_to_second_account(second.id)


def _stop_a_change(life: Life, phone: VirtualPhone, person: Person) -> None:
    """Stops a pending change of the account's number that its holder didn't request."""
    context, now = life.service.application.context, life.service.clock()
    phones = context.accounts.phone_wait

    async def begin() -> None:
        account = await phones.change_phone.find(person.phone)
        wanted = PhoneChange(account, "13700001236", SERVICE)
        details = {"evidence": "本人持身份证原件到柜台办理"}
        await context.db.write(
            lambda tx: phones.begin_in(tx, wanted, new_id(now), details=details, hours=24, now=now)
        )

    life.service.run(begin())
    assert phone.identity().phone_change is not None
    phone.stop_phone_change()
