"""Steps of a person with their phone, and checks at the end of a flow."""

from dataclasses import replace
from typing import Final

import pytest

from mshield.client import Document
from mshield.client.errors import ClientError, NetworkError, PhoneError
from tests.fault.case import Case
from tests.support.signing import execute, statement

DOCUMENT: Final = Document(title="报关单", media_type="text/plain", content="总价 126000 欧元".encode())
NEW_PIN: Final = "314159"
NEW_PASSWORD: Final = "Another-declare-2027"

_NEW_KEY_MADE: Final = 5
"""Calls of a renewal up to that point: begin it, confirm the old PIN by three, make the key."""

_ACTS: Final = (
    "SELECT COUNT(*) AS n FROM acts t JOIN accounts a ON a.id = t.subject WHERE t.act = $1 AND a.phone = $2"
)
_BOUND: Final = (
    "SELECT COUNT(*) AS n FROM bindings b JOIN accounts a ON a.id = b.account_id"
    " WHERE a.phone = $1 AND b.bound_at IS NOT NULL AND b.ended_at IS NULL"
)
_EVENTS: Final = (
    "SELECT COUNT(*) AS n FROM certificate_events e JOIN certificates c ON c.serial = e.serial"
    " JOIN accounts a ON a.id = c.account_id WHERE e.event = $1 AND a.phone = $2"
)
_REFRESHED: Final = (
    "SELECT COUNT(*) AS n FROM keys k JOIN certificates c ON c.serial = k.certificate"
    " JOIN accounts a ON a.id = c.account_id WHERE a.phone = $1 AND k.epoch > 0"
)


def get_register_code(case: Case) -> None:
    case.phone.request_sms_code("register", phone=case.person.phone)


def register(case: Case) -> None:
    person = case.person
    case.phone.register(
        name=person.name,
        id_type="resident_id",
        id_number=person.id_number,
        phone=person.phone,
        sms_code=case.seen.setdefault("register", case.service.sms_code(person, "register")),
        password=person.password,
    )


def get_captcha(case: Case) -> None:
    case.captcha = case.phone.captcha().captcha_id


def log_in(case: Case) -> None:
    answer = case.service.get(f"/dev/captchas/{case.captcha}")["answer"]
    person = case.person
    case.phone.login(account=person.phone, password=person.password, captcha_id=case.captcha, captcha=answer)


def wait_a_minute(case: Case) -> None:
    case.service.clock.advance(seconds=61)


def get_apply_code(case: Case) -> None:
    case.phone.request_sms_code("apply")
    case.seen.pop("apply", None)


def apply(case: Case) -> None:
    person = case.person
    if case.phone.status().application_pending:
        case.phone.resume_application(person.pin)
        return
    case.phone.apply(
        name=person.name,
        id_number=person.id_number,
        user_type="operator",
        credit_code=person.credit_code,
        sms_code=case.seen.setdefault("apply", case.service.sms_code(person, "apply")),
        pin=person.pin,
    )


def ask_login(case: Case) -> None:
    case.request = case.business.request_login(
        idempotency_key=case.seen.setdefault("login", case.person.phone)
    )


def ask_signature(case: Case) -> None:
    key = case.seen.setdefault("signature", case.person.phone + "-s")
    case.request = case.business.request_signature([DOCUMENT], idempotency_key=key)


def scan(case: Case) -> None:
    case.phone.scan(case.asked.qr)


def approve(case: Case) -> None:
    case.phone.approve(case.asked.id, pin=case.person.pin)


def decline(case: Case) -> None:
    case.phone.decline(case.asked.id, reason="not_me")


def cancel(case: Case) -> None:
    case.business.cancel(case.asked.id)


def change_pin(case: Case) -> None:
    case.phone.change_pin(case.person.pin, NEW_PIN)


def file_a_change(case: Case) -> None:
    """Makes renewal due."""
    case.seen["serial"] = case.phone.certificate().serial
    case.service.run(execute(case.service.db, "UPDATE filed_persons SET version = version + 1"))


def get_renewal_code(case: Case) -> None:
    case.phone.request_sms_code("renew")
    case.seen.pop("renew", None)


def renew(case: Case) -> None:
    person = case.person
    try:
        case.phone.resume_renewal(person.pin)
    except PhoneError as error:
        if error.code != "no_renewal":
            raise
        case.phone.renew(
            name=person.name,
            id_number=person.id_number,
            user_type="operator",
            credit_code=person.credit_code,
            sms_code=case.seen.setdefault("renew", case.service.sms_code(person, "renew")),
            pin=person.pin,
        )


def bind(case: Case) -> None:
    case.phone.bind(case.person.pin)


def log_out(case: Case) -> None:
    case.phone.logout()


def ask_another_signature(case: Case) -> None:
    case.seen["signature"] = case.person.phone + "-another"
    ask_signature(case)


def ask_by_shield_number(case: Case) -> None:
    """Creates a request that waits in the phone's inbox."""
    case.request = case.business.request_signature(
        [DOCUMENT],
        shield_number=case.phone.status().shield_number,
        idempotency_key=case.seen.setdefault("inbox", case.person.phone + "-i"),
    )


def look_into_the_inbox(case: Case) -> None:
    assert [each.request_id for each in case.phone.inbox()] == [case.asked.id]


def take(case: Case) -> None:
    case.phone.take(case.asked.id)


def get_reset_code(case: Case) -> None:
    case.phone.request_sms_code("reset", phone=case.person.phone)
    case.seen.pop("reset", None)


def reset_password(case: Case) -> None:
    case.phone.reset_password(
        phone=case.person.phone,
        sms_code=case.seen.setdefault("reset", case.service.sms_code(case.person, "reset")),
        id_number=case.person.id_number,
        password=NEW_PASSWORD,
    )


def unbind(case: Case) -> None:
    sid = case.seen.setdefault("binding", "".join(each.sid for each in case.phone.me().bindings))
    case.phone.unbind(sid)


def apply_again(case: Case) -> None:
    """Applies again after the warning: it is refused, and the first certificate is held (R6)."""
    person = case.person
    with pytest.raises(ClientError) as refused:
        case.phone.apply(
            name=person.name,
            id_number=person.id_number,
            user_type="operator",
            credit_code=person.credit_code,
            sms_code=case.seen.setdefault("apply", case.service.sms_code(person, "apply")),
            pin=person.pin,
            again=True,
        )
    if refused.value.code != "duplicate_application":
        raise refused.value


def begin_a_renewal(case: Case) -> None:
    """Begins a renewal; the connection breaks once the new key is made."""
    get_renewal_code(case)
    case.service.line.lose("request", call=_NEW_KEY_MADE, calls=100)
    with pytest.raises(NetworkError):
        renew(case)
    case.service.line.repair()
    assert case.phone.me().renewal is not None


def give_up_the_renewal(case: Case) -> None:
    try:
        case.phone.give_up_renewal()
    except PhoneError as error:
        if error.code != "no_renewal":  # already cancelled, and the answer was lost
            raise


def has_one_account(case: Case) -> None:
    accounts = case.service.count("SELECT COUNT(*) AS n FROM accounts WHERE phone = $1", case.person.phone)
    assert accounts == 1


def is_logged_in(case: Case) -> None:
    assert case.phone.me().account.name == case.person.name
    assert case.service.count("SELECT COUNT(*) AS n FROM throttles WHERE scope = 'login_account'") == 0


def has_one_certificate(case: Case) -> None:
    assert case.phone.certificate().state == "active"
    certificates = case.service.count(
        "SELECT COUNT(*) AS n FROM certificates c JOIN accounts a ON a.id = c.account_id WHERE a.phone = $1",
        case.person.phone,
    )
    assert certificates == 1
    no_attempt_is_lost(case)


def is_signed(case: Case) -> None:
    assert case.state() == "signed"
    signed = case.service.count("SELECT COUNT(*) AS n FROM signatures WHERE request_id = $1", case.asked.id)
    assert signed == 1
    no_attempt_is_lost(case)


def no_attempt_is_lost(case: Case) -> None:
    assert case.service.count("SELECT COUNT(*) AS n FROM keys WHERE wrong_total > 0 OR failures > 0") == 0
    assert case.phone.status().left in {None, 5}


def is_declined(case: Case) -> None:
    status = case.business.status(case.asked.id)
    assert (status.state, status.reason) == ("declined", "not_me")


def is_cancelled(case: Case) -> None:
    assert case.state() == "cancelled"


def is_scanned(case: Case) -> None:
    assert case.state() == "scanned"


def the_new_pin_counts(case: Case) -> None:
    no_attempt_is_lost(case)
    ask_login(case)
    scan(case)
    case.phone.approve(case.asked.id, pin=NEW_PIN)
    is_signed(case)


def is_renewed_once(case: Case) -> None:
    certificate = case.phone.certificate()
    assert (certificate.state, certificate.serial == case.seen["serial"]) == ("active", False)
    states = case.service.run(
        case.service.db.all(
            statement(
                "SELECT c.state FROM certificates c JOIN accounts a ON a.id = c.account_id WHERE a.phone = $1"
            ),
            p1=case.person.phone,
        )
    )
    assert sorted(row["state"] for row in states) == ["active", "superseded"]
    no_attempt_is_lost(case)


def is_bound(case: Case) -> None:
    assert case.service.count(_BOUND, case.person.phone) == 1
    no_attempt_is_lost(case)


def is_logged_out(case: Case) -> None:
    assert not case.phone.status().logged_in


def the_new_password_counts(case: Case) -> None:
    """Asserts that the password was set once, which ended the login."""
    assert case.service.count(_ACTS, "account.reset_password", case.person.phone) == 1
    with pytest.raises(ClientError, match="unauthenticated"):
        case.phone.me()
    case.person = replace(case.person, password=NEW_PASSWORD)
    get_captcha(case)
    log_in(case)
    is_logged_in(case)


def is_unbound(case: Case) -> None:
    assert case.service.count(_BOUND, case.person.phone) == 0
    assert case.phone.me().bindings == ()


def is_held_once(case: Case) -> None:
    assert case.phone.certificate().holds == ("duplicate",)
    assert case.service.count(_EVENTS, "apply_again", case.person.phone) == 1


def the_first_certificate_goes_on(case: Case) -> None:
    """Asserts that the first certificate works and can be renewed again."""
    with pytest.raises(PhoneError, match="no_renewal"):
        case.phone.resume_renewal(case.person.pin)
    certificate = case.phone.certificate()
    assert (certificate.state, certificate.serial) == ("active", case.seen["serial"])
    wait_a_minute(case)
    get_renewal_code(case)
    renew(case)
    assert case.phone.certificate().serial != case.seen["serial"]
    no_attempt_is_lost(case)


def is_refreshed(case: Case) -> None:
    """Asserts that the next signature uses the new share."""
    is_signed(case)
    case.seen["signature"] = case.person.phone + "-next"
    ask_signature(case)
    scan(case)
    approve(case)
    is_signed(case)
    assert case.service.count(_REFRESHED, case.person.phone) == 1
