"""One life of an enterprise at the service calls every operation of every document, and each answer is as it says.

The calls are held against the documents by `tests/conformance.py`. OpenID Connect has its own in `tests/oidc`.
"""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from pydantic import SecretStr

from mshield.client import BusinessClient, Document, read_return
from mshield.client.business.values import Created, Pc
from mshield.client.phone import VirtualPhone
from mshield.client.portal import PortalClient
from mshield.demo.people import LEGAL_PERSON, OPERATOR, Person
from mshield.domain.qr import qr_text
from mshield.domain.staff import StaffRole
from mshield.pki.ocsp_request import CertId, build_ocsp_request
from mshield.services.init_p256 import init_p256
from mshield.services.log.sequence import sequence
from mshield.services.outside_login import RETURN_PATH
from mshield.settings import AccountSource
from mshield.store import webhook_endpoints
from tests.accounts import make_passwords_cheap
from tests.application import EXAMPLES, ORIGIN
from tests.conformance import ANSWERED, document
from tests.conftest import RETURN_URL
from tests.console import PASSWORD, Clerk
from tests.lossy import Service, running_behind_a_line
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, providing
from tests.signing import execute
from tests.soft_key import SoftKey

_DECLARATION: Final = Document(
    title="进口货物报关单",
    media_type="application/xml",
    content=b'<?xml version="1.0" encoding="UTF-8"?><DecHead><DeclTotal>126000.00</DeclTotal></DecHead>',
    display=(("申报企业", "宁波北潮进出口有限公司"), ("总价", "126000.00 欧元")),
)
_PC: Final = Pc(address="203.0.113.24", browser="Firefox 145, Windows")


@dataclass(slots=True)
class Life:
    """The service, and who calls it."""

    service: Service
    provider: Provider
    phone: VirtualPhone
    business: BusinessClient
    portal: PortalClient
    http: httpx.Client
    shield_number: str = ""

    def wait_a_minute(self) -> None:
        """Between two SMS codes."""
        self.service.clock.advance(seconds=61)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """A call that must be answered well."""
        answer = self.http.get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        return answer

    def post(self, path: str, content: bytes, media_type: str, **headers: str) -> httpx.Response:
        """The same, with a body."""
        answer = self.http.post(path, content=content, headers={"Content-Type": media_type, **headers})
        assert answer.is_success, f"{path}: {answer.text}"
        return answer

    def basic(self) -> dict[str, str]:
        """What the business system authenticates with."""
        made = self.service.application
        pair = base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def log(self) -> None:
        """Puts what was done into the transparency log."""
        self.service.run(sequence(self.service.application.context.log, now=self.service.clock()))

    def captcha_answer(self, captcha_id: str) -> str:
        """What the picture shows."""
        return str(self.service.get(f"/dev/captchas/{captcha_id}")["answer"])

    def sms_code(self, person: Person, purpose: str) -> str:
        """The newest code."""
        return self.service.sms_code(person, purpose)

    def qr(self, asked: Created) -> str:
        """What the PC shows now, by the test's clock."""
        begun = asked.expires_at - 120_000
        return asked.qr_text(asked.received_at + self.service.clock() - begun - asked.age)


@pytest.fixture
def life(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    make_passwords_cheap(monkeypatch)
    with providing(ORIGIN + RETURN_PATH) as provider, _service(sqlite_url, tmp_path, provider) as service:
        provider.clock = service.clock
        # Somebody else: an account comes from one place.
        provider.person |= {
            "sub": "su-9",
            "name": "沈若澜",
            "id_number": "33020319930727264X",
            "phone_number": "13800001111",
        }
        context = service.application.context
        service.run(init_p256(context.db, context.keyring, renew=False, now=service.clock()))
        portal = PortalClient(ORIGIN, transport=service.line)
        http = httpx.Client(transport=service.line, base_url=ORIGIN)
        yield Life(service, provider, service.phone(), service.business(), portal, http)


@contextmanager
def _service(database_url: str, folder: Path, provider: Provider) -> Iterator[Service]:
    customs = AccountSource(
        name="customs", kind="oidc", title_zh="互联网+海关", title_en="Internet+Customs", url=provider.issuer,
        client_id=CLIENT_ID, secret=SecretStr(CLIENT_SECRET), seconds=2,
    )  # fmt: skip
    with running_behind_a_line(database_url, folder, account_sources=(customs,), p256_status=True) as made:
        yield made


def _register(life: Life) -> None:
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


def _register_on_a_pc(life: Life) -> None:
    life.get("/api/register/account-sources")
    captcha = life.post("/api/register/captchas", b"", "application/json").json()["captcha_id"]
    life.get(f"/api/register/captchas/{captcha}/audio")
    asked = {"phone": "13700002468", "captcha_id": captcha, "captcha": life.captcha_answer(captcha)}
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
    life.post("/api/register/accounts", json.dumps(person).encode(), "application/json")


def _log_in_from_outside(life: Life) -> None:
    life.phone.account_sources()
    begun = life.phone.begin_outside_login("customs")
    code, state = life.provider.log_in_at(begun.address)
    life.phone.finish_outside_login(state, code)
    life.phone.logout()


def _log_in(life: Life) -> None:
    captcha = life.phone.captcha().captcha_id
    life.get(f"/api/phone/captchas/{captcha}/audio")
    answer = life.captcha_answer(captcha)
    life.phone.login(account=OPERATOR.phone, password=OPERATOR.password, captcha_id=captcha, captcha=answer)


def _form(life: Life, purpose: str) -> dict[str, Any]:
    return {
        "name": OPERATOR.name,
        "id_number": OPERATOR.id_number,
        "user_type": "operator",
        "credit_code": OPERATOR.credit_code,
        "sms_code": life.sms_code(OPERATOR, purpose),
    }


def _apply(life: Life) -> None:
    life.wait_a_minute()
    life.phone.request_sms_code("apply")
    life.phone.apply(**_form(life, "apply"), pin=OPERATOR.pin)
    life.shield_number = life.phone.certificate().shield_number
    assert life.phone.me().shield_number == life.shield_number


def _use(life: Life) -> None:
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
    phone.approve(declaration.id, pin=OPERATOR.pin)
    business.result(declaration.id)
    life.log()
    life.get(f"/api/business/requests/{declaration.id}/evidence", **life.basic())
    unwanted = business.request_signature([_DECLARATION], pc=_PC)
    phone.scan(life.qr(unwanted))
    phone.decline(unwanted.id, reason="not_me")
    business.cancel(business.request_login().id)
    newest, *older = phone.signatures().items
    assert len(older) == 1
    assert phone.signature(newest.sid).digest == newest.digest
    assert [each.shield_number for each in phone.devices()] == [life.shield_number]


def _look_after(life: Life) -> None:
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


def _renew(life: Life) -> None:
    def interrupted(*_: object) -> str:
        raise _Interrupted

    pins: tuple[Any, ...] = (interrupted, OPERATOR.pin)
    life.service.run(execute(life.service.db, "UPDATE filed_persons SET version = version + 1"))
    for pin in pins:
        life.wait_a_minute()
        life.phone.request_sms_code("renew")
        form = _form(life, "renew")
        if pin is interrupted:
            with pytest.raises(_Interrupted):
                life.phone.renew(**form, pin=pin)
            life.phone.give_up_renewal()
        else:
            life.phone.renew(**form, pin=pin)


def _forget_the_password(life: Life) -> None:
    life.wait_a_minute()
    life.phone.request_sms_code("reset", phone=OPERATOR.phone)
    life.phone.reset_password(
        phone=OPERATOR.phone,
        sms_code=life.sms_code(OPERATOR, "reset"),
        id_number=OPERATOR.id_number,
        password=OPERATOR.password,
    )
    _log_in(life)


def _manage(life: Life) -> None:
    portal, code = life.portal, LEGAL_PERSON.credit_code
    life.wait_a_minute()
    captcha = portal.captcha().captcha_id
    life.get(f"/api/portal/captchas/{captcha}/audio")
    begun = portal.begin_login(
        account=LEGAL_PERSON.phone,
        password=LEGAL_PERSON.password,
        captcha_id=captcha,
        captcha=life.captcha_answer(captcha),
    )
    portal.finish_login(begun.login_id, life.sms_code(LEGAL_PERSON, "portal"))
    portal.session()
    portal.people(code)
    portal.shields(code)
    portal.export(code, "people")
    portal.export(code, "shields")
    assert portal.history(code, event="report_loss").items == ()
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


def _ask_own_shield(life: Life) -> None:
    """The legal person's own: he logs in by it, and is asked to sign a revocation."""
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
    secret = life.service.application.context.request_secrets.qr_secret(made["request_id"])
    phone.scan(qr_text(ORIGIN, made["request_id"], secret, 0))
    phone.approve(pin=LEGAL_PERSON.pin)
    given = {name: made[name] for name in ("request_id", "status_token")}
    opened = life.post("/api/portal/shield-sessions", json.dumps(given).encode(), "application/json").json()
    terms = {"shield_numbers": [life.shield_number], "reason": "员工离职", "cause": "affiliation_changed"}
    life.post(
        f"/api/portal/enterprises/{LEGAL_PERSON.credit_code}/revocation-requests",
        json.dumps(terms).encode(),
        "application/json",
        **{"X-CSRF-Token": opened["csrf_token"]},
    )


def _staff(life: Life) -> None:
    token = life.service.run(life.service.application.staff_token(*StaffRole))
    bearer = {"Authorization": f"Bearer {token}"}
    listed = (EXAMPLES / "filing.csv").read_bytes()
    life.post("/api/console/filing/imports?dry_run=true", listed, "text/csv", **bearer)
    life.post("/api/console/filing/imports", listed, "text/csv", **bearer)
    life.get("/api/console/filing/export?format=csv", **bearer)
    (person,) = (
        each
        for each in life.get("/api/console/filing/people", **bearer).json()["items"]
        if each["name"] == OPERATOR.name
    )
    reason = '{"reason": "已离职"}'.encode()
    life.post(f"/api/console/filing/people/{person['id']}/end", reason, "application/json", **bearer)
    account = life.get(f"/api/console/accounts?phone={OPERATOR.phone}", **bearer).json()
    path = f"/api/console/accounts/{account['id']}"
    life.get(path, **bearer)
    for state in ("disabled", "active"):
        wanted = json.dumps({"state": state, "reason": "本人来电"}).encode()
        life.post(f"{path}/state", wanted, "application/json", **bearer)
    ended = '{"login_id": null, "reason": "本人来电"}'.encode()
    life.post(f"{path}/logouts", ended, "application/json", **bearer)
    change = '{"phone": "13700001234", "evidence": "本人持身份证原件到柜台办理"}'.encode()
    life.post(f"/api/console/accounts/{account['id']}/phone", change, "application/json", **bearer)
    life.get("/api/console/acts", **bearer)


def _operate(life: Life) -> None:
    """What a security officer does at the console."""
    token = life.service.run(life.service.application.staff_token(*StaffRole))
    bearer = {"Authorization": f"Bearer {token}"}

    def call(method: str, path: str, document: object = None) -> Any:
        content = b"" if document is None else json.dumps(document).encode()
        headers = bearer | {"Content-Type": "application/json"}
        answer = life.http.request(method, f"/api/console{path}", content=content, headers=headers)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json() if "json" in answer.headers["content-type"] else answer.content

    new = {"name": "掌上海关", "domain": "palm.example", "return_urls": ["palmcustoms://signed"]}
    made = call("POST", "/systems", new)["system"]
    path = f"/systems/{made['client_id']}"
    call("GET", "/systems")
    call("GET", path)
    call("PUT", path, new | {"domain": "app.palm.example"})
    call("POST", f"{path}/secret", {"overlap_hours": 24})
    call("DELETE", f"{path}/previous-secret")
    call("PUT", f"{path}/login", {"redirect_uris": ["https://app.palm.example/cb"]})
    call("DELETE", f"{path}/login")
    hook = call("POST", f"{path}/webhooks", {"url": "https://app.palm.example/hook"})
    call("POST", f"/webhooks/{hook['id']}/secret", {"overlap_hours": 24})
    _disable_webhook(life, hook["id"])
    call("POST", f"/webhooks/{hook['id']}/enable")
    call("POST", "/webhooks/replays", {"target": hook["id"]})
    call("DELETE", f"/webhooks/{hook['id']}")
    call("GET", "/webhooks/deliveries")
    call("POST", f"{path}/state", {"state": "disabled", "reason": "合同到期"})
    found = call("GET", f"/certificates?shield_number={life.shield_number}")["items"][0]
    call("GET", f"/certificates/{found['serial']}")
    call("GET", f"/certificates/{found['serial']}/file")
    call("GET", "/ca")
    call("GET", "/dashboard")
    call("GET", "/jobs")
    call("POST", "/jobs/purge/runs")
    call("GET", "/sms?limit=2")
    life.log()
    call("GET", f"/acts/{call('GET', '/acts?act=system')['items'][0]['id']}/proof")


def _disable_webhook(life: Life, endpoint_id: str) -> None:
    """As its answer 410 does."""
    db = life.service.application.context.db
    life.service.run(
        webhook_endpoints.disable(db, id=endpoint_id, reason="http_410", now=life.service.clock())
    )


def _console(life: Life) -> None:
    """A person at the console: first access, login, way out."""
    clerk = life.service.run(Clerk.added(life.service.application, StaffRole.AUDITOR))
    http = life.http

    def post(path: str, **document: object) -> dict[str, Any]:
        made = life.post(f"/api/console{path}", json.dumps(document).encode(), "application/json")
        answer: dict[str, Any] = made.json()
        return answer

    offer = post("/set-ups", code=clerk.set_up_code)["offer"]
    clerk.secret = offer["totp"]["secret"]
    factor = {"enrolment": offer["enrolment"], "totp_code": clerk.code()}
    post("/set-ups/completions", code=clerk.set_up_code, password=PASSWORD, factor=factor)
    begun = post("/logins", name=clerk.name, password=PASSWORD)
    session = post("/sessions", login_id=begun["login_id"], code=clerk.next_code())
    assert life.get("/api/console/session").json() == session
    _own_login(life, session["csrf_token"])
    ended = http.delete("/api/console/session", headers={"X-CSRF-Token": session["csrf_token"]})
    assert ended.status_code == 204


def _own_login(life: Life, csrf: str) -> None:
    """His second factors, his password, his sessions."""
    key = SoftKey()

    def change(method: str, path: str, **document: object) -> Any:
        content, headers = json.dumps(document).encode(), {"X-CSRF-Token": csrf}
        headers["Content-Type"] = "application/json"
        answer = life.http.request(method, f"/api/console/me{path}", content=content, headers=headers)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json() if answer.content else None

    offer = change("POST", "/factors/offers", password=PASSWORD)
    made = key.register(offer["key"]["challenge"])
    added = change("POST", "/factors", enrolment=offer["enrolment"], label="密钥", registration=made)
    shown = life.get("/api/console/me/login").json()
    change("POST", f"/factors/{added['id']}/removal", password=PASSWORD)
    other = next(each for each in shown["sessions"] if not each["is_this"])
    change("DELETE", f"/sessions/{other['id']}")
    change("POST", "/password", password=PASSWORD, new_password="Another-desk-2027")


def _two_officers(life: Life) -> None:
    """What one asks for, the other approves."""
    made = life.service.application
    one, other = (life.service.run(Clerk.at_work(made, StaffRole.SECURITY_OFFICER)) for _ in range(2))

    def call(who: Clerk, method: str, path: str, document: object = None) -> Any:
        answer = life.service.run(who.call(method, path, document))
        assert answer.is_success, answer.text
        return answer.json()

    call(one, "GET", "/staff")
    question = {"act": "staff.add", "subject": "李想", "details": {"roles": ["auditor"]}, "reason": "新员工"}
    asked = call(one, "POST", "/approvals", question)
    call(one, "POST", f"/approvals/{asked['id']}/withdrawal")
    asked = call(one, "POST", "/approvals", question)
    call(other, "GET", "/approvals")
    decided = call(other, "POST", f"/approvals/{asked['id']}/decision", {"decision": "approve"})
    assert decided["told"]["set_up"]


def _publication(life: Life) -> None:
    context = life.service.application.context
    life.log()
    for path in (
        "/pki/root.cer",
        "/pki/issuing.cer",
        "/pki/issuing.crl",
        "/log/checkpoint",
        "/healthz",
        "/api/faq",
    ):
        life.get(path)
    issuing = context.authorities.issuing.certificate
    asked = build_ocsp_request([CertId.of(issuing, int(life.phone.certificate().serial, 16))])
    for prefix in ("/pki/ocsp", "/pki/p256/ocsp"):
        life.post(prefix, asked, "application/ocsp-request")
        life.get(f"{prefix}/{base64.b64encode(asked).decode()}")
    size = int(life.get("/log/checkpoint").text.splitlines()[1])
    life.get(f"/log/tile/0/000.p/{size}")
    life.get(f"/log/tile/entries/000.p/{size}")


_LIFE: Final[tuple[Callable[[Life], None], ...]] = (
    _register, _register_on_a_pc, _log_in_from_outside, _log_in, _apply, _use, _look_after, _renew,
    _forget_the_password, _publication, _manage, _staff, _operate, _console, _two_officers,
)  # fmt: skip


def test_every_operation_is_called_and_answers_as_documented(life: Life) -> None:
    ANSWERED.clear()
    for part in _LIFE:
        part(life)
    operations = {
        operation["operationId"]
        for item in document()["paths"].values()
        for operation in item.values()
        if "oidc" not in operation["tags"]
    }
    assert operations - ANSWERED == set()
