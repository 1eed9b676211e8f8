"""The legal representative at the portal: manages the shields of the enterprise and revokes one."""

import json
from typing import Final

import pytest

from mshield.client.errors import ProblemError
from mshield.server.accounts.rows import accounts
from mshield.testkit.demo.people import LEGAL_PERSON, Person
from mshield.testkit.portal import PortalClient
from mshield.wire.qr import qr_text
from tests.http.life.life import Life
from tests.support.application import ORIGIN, Application
from tests.support.identity import make_code_in
from tests.support.signing import execute

CHIEF: Final = Person(
    name="孟庭筠",
    id_number="370203198112051858",
    role="legal_person",
    credit_code="91370203MA3YK2D9RF",
    phone="13900006612",
    password="Harbour-gate-2026",  # an invented test account
    pin="314159",
)


def manage(life: Life) -> None:
    portal, code = life.portal, LEGAL_PERSON.credit_code
    portal.account_sources()
    log_in(life)
    portal.session()
    portal.people(code)
    _ask_to_be_confirmed(life)
    _ask_about_a_shield(life)
    portal.shields(code)
    portal.export(code, "people")
    portal.export(code, "shields")
    assert portal.history(code, event="freeze").items == ()
    portal.export(code, "history")
    portal.act(code, "report_loss", [life.shield_number], reason="手机遗失")
    portal.act(code, "lift_loss", [life.shield_number], reason="手机已找回")
    _ask_own_shield(life)
    life.wait_a_minute()
    portal.request_revocation_code()
    sms_code = life.sms_code(LEGAL_PERSON, "revoke")
    portal.revoke(
        code, [life.shield_number], reason="员工离职", cause="affiliation_changed", sms_code=sms_code
    )
    portal.shield(code, life.shield_number)
    portal.logout()
    life.service.clock.advance(seconds=4 * 3600)
    life.phone.remind_legal_person()
    log_in_from_outside(life)
    _confirm(life)
    portal.logout()
    _come_in_by_a_code(life)
    portal.logout()


def _ask_to_be_confirmed(life: Life) -> None:
    """The operator requests confirmation from the phone, although already proven."""
    phone, code = life.phone, LEGAL_PERSON.credit_code
    phone.identity()
    phone.identity_ways("operator", code)
    phone.ask_legal_person("operator", code)
    phone.withdraw_identity_request()
    phone.ask_legal_person("operator", code)


def _ask_about_a_shield(life: Life) -> None:
    """The operator's request about a shield is withdrawn once, then refused."""
    phone, portal, code = life.phone, life.portal, LEGAL_PERSON.credit_code
    asked = {"kind": "renew", "shield_number": life.shield_number, "note": "备案改了"}
    phone.call("POST", "/asks", asked)
    (waiting,) = json.loads(phone.call("GET", "/asks"))["items"]
    phone.call("DELETE", f"/asks/{waiting['id']}")
    phone.call("POST", "/asks", asked)
    (ask,) = portal.asks(code, state="waiting").items
    portal.answer_ask(code, ask.id, "refused", reason="备案没有变")


def _confirm(life: Life) -> None:
    portal, code = life.portal, LEGAL_PERSON.credit_code
    (waiting,) = portal.applications(code, state="waiting").items
    portal.decide_application(
        code, waiting.id, "confirm", sms_code=vouching_code(life, portal, waiting.person_id)
    )
    made = portal.make_activation_code(
        code, waiting.person_id, sms_code=vouching_code(life, portal, waiting.person_id)
    )
    life.phone.use_activation_code(made.code)


def vouching_code(life: Life, portal: PortalClient, person_id: str) -> str:
    """Returns the SMS code for one act of the legal representative about this operator."""
    life.wait_a_minute()
    portal.request_vouching_code(LEGAL_PERSON.credit_code, person_id)
    return life.sms_code(LEGAL_PERSON, "vouch")


def log_in_from_outside(life: Life) -> None:
    """Another enterprise's legal representative logs in by an outside account; then the first one again."""
    life.provider.person |= {
        "sub": "meng-3",
        "name": CHIEF.name,
        "id_number": CHIEF.id_number,
        "phone_number": CHIEF.phone,
    }
    life.wait_a_minute()
    left = life.portal.begin_outside_login("customs")
    code, state = life.provider.log_in_at(left.address)
    begun = life.portal.finish_outside_login(state, code)
    life.portal.finish_login(begun.login_id, life.sms_code(CHIEF, "portal"))
    life.portal.logout()
    log_in(life)


def log_in(life: Life) -> None:
    """Logs the legal representative in by password."""
    portal = life.portal
    life.wait_a_minute()
    captcha = portal.captcha().captcha_id
    life.get(f"/api/portal/captchas/{captcha}/audio")
    begun = portal.begin_login(
        account=LEGAL_PERSON.phone,
        password=LEGAL_PERSON.password,
        captcha_id=captcha,
        captcha=life.captcha_answer(captcha),
    )
    life.wait_a_minute()
    begun = portal.send_code_again(begun.login_id)
    portal.finish_login(begun.login_id, life.sms_code(LEGAL_PERSON, "portal"))


def _come_in_by_a_code(life: Life) -> None:
    """An unproven legal representative logs in by an activation code, and then adds an enterprise by another one."""
    service, portal = life.service, life.portal
    service.run(_forget_who_it_is(service.application))
    life.wait_a_minute()
    left = portal.begin_outside_login("customs")
    code, state = life.provider.log_in_at(left.address)
    with pytest.raises(ProblemError) as refused:
        portal.finish_outside_login(state, code)
    made = service.run(make_code_in(service.application, CHIEF))
    begun = portal.activate(str(refused.value.extra["activation_id"]), made)
    portal.finish_login(begun.login_id, life.sms_code(CHIEF, "portal"))
    portal.add_enterprise(service.run(make_code_in(service.application, CHIEF)))


async def _forget_who_it_is(application: Application) -> None:
    account = await accounts.find_account(application.context.db, phone=CHIEF.phone)
    assert account is not None
    await execute(
        application.context.db, "UPDATE identity_proofs SET ended_at = 1 WHERE account_id = $1", account.id
    )
    await execute(
        application.context.db, "UPDATE filed_persons SET phone = NULL WHERE name = $1", account.name
    )


def _ask_own_shield(life: Life) -> None:
    """The legal representative logs in by their own shield, and is asked to sign a revocation."""
    phone = life.service.phone()
    captcha = phone.captcha().captcha_id
    phone.login(
        account=LEGAL_PERSON.phone,
        password=LEGAL_PERSON.password,
        captcha_id=captcha,
        captcha=life.captcha_answer(captcha),
    )
    life.wait_a_minute()
    phone.request_sms_code("apply")
    phone.apply(
        name=LEGAL_PERSON.name,
        id_number=LEGAL_PERSON.id_number,
        user_type="legal_person",
        credit_code=LEGAL_PERSON.credit_code,
        sms_code=life.sms_code(LEGAL_PERSON, "apply"),
        pin=LEGAL_PERSON.pin,
    )
    made = life.post("/api/portal/shield-logins", b"", "application/json").json()
    secret = life.service.application.context.requests.secrets.qr_secret(made["request_id"])
    phone.scan(qr_text(ORIGIN, made["request_id"], secret, 0))
    phone.approve(pin=LEGAL_PERSON.pin)
    given = {name: made[name] for name in ("request_id", "status_token")}
    opened = life.post("/api/portal/shield-sessions", json.dumps(given).encode(), "application/json").json()
    of, session = (
        f"/api/portal/enterprises/{LEGAL_PERSON.credit_code}",
        {"X-CSRF-Token": opened["csrf_token"]},
    )
    terms = {"shield_numbers": [life.shield_number], "reason": "员工离职", "cause": "affiliation_changed"}
    life.post(f"{of}/revocation-requests", json.dumps(terms).encode(), "application/json", **session)
    (waiting,) = life.portal.applications(LEGAL_PERSON.credit_code, state="waiting").items
    wanted = json.dumps({"application_id": waiting.id}).encode()
    life.post(f"{of}/people/{waiting.person_id}/vouching-requests", wanted, "application/json", **session)
