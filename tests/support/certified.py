"""Phones of filed people at an application behind a lossy line: logged in, or with a certificate."""

from mshield.testkit.demo.people import Person
from mshield.testkit.phone import VirtualPhone
from tests.support.lossy_line import Service


def logged_in(service: Service) -> tuple[VirtualPhone, Person]:
    """Registers a person and logs their new phone in."""
    person, phone = service.person(), service.phone()
    phone.request_sms_code("register", phone=person.phone)
    phone.register(
        name=person.name,
        id_type="resident_id",
        id_number=person.id_number,
        phone=person.phone,
        sms_code=service.sms_code(person, "register"),
        password=person.password,
    )
    captcha = phone.captcha().captcha_id
    answer = service.get(f"/dev/captchas/{captcha}")["answer"]
    phone.login(account=person.phone, password=person.password, captcha_id=captcha, captcha=answer)
    service.clock.advance(seconds=61)
    return phone, person


def certified(service: Service) -> tuple[VirtualPhone, Person]:
    """Like `logged_in`, and applies for a certificate."""
    phone, person = logged_in(service)
    phone.request_sms_code("apply")
    phone.apply(
        name=person.name,
        id_number=person.id_number,
        user_type="operator",
        credit_code=person.credit_code,
        sms_code=service.sms_code(person, "apply"),
        pin=person.pin,
    )
    return phone, person
