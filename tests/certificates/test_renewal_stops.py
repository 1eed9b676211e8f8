"""A renewal that stops anywhere, with the phone's app killed: which certificate is in force, how it goes on (R11, R17).

This uses the virtual phone and a real server process; a new key on both databases. A call is lost on its way,
or its answer on the way back; the app gives up at once, as if killed, and is then started again.
"""

import base64
import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypedDict

import httpx
import pytest

from mshield.client import Document
from mshield.client.errors import NetworkError, PhoneError, ProblemError, ProtocolError
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import Patience, PinSource, VirtualPhone
from mshield.testkit.phone.state import State
from mshield.wire.phone.enrolment import UserType
from tests.support.forked import run_forked
from tests.support.live_service import PIN_ROUNDS, LiveService, enrolled
from tests.support.return_url import RETURN_URL

Lost = Literal["request", "answer"]
AT_ONCE = Patience(network_tries=1, finish_tries=1, sessions=1)
_DOCUMENT = Document(title="报关单", media_type="text/plain", content=b"content")


class Form(TypedDict):
    """The data page of a renewal."""

    name: str
    id_number: str
    user_type: UserType
    credit_code: str
    sms_code: str


class Losing(httpx.HTTPTransport):
    """A transport that loses the n-th call, or its answer, and all later ones."""

    def __init__(self, lost_from: int, what: Lost) -> None:
        super().__init__()
        self._calls, self._lost_from, self._what = 0, lost_from, what

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call, self._calls = self._calls, self._calls + 1
        if call > self._lost_from or (call == self._lost_from and self._what == "request"):
            raise httpx.ConnectError("lost on the way", request=request)
        answer = super().handle_request(request)
        if call == self._lost_from:
            answer.read()
            raise httpx.ReadError("the answer is lost", request=request)
        return answer

    @property
    def stopped(self) -> bool:
        """Reports whether the n-th call was reached."""
        return self._calls > self._lost_from


class Lying(httpx.HTTPTransport):
    """A transport that falsifies the answers of calls to one path."""

    def __init__(self, path: str, lie: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._path, self._lie = path, lie

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if self._path not in request.url.path or not answer.is_success:
            return answer
        document = json.loads(answer.read())
        self._lie(document)
        return httpx.Response(answer.status_code, json=document)


@contextmanager
def running(folder: Path, database: str, key: str, **more: str) -> Iterator[LiveService]:
    """A service whose certificates are due for renewal from their first day; `more` are further settings."""
    settings = {"MSHIELD_CERTIFICATE_DAYS": "100", "MSHIELD_RENEWAL_KEY": key}
    live = LiveService(folder, database, settings=settings | more)
    live.prepare()
    live.start()
    try:
        yield live
    finally:
        live.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service whose renewals make a new key."""
    folder = tmp_path_factory.mktemp("renewal")
    with running(folder, f"sqlite:///{folder}/mshield.db", "new") as made:
        yield made


@pytest.fixture(scope="module")
def phone(service: LiveService) -> Iterator[VirtualPhone]:
    """A certified phone; each test leaves it certified, under the same PIN."""
    made = enrolled(service)
    yield made
    made.close()


def form(service: LiveService) -> Form:
    """Returns the data page with the newest code."""
    return {
        "name": OPERATOR.name,
        "id_number": OPERATOR.id_number,
        "user_type": "operator",
        "credit_code": OPERATOR.credit_code,
        "sms_code": service.sms_code("renew"),
    }


def renew(service: LiveService, phone: VirtualPhone, *, pin: PinSource = OPERATOR.pin) -> str:
    """Renews like the user, with a fresh code; returns the new serial."""
    phone.request_sms_code("renew")
    return phone.renew(**form(service), pin=pin).serial


def sign(service: LiveService, phone: VirtualPhone, *, pin: str = OPERATOR.pin) -> int:
    """Signs a document and returns the serial of the certificate that verifies it."""
    with service.business() as business:
        phone.scan(business.request_signature([_DOCUMENT]).qr)
        done = phone.approve(pin=pin)
        result = business.result(done.request_id)
    return parse_certificate_pem(result.certificate_pem).serial


def stored(service: LiveService) -> State:
    return State.decode((service.folder / "phone" / "state.json").read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "key", "lost"),
    [
        ("sqlite", "new", ("request", "answer")),
        ("postgresql", "new", ("answer",)),
        ("sqlite", "same", ("answer",)),
    ],
)
@pytest.mark.long
def test_r11_r17_renewal_completes_wherever_it_stopped(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, key: str, lost: tuple[Lost, ...]
) -> None:
    with running(tmp_path, request.getfixturevalue(f"{database}_url"), key) as service:
        phone = enrolled(service)
        number, call = phone.certificate().shield_number, 0
        while all(_renewed(service, phone, Losing(call, what)) for what in lost):
            call += 1
        assert call >= (9 if key == "same" else 15)
        assert phone.certificate().shield_number == number
        assert phone.status().left == 5
        phone.close()


def _renewed(service: LiveService, phone: VirtualPhone, losing: Losing) -> bool:
    """Renews over a connection that fails, then goes on like the user; returns whether it failed before the end."""
    serial = phone.certificate().serial
    phone.request_sms_code("renew")
    folder = service.folder / "phone"
    with (
        VirtualPhone(folder, transport=losing, patience=AT_ONCE, pin_rounds=PIN_ROUNDS) as failing,
        contextlib.suppress(NetworkError),
    ):
        failing.renew(**form(service), pin=OPERATOR.pin)
    new = _gone_on(service, phone, serial)
    assert new != serial
    assert sign(service, phone) == int(new, 16)
    state = stored(service)
    assert state.pending is None
    assert state.key is not None
    assert state.key.rn is None
    assert len(state.key.slots) == 1
    return losing.stopped


def _gone_on(service: LiveService, phone: VirtualPhone, serial: str) -> str:
    """Restarts the app: it resumes the renewal, finds it completed, or the user begins another one."""
    try:
        return phone.resume_renewal(OPERATOR.pin).serial
    except PhoneError as refused:
        known = refused.code == "no_renewal"
    assert known
    now = phone.certificate().serial
    return renew(service, phone) if now == serial else now


def test_r10_the_pin_is_asked_once_and_stays(service: LiveService, phone: VirtualPhone) -> None:
    asked = []

    def pin(prompt: object) -> str:
        asked.append(prompt)
        return OPERATOR.pin

    renew(service, phone, pin=pin)
    assert len(asked) == 1
    sign(service, phone)


def test_r10_wrong_pin_makes_no_key_and_the_right_one_continues(
    service: LiveService, phone: VirtualPhone
) -> None:
    serial = phone.certificate().serial
    with pytest.raises(ProblemError) as refused:
        renew(service, phone, pin="908172")
    assert (refused.value.code, refused.value.left) == ("wrong_pin", 4)
    assert stored(service).pending is None
    assert phone.certificate().serial == serial
    new = phone.resume_renewal(OPERATOR.pin).serial
    assert new != serial
    assert sign(service, phone) == int(new, 16)


def test_r10_weak_pins_are_refused_by_the_phone_and_nothing_is_sent(
    service: LiveService, phone: VirtualPhone
) -> None:
    for weak, reason in (("121212", "repeated"), ("900101", "birthday"), ("330206", "id_number")):
        with pytest.raises(PhoneError) as refused:
            renew(service, phone, pin=weak)
        assert (refused.value.code, refused.value.extra["reason"]) == ("weak_pin", reason)
    # A PIN change asks for no id number; the service gives the holder's birth date to the phone.
    with pytest.raises(PhoneError) as refused:
        phone.change_pin(OPERATOR.pin, "900101")
    assert refused.value.extra["reason"] == "birthday"
    assert "生日" in refused.value.zh
    assert phone.status().left == 5
    phone.change_pin(OPERATOR.pin, "908172")
    phone.change_pin("908172", OPERATOR.pin)
    assert b"1990" not in (service.folder / "phone" / "state.json").read_bytes()


def test_r11_no_pin_change_while_a_renewal_is_unfinished(service: LiveService, phone: VirtualPhone) -> None:
    phone.request_sms_code("renew")
    folder, losing = service.folder / "phone", Losing(8, "request")
    with (
        VirtualPhone(folder, transport=losing, patience=AT_ONCE, pin_rounds=PIN_ROUNDS) as failing,
        pytest.raises(NetworkError),
    ):
        failing.renew(**form(service), pin=OPERATOR.pin)
    assert stored(service).pending is not None
    with pytest.raises(PhoneError, match="unfinished"):
        phone.change_pin(OPERATOR.pin, "908172")
    phone.give_up_renewal()
    assert stored(service).pending is None
    phone.change_pin(OPERATOR.pin, "908172")
    sign(service, phone, pin="908172")
    phone.change_pin("908172", OPERATOR.pin)


def test_r11_person_no_longer_on_file_can_cancel_the_renewal(tmp_path: Path) -> None:
    """With jobs on, a job would end the renewal a minute later."""
    database = f"sqlite:///{tmp_path}/mshield.db"
    with running(tmp_path, database, "new", MSHIELD_JOBS="off") as service, enrolled(service) as phone:
        phone.request_sms_code("renew")
        losing = Losing(8, "request")
        with (
            VirtualPhone(
                tmp_path / "phone", transport=losing, patience=AT_ONCE, pin_rounds=PIN_ROUNDS
            ) as failing,
            pytest.raises(NetworkError),
        ):
            failing.renew(**form(service), pin=OPERATOR.pin)
        filed = service.command("filing", "list", "--credit-code", OPERATOR.credit_code)
        (person,) = [each["id"] for each in filed if each["name"] == OPERATOR.name]
        service.command("filing", "end", person, "--reason", "离职")
        with pytest.raises(ProblemError) as stands:
            phone.resume_renewal(OPERATOR.pin)
        assert stands.value.code == "no_filing"
        with pytest.raises(PhoneError, match="unfinished"):
            phone.change_pin(OPERATOR.pin, "908172")
        phone.give_up_renewal()
        assert stored(service).pending is None
        with pytest.raises(PhoneError) as over:
            phone.give_up_renewal()
        assert over.value.code == "no_renewal"


def test_r11_cancelling_without_a_renewal_is_an_error(service: LiveService, phone: VirtualPhone) -> None:
    with pytest.raises(PhoneError) as refused:
        phone.give_up_renewal()
    assert refused.value.code == "no_renewal"


def test_r08_app_may_request_once_the_phone_is_bound(service: LiveService, phone: VirtualPhone) -> None:
    with service.business() as business:
        created = business.request_signature([_DOCUMENT], channel="app", return_url=RETURN_URL)
        assert created.qr == ""
        with pytest.raises(ProblemError) as refused:
            phone.scan(created.app_link)
        assert (refused.value.code, refused.value.faq) == ("not_bound", "3.10")
        bound = phone.bind(OPERATOR.pin)
        assert bound.statement.account == OPERATOR.phone
        assert [each.sid for each in phone.me().bindings] == [bound.sid]
        renew(service, phone)
        phone.scan(created.app_link)
        phone.approve(pin=OPERATOR.pin)
        assert business.status(created.id).state == "signed"
        phone.unbind(bound.sid)
        assert phone.me().bindings == ()


def _other_name(document: dict[str, Any]) -> None:
    document["subject"]["common_name"] = "张伟"


def _other_message(document: dict[str, Any]) -> None:
    document["message_b64"] = base64.b64encode(b"\x00\x00\x00\x10MSHIELD/v1/renew").decode()


def _other_certificate(document: dict[str, Any]) -> None:
    if document["certificate_pem"] is not None:
        document["certificate_pem"] = document["chain_pem"][0]


@pytest.mark.parametrize(
    ("path", "lie", "code"),
    [
        ("/renewals", _other_name, "bad_request_info"),
        ("/api/phone/tasks/", _other_message, "bad_task"),
        ("/renewals/current", _other_certificate, "bad_certificate"),
    ],
)
def test_r11_phone_refuses_a_renewal_it_did_not_request(
    service: LiveService, phone: VirtualPhone, path: str, lie: Callable[[dict[str, Any]], None], code: str
) -> None:
    serial = phone.certificate().serial
    phone.request_sms_code("renew")
    folder = service.folder / "phone"
    with (
        VirtualPhone(folder, transport=Lying(path, lie), patience=AT_ONCE, pin_rounds=PIN_ROUNDS) as deceived,
        pytest.raises(ProtocolError) as refused,
    ):
        deceived.renew(**form(service), pin=OPERATOR.pin)
    assert refused.value.code == code
    assert phone.certificate().serial == serial
    assert sign(service, phone) == int(serial, 16)
    phone.give_up_renewal()


def test_r08_phone_refuses_a_binding_it_did_not_request(service: LiveService, phone: VirtualPhone) -> None:
    def other_system(document: dict[str, Any]) -> None:
        statement = json.loads(base64.b64decode(document["message_b64"]))
        statement["client_id"] = "other"
        text = json.dumps(statement, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        document["message_b64"] = base64.b64encode(text.encode()).decode()

    folder = service.folder / "phone"
    with (
        VirtualPhone(folder, transport=Lying("/bindings", other_system), pin_rounds=PIN_ROUNDS) as deceived,
        pytest.raises(ProtocolError, match="business system"),
    ):
        deceived.bind(OPERATOR.pin)
    assert phone.me().bindings == ()


def command(
    service: LiveService, *arguments: str, pin: str = OPERATOR.pin
) -> subprocess.CompletedProcess[str]:
    """Runs `mshield phone ARGUMENTS` as a program."""
    return run_forked(
        ("phone", "--folder", str(service.folder / "phone"), *arguments),
        service.environment() | {"MSHIELD_PHONE_PIN": pin, "LANG": "zh_CN.UTF-8"},
    )


def test_the_command_line_renews_binds_and_says_why_not(service: LiveService, phone: VirtualPhone) -> None:
    serial = phone.certificate().serial
    phone.request_sms_code("renew")
    page = form(service)
    options = [f"--{name.replace('_', '-')}={value}" for name, value in page.items()]
    refused = command(service, "renew", *options, pin="123456")
    assert refused.returncode == 1
    assert "PIN 码太简单：不能是连续的数字" in refused.stderr
    renewed = command(service, "renew", *options, "--json")
    assert json.loads(renewed.stdout)["serial"] == phone.certificate().serial != serial
    assert "没有可继续的证书更新" in command(service, "renew", "--resume").stderr
    bound = command(service, "bind", "--json")
    sid = json.loads(bound.stdout)["sid"]
    assert command(service, "unbind", sid).returncode == 0
    assert phone.me().bindings == ()
