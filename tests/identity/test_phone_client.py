"""Identity proofs by the virtual phone, the portal's client and their commands, against a running service."""

import json
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.client import ProblemError
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.portal import PortalClient
from tests.support.forked import run_forked
from tests.support.identity import make_code
from tests.support.live_service import LiveService, apply, log_in, register

pytestmark = pytest.mark.slow

# Neither has an account under the phone number of their filing.
WORKER: Final = replace(OPERATOR, phone="13700003303")
CHIEF: Final = replace(LEGAL_PERSON, phone="13700003304")
CODE: Final = WORKER.credit_code


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveService]:
    """A service with the example's filing."""
    live = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}")
    live.prepare()
    live.start()
    yield live
    live.stop()


@pytest.fixture
def phone(live: LiveService) -> Iterator[VirtualPhone]:
    """The operator's phone, registered and logged in."""
    with live.phone() as phone:
        register(live, phone, WORKER)
        log_in(live, phone, WORKER)
        yield phone


@pytest.fixture
def portal(live: LiveService) -> Iterator[PortalClient]:
    """The legal representative's portal client, logged in with an activation code."""
    with live.phone("chief") as other:
        register(live, other, CHIEF)
    with PortalClient(live.origin) as portal:
        assert _refused(lambda: _begin(live, portal)) == "identity_unproven"
        begun = _begin(live, portal, make_code(live, CHIEF).lower())
        portal.finish_login(begun, live.sms_code("portal", CHIEF))
        yield portal


def _begin(live: LiveService, portal: PortalClient, code: str | None = None) -> str:
    captcha = portal.captcha()
    answer = live.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    return portal.begin_login(
        account=CHIEF.phone,
        password=CHIEF.password,
        captcha_id=captcha.captcha_id,
        captcha=answer,
        activation_code=code,
    ).login_id


def _refused(call: Any) -> str:
    with pytest.raises(ProblemError) as refused:
        call()
    return refused.value.code


def _phone(live: LiveService, *arguments: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    return _on(live, "phone", *arguments, lang=lang)


def _on(live: LiveService, name: str, *arguments: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    options = ("--server", live.origin, "--folder", str(live.folder / name), "--lang", lang)
    return run_forked(("phone", *options, "identity", *arguments), live.environment())


def test_an_operator_without_any_proof_uses_an_activation_code(
    live: LiveService, phone: VirtualPhone
) -> None:
    nothing = phone.identity()
    assert (nothing.proofs, nothing.request) == ((), None)
    assert _refused(lambda: apply(live, phone, WORKER)) == "identity_unproven"
    ways = phone.identity_ways("operator", CODE)
    assert not ways.proven
    assert [(each.way, each.reason) for each in ways.items] == [
        ("filed_phone", "other_phone"),
        ("legal_person", "no_legal_person"),
        ("filing_code", None),
        ("own_shield", None),
    ]
    assert _refused(lambda: phone.identity_ways("operator", "91370203MA3YK2D9RF")) == "no_filing"
    assert _refused(lambda: phone.use_activation_code("2222-2222-2222")) == "activation_code_wrong"
    assert _refused(lambda: phone.ask_legal_person("operator", CODE)) == "no_legal_person"
    code = make_code(live, WORKER)
    phone.use_activation_code(code.replace("-", " ").lower())
    assert _refused(lambda: phone.use_activation_code(code)) == "activation_code_wrong"
    (proof,) = phone.identity().proofs
    assert (proof.way, proof.actor, proof.role, proof.credit_code) == (
        "filing_code",
        "service",
        "operator",
        CODE,
    )
    assert phone.identity_ways("operator", CODE).proven
    apply(live, phone, WORKER)
    assert phone.certificate().subject.common_name == WORKER.name


def vouching_code(live: LiveService, portal: PortalClient, person_id: str) -> str:
    """Returns the SMS code for one act of the legal representative about this operator."""
    portal.request_vouching_code(CODE, person_id)
    return live.sms_code("vouch", CHIEF)


def test_the_legal_person_confirms_an_operator(
    live: LiveService, phone: VirtualPhone, portal: PortalClient
) -> None:
    asked = phone.ask_legal_person("operator", CODE)
    assert (asked.state, asked.credit_code) == ("waiting", CODE)
    assert _refused(lambda: phone.ask_legal_person("operator", CODE)) == "conflict"
    assert _refused(phone.remind_legal_person) == "too_many_requests"
    phone.withdraw_identity_request()
    assert _refused(phone.withdraw_identity_request) == "not_found"
    assert portal.applications(CODE, state="waiting").items == ()
    phone.ask_legal_person("operator", CODE)
    page = portal.applications(CODE)
    assert (page.counts.waiting, page.counts.withdrawn, page.next) == (1, 1, None)
    (waiting,) = portal.applications(CODE, state="waiting").items
    assert (waiting.name, waiting.filed_name, waiting.same_phone) == (WORKER.name, WORKER.name, False)
    assert waiting.phone_masked == "137****3303"
    portal.decide_application(CODE, waiting.id, "refuse")
    code = vouching_code(live, portal, waiting.person_id)
    late = _refused(lambda: portal.decide_application(CODE, waiting.id, "confirm", sms_code=code))
    assert late == "request_closed"
    request = phone.identity().request
    assert request is not None
    assert request.state == "refused"
    assert _refused(lambda: apply(live, phone, WORKER)) == "identity_unproven"
    phone.ask_legal_person("operator", CODE)
    (waiting,) = portal.applications(CODE, state="waiting").items
    assert _refused(lambda: portal.decide_application(CODE, waiting.id, "confirm")) == "invalid_request"
    portal.decide_application(CODE, waiting.id, "confirm", sms_code=code)
    assert [(each.way, each.actor) for each in phone.identity().proofs] == [("legal_person", "legal_person")]
    apply(live, phone, WORKER)


def test_the_legal_person_makes_an_operators_code(
    live: LiveService, phone: VirtualPhone, portal: PortalClient
) -> None:
    people = {each.name: each.id for each in portal.people(CODE).items}
    code = vouching_code(live, portal, people[WORKER.name])
    made = portal.make_activation_code(CODE, people[WORKER.name], sms_code=code)
    assert made.name == WORKER.name
    assert _refused(lambda: portal.request_vouching_code(CODE, people[CHIEF.name])) == "forbidden"
    phone.use_activation_code(made.code)
    (proof,) = phone.identity().proofs
    assert proof.way == "legal_person"


def test_phone_commands_prove_an_identity(
    live: LiveService, phone: VirtualPhone, portal: PortalClient
) -> None:
    assert phone.identity().proofs == ()
    assert "Nothing proves" in _phone(live).stdout
    ways = _phone(live, "--credit-code", CODE).stdout
    assert "* The filed phone number: the account's phone number is not on file" in ways
    assert "* Activation code: open" in ways
    assert json.loads(_phone(live, "ask", "--credit-code", CODE, "--json").stdout)["state"] == "waiting"
    assert "宁波北潮进出口有限公司，待确认" in _phone(live, lang="zh").stdout
    soon = _phone(live, "remind", "--json")
    assert soon.returncode == 1
    assert json.loads(soon.stderr)["error"]["code"] == "too_many_requests"
    assert _phone(live, "withdraw").stdout == "Withdrawn\n"
    assert portal.applications(CODE, state="waiting").items == ()
    assert _phone(live, "code", "2222-2222-2222").returncode == 1
    assert "Proven" in _phone(live, "code", make_code(live, WORKER)).stdout
    shown = json.loads(_phone(live, "--credit-code", CODE, "--json").stdout)
    assert [each["way"] for each in shown["proofs"]] == ["filing_code"]
    assert shown["ways"]["proven"] is True
    assert "激活码" in _phone(live, lang="zh").stdout


def test_legal_person_commands_answer_requests(live: LiveService, phone: VirtualPhone) -> None:
    with live.phone("chief") as other:
        register(live, other, CHIEF)
    password = live.folder / "password"
    password.write_text(CHIEF.password)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        options = ("--server", live.origin, "--folder", str(live.folder / "portal"), "--lang", "en")
        return run_forked(("legal-person", *options, *arguments), live.environment(), text="y\n")

    def data(*arguments: str) -> Any:
        done = run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    captcha = data("captcha")["captcha_id"]
    who = ("--account", CHIEF.phone, "--password-file", str(password), "--captcha-id", captcha)
    answer = live.get(f"/dev/captchas/{captcha}")["answer"]
    begun = data("login", *who, "--captcha", answer, "--activation-code", make_code(live, CHIEF))
    data("login", "--login-id", begun["login_id"], "--sms-code", live.sms_code("portal", CHIEF))

    phone.ask_legal_person("operator", CODE)
    (first,) = data("applications", "--state", "waiting")["items"]
    assert data("refuse", first["id"]) == {"id": first["id"], "decision": "refuse"}
    phone.ask_legal_person("operator", CODE)
    listed = run("applications").stdout
    assert WORKER.name in listed
    assert "refused" in listed
    (second,) = data("applications", "--state", "waiting")["items"]
    data("vouching-code", second["person_id"])
    by_code = ("--sms-code", live.sms_code("vouch", CHIEF))
    confirmed = run("confirm", second["id"], *by_code)
    assert confirmed.stdout == "Confirmed\n"
    assert "Ask them first" in confirmed.stderr
    data("vouching-code", second["person_id"])
    by_code = ("--sms-code", live.sms_code("vouch", CHIEF))
    again = run("confirm", second["id"], *by_code, "--yes", "--json")
    assert json.loads(again.stderr)["error"]["code"] == "request_closed"
    made = data("code", second["person_id"], *by_code)  # the code not used by a confirmation
    assert (len(made["code"]), made["name"]) == (14, WORKER.name)
    assert [each.way for each in phone.identity().proofs] == ["legal_person"]


def test_the_shield_on_another_phone_consents(live: LiveService, phone: VirtualPhone) -> None:
    """The old phone uses the client, the new one the commands."""
    phone.use_activation_code(make_code(live, WORKER))
    apply(live, phone, WORKER)
    second = replace(WORKER, phone="13700003309")
    with live.phone("new") as new:
        register(live, new, second)
        log_in(live, new, second)
        ways = {each.way: each.reason for each in new.identity_ways("operator", CODE).items}
        assert ways["own_shield"] is None
        asked = json.loads(_on(live, "new", "consent", "--credit-code", CODE, "--json").stdout)
        state = ("consent-state", asked["request_id"], asked["status_token"], "--json")
        waiting = json.loads(_on(live, "new", *state).stdout)
        assert (waiting["state"], waiting["number"]) == ("waiting", asked["number"])
        scanned = phone.scan(waiting["code"])
        assert scanned.number == asked["number"]
        phone.approve(pin=WORKER.pin)
        assert json.loads(_on(live, "new", *state).stdout)["state"] == "signed"
        (proof,) = new.identity().proofs
        assert proof.way == "own_shield"
        assert proof.counts_from - proof.proven_at == 86_400_000
        assert not new.identity_ways("operator", CODE).proven

        again = new.ask_own_shield("operator", CODE)
        code = new.consent_state(again.request_id, again.status_token).code
        assert code is not None
        phone.scan(code)
        phone.decline(reason="not_me")
        refused = new.consent_state(again.request_id, again.status_token)
        assert (refused.state, refused.reason, refused.code) == ("declined", "not_me", None)
        assert _refused(lambda: new.ask_own_shield("operator", CODE)) == "too_many_requests"


@pytest.mark.parametrize("first", ["-", "-h", "--"])
def test_status_token_may_begin_with_a_hyphen(live: LiveService, phone: VirtualPhone, first: str) -> None:
    """A status token is base64url, so it may begin with a hyphen."""
    token = first + "a" * (43 - len(first))
    refused = _phone(live, "consent-state", str(uuid.UUID(int=7 << 76)), token, "--json")
    assert (refused.returncode, refused.stdout) == (1, ""), refused.stderr
    assert "wrong_status_token" in refused.stderr


def test_carrier_check_is_refused_without_a_carrier_service(live: LiveService, phone: VirtualPhone) -> None:
    assert "real_name" not in {each.way for each in phone.identity_ways("operator", CODE).items}
    arguments = ("real-name", "--credit-code", CODE, "--sms-code", "123456")
    assert _phone(live, *arguments).returncode == 2  # without the user's consent
    refused = _phone(live, *arguments, "--agree", "--json")
    assert refused.returncode == 1
    assert "forbidden" in refused.stdout + refused.stderr
