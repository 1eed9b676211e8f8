"""After a reset by SMS, an older shield proves the legal representative at the portal, and a newer one doesn't."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR, Person
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.work import solved
from mshield.wire.qr import qr_text
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.killed_service import Mortal, mortal_service

API: Final = "/api/portal"
OWN: Final = LEGAL_PERSON.credit_code
NEW: Final = "Stolen-sms-2026"  # an invented test password
THIEF: Final = replace(LEGAL_PERSON, password=NEW)
TERMS: Final = {"shield_numbers": [], "reason": "员工离职", "cause": "affiliation_changed"}


@dataclass(slots=True)
class Page:
    """A browser at the portal."""

    service: Mortal
    http: httpx.Client
    opened: dict[str, Any] = field(default_factory=dict)

    def send(self, path: str, document: object = None) -> httpx.Response:
        headers = {"X-CSRF-Token": self.opened["csrf_token"]} if self.opened else {}
        return self.http.post(API + path, json=document, headers=headers)

    def by_password(self, person: Person) -> None:
        """Logs in with what a reader of the SMS has."""
        self.service.clock.advance(seconds=61)
        captcha = self.send("/captchas").json()
        answer = self.service.get(f"/dev/captchas/{captcha['captcha_id']}")["answer"]
        document = {
            "account": person.phone,
            "password": person.password,
            "captcha_id": captcha["captcha_id"],
            "captcha": answer,
            "work": solved(json.dumps(captcha["challenge"]).encode()),
        }
        begun = self.send("/logins", document)
        assert begun.status_code == 201, begun.text
        code = {"login_id": begun.json()["login_id"], "sms_code": self.service.code("portal")}
        self._enter(self.send("/sessions", code))

    def by_shield(self, phone: VirtualPhone) -> None:
        """Logs in by scan and PIN."""
        asked = self.signed(phone, "/shield-logins")
        self._enter(
            self.send("/shield-sessions", {name: asked[name] for name in ("request_id", "status_token")})
        )

    def signed(self, phone: VirtualPhone, path: str, document: object = None) -> dict[str, Any]:
        """Returns the portal's request that the phone scanned and signed."""
        answer = self.send(path, document)
        assert answer.status_code == 201, answer.text
        asked: dict[str, Any] = answer.json()
        context = self.service.context
        secret = context.requests.secrets.qr_secret(asked["request_id"])
        phone.scan(qr_text(context.settings.site.public_origin, asked["request_id"], secret, 0))
        phone.approve(pin=LEGAL_PERSON.pin)
        return asked

    @property
    def waits(self) -> bool:
        """Reports whether the page shows that acts must wait."""
        (enterprise,) = self.opened["enterprises"]
        return enterprise["acts_from"] is not None

    def lift(self, number: str) -> httpx.Response:
        act = {"act": "unfreeze", "shield_numbers": [number], "reason": "已核实"}
        return self.send(f"/enterprises/{OWN}/acts", act)

    def _enter(self, answer: httpx.Response) -> None:
        assert answer.status_code == 201, answer.text
        self.opened = answer.json()


@pytest.fixture
def service(
    database_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mortal]:
    """An operator with a shield in use."""
    with mortal_service(database_url, tmp_path, clock, monkeypatch) as running:
        running.enrolled(tmp_path / "operator", OPERATOR).close()
        clock.advance(seconds=3600)
        yield running


@pytest.fixture
def page(service: Mortal) -> Iterator[Callable[[], Page]]:
    """Returns a function that opens new browsers."""
    clients: list[httpx.Client] = []

    def made() -> Page:
        transport = httpx.MockTransport(service.handle)
        clients.append(httpx.Client(base_url="http://localhost:8000", transport=transport))
        return Page(service, clients[-1])

    yield made
    for client in clients:
        client.close()


def reset(service: Mortal, folder: Path) -> VirtualPhone:
    """Returns a phone of the thief, logged in by the reset password."""
    service.clock.advance(seconds=3600)
    phone = service.phone(folder)
    phone.request_sms_code("reset", phone=LEGAL_PERSON.phone)
    phone.reset_password(
        phone=LEGAL_PERSON.phone,
        sms_code=service.code("reset"),
        id_number=LEGAL_PERSON.id_number,
        password=NEW,
    )
    captcha = phone.captcha()
    answer = service.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    phone.login(account=LEGAL_PERSON.phone, password=NEW, captcha_id=captcha.captcha_id, captcha=answer)
    return phone


def register(service: Mortal, phone: VirtualPhone) -> None:
    phone.request_sms_code("register", phone=LEGAL_PERSON.phone)
    phone.register(
        name=LEGAL_PERSON.name,
        id_type="resident_id",
        id_number=LEGAL_PERSON.id_number,
        phone=LEGAL_PERSON.phone,
        sms_code=service.code("register"),
        password=LEGAL_PERSON.password,
    )


def number(service: Mortal) -> str:
    row = service.fetch("SELECT shield_number FROM certificates WHERE role = 'operator'")
    return str(row["shield_number"])


def test_older_shield_needs_no_wait_and_helps_no_other_session(
    service: Mortal, page: Callable[[], Page], tmp_path: Path
) -> None:
    with service.enrolled(tmp_path / "legal", LEGAL_PERSON) as phone:
        reset(service, tmp_path / "thief").close()
        thief, honest = page(), page()
        thief.by_password(THIEF)
        assert thief.waits
        phone.unlock(pin=LEGAL_PERSON.pin)  # the reset logged the phone out
        honest.by_shield(phone)
        assert not honest.waits
        honest.send(
            f"/enterprises/{OWN}/acts", {"act": "freeze", "shield_numbers": [number(service)], "reason": "x"}
        )
        assert_refused(thief.lift(number(service)), "acts_later", 429)  # the thief's own session
        (outcome,) = honest.lift(number(service)).json()["items"]
        assert outcome["outcome"] == "changed"
        # The cookie identifies the login: another login's id with the thief's own token is refused.
        (own,), (theirs,) = [list(each.http.cookies.jar) for each in (thief, honest)]
        assert theirs.value is not None
        thief.http.cookies.clear()
        thief.http.cookies.set(own.name, f"{own.value}" + theirs.value[43:])
        assert_refused(thief.http.get(f"{API}/session"), "unauthenticated", 401)


def test_act_signed_by_an_older_shield_needs_no_wait(
    service: Mortal, page: Callable[[], Page], tmp_path: Path
) -> None:
    """The person logged in by the new password and lets their shield sign only this act."""
    with service.enrolled(tmp_path / "legal", LEGAL_PERSON) as phone:
        reset(service, tmp_path / "thief").close()
        desk, terms = page(), TERMS | {"shield_numbers": [number(service)]}
        desk.by_password(THIEF)
        phone.unlock(pin=LEGAL_PERSON.pin)  # the reset logged the phone out
        asked = desk.signed(phone, f"/enterprises/{OWN}/revocation-requests", terms)
        answer = desk.send(f"/enterprises/{OWN}/revocations", terms | {"request_id": asked["request_id"]})
        assert answer.json()["items"][0]["outcome"] == "changed"


def test_shield_of_the_thief_waits_too(service: Mortal, page: Callable[[], Page], tmp_path: Path) -> None:
    """A legal representative without a shield: the thief's two SMS would give one at once."""
    with service.phone(tmp_path / "first") as first:
        register(service, first)
    with reset(service, tmp_path / "thief") as phone:
        service.apply(phone, LEGAL_PERSON)
        desk, terms = page(), TERMS | {"shield_numbers": [number(service)]}
        desk.by_shield(phone)
        assert desk.waits
        asked = desk.signed(phone, f"/enterprises/{OWN}/revocation-requests", terms)
        answer = desk.send(f"/enterprises/{OWN}/revocations", terms | {"request_id": asked["request_id"]})
        assert_refused(answer, "acts_later", 429)
        assert_refused(desk.lift(number(service)), "acts_later", 429)
        service.clock.advance(seconds=86_400)
        desk = page()
        phone.unlock(pin=LEGAL_PERSON.pin)
        desk.by_shield(phone)
        assert not desk.waits
