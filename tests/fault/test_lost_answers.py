"""A network failure loses nothing (R17): each call of each flow is lost once, and then for as long as a phone tries.

A flow is a line of FLOWS. It is tried with the n-th request lost and with the n-th answer lost, for each n. One loss
is nothing that a user notices; after an outage he does the same again, and comes to the right end. No account is made
twice, no SMS is sent twice for one answer, no PIN attempt is lost.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from mshield.client import BusinessClient, Document
from mshield.client.business.values import Created
from mshield.client.errors import ClientError, NetworkError, PhoneError
from mshield.client.phone import VirtualPhone
from mshield.demo.people import Person
from tests.accounts import make_passwords_cheap
from tests.lossy import Loss, Service, running_behind_a_line
from tests.signing import execute, statement

pytestmark = pytest.mark.slow

DOCUMENT: Final = Document(title="报关单", media_type="text/plain", content="总价 126000 欧元".encode())
NEW_PIN: Final = "314159"
TRIES: Final = 3
"""Of the phones here; the business system's client tries four times."""


@dataclass(slots=True)
class Case:
    """One person with a phone, and what a flow leaves for its next steps."""

    service: Service
    person: Person
    phone: VirtualPhone
    business: BusinessClient
    captcha: str = ""
    request: Created | None = None
    seen: dict[str, str] = field(default_factory=dict)

    @property
    def asked(self) -> Created:
        assert self.request is not None
        return self.request

    def state(self) -> str:
        """Of the business system's request."""
        return self.business.status(self.asked.id).state

    def sent(self, purpose: str) -> int:
        """SMS codes charged to this number."""
        return self.service.count(
            "SELECT COUNT(*) AS n FROM sms_codes WHERE phone = $1 AND purpose = $2",
            self.person.phone,
            purpose,
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
    bound = case.service.count(
        "SELECT COUNT(*) AS n FROM bindings b JOIN accounts a ON a.id = b.account_id"
        " WHERE a.phone = $1 AND b.bound_at IS NOT NULL AND b.ended_at IS NULL",
        case.person.phone,
    )
    assert bound == 1
    no_attempt_is_lost(case)


def is_logged_out(case: Case) -> None:
    assert not case.phone.status().logged_in


Step = Callable[[Case], None]


@dataclass(frozen=True, slots=True)
class Flow:
    """What came before without a loss, the steps that meet one, what must hold at the end, the SMS that they cost."""

    before: tuple[Step, ...]
    steps: tuple[Step, ...]
    holds: Step
    sms: str | None = None


_ACCOUNT: Final = (get_register_code, register)
_LOGIN: Final = (*_ACCOUNT, get_captcha, log_in)
_SHIELD: Final = (*_LOGIN, wait_a_minute, get_apply_code, apply)

FLOWS: Final = {
    "register": Flow((), _ACCOUNT, has_one_account, sms="register"),
    "log in": Flow(_ACCOUNT, (get_captcha, log_in), is_logged_in),
    "apply": Flow((*_LOGIN, wait_a_minute), (get_apply_code, apply), has_one_certificate, sms="apply"),
    "ask and scan": Flow(_SHIELD, (ask_login, scan), is_scanned),
    "approve a login": Flow((*_SHIELD, ask_login, scan), (approve,), is_signed),
    "approve a signature": Flow((*_SHIELD, ask_signature, scan), (approve,), is_signed),
    "decline": Flow((*_SHIELD, ask_signature, scan), (decline,), is_declined),
    "cancel": Flow((*_SHIELD, ask_signature), (cancel,), is_cancelled),
    "change the PIN": Flow((*_SHIELD, wait_a_minute), (change_pin,), the_new_pin_counts),
    "renew": Flow(
        (*_SHIELD, wait_a_minute, file_a_change), (get_renewal_code, renew), is_renewed_once, sms="renew"
    ),
    "bind": Flow(_SHIELD, (bind,), is_bound),
    "log out": Flow(_LOGIN, (log_out,), is_logged_out),
}


@pytest.fixture
def service(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    make_passwords_cheap(monkeypatch)
    with running_behind_a_line(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def service_on_sqlite(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """For what the phone does by itself, whatever the database."""
    make_passwords_cheap(monkeypatch)
    with running_behind_a_line(sqlite_url, tmp_path) as made:
        yield made


def _case(service: Service, flow: Flow) -> Case:
    """A person and his phone, as far as the flow's beginning."""
    service.line.repair()
    service.clock.advance(seconds=3600)  # whoever came before has left no limit behind
    case = Case(service, service.person(), service.phone(), service.business())
    for step in flow.before:
        step(case)
    return case


def _calls(service: Service, flow: Flow) -> int:
    """How many calls the steps make when nothing is lost."""
    case = _case(service, flow)
    service.line.repair()
    for step in flow.steps:
        step(case)
    calls = service.line.calls
    flow.holds(case)
    return calls


@pytest.mark.parametrize("name", FLOWS)
def test_r17_one_loss_anywhere_is_made_good(service: Service, name: str) -> None:
    flow = FLOWS[name]
    losses: tuple[Loss, ...] = ("request", "answer")
    for call in range(_calls(service, flow)):
        for loss in losses:
            case = _case(service, flow)
            service.line.lose(loss, call=call)
            for step in flow.steps:
                step(case)
            service.line.repair()
            flow.holds(case)
            if flow.sms is not None:
                assert case.sent(flow.sms) == 1, f"{loss} {call}"


@pytest.mark.parametrize("name", FLOWS)
def test_r17_after_an_outage_the_user_does_it_again(service_on_sqlite: Service, name: str) -> None:
    flow = FLOWS[name]
    for call in range(_calls(service_on_sqlite, flow)):
        case = _case(service_on_sqlite, flow)
        service_on_sqlite.line.lose("answer", call=call, calls=4)
        _insist(case, flow)
        service_on_sqlite.line.repair()
        flow.holds(case)


def _insist(case: Case, flow: Flow) -> None:
    """Does a step again while the network fails; begins anew where a code has been spent meanwhile."""
    place = 0
    for _ in range(12):
        if place == len(flow.steps):
            return
        try:
            flow.steps[place](case)
        except NetworkError:
            continue
        except ClientError as error:
            if error.code not in {"sms_code_expired", "sms_code_wrong", "captcha_wrong"}:
                raise
            wait_a_minute(case)
            place = 0
        else:
            place += 1
    raise AssertionError("the user gave up")
