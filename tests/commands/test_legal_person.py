"""`mshield legal-person` and the enterprise's phones, against the running service on each database.

R21 as in the manual: a lost phone, from the report of its loss to the certificate on the new one.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.client import ProblemError
from mshield.server.legal_person.outside_login import RETURN_PATH
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.portal import PortalClient, PortalLogin
from tests.support.forked import run_forked
from tests.support.identity import make_code
from tests.support.live_service import LiveService, apply, enrolled, log_in, register
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, returned
from tests.support.outside_systems import PASSWORD, SECRET, USER, AccountOffice, serving

pytestmark = pytest.mark.slow

AT_CUSTOMS: Final = replace(LEGAL_PERSON, phone="13900005012")


class _Shell:
    """The commands with one login."""

    def __init__(self, service: LiveService) -> None:
        self.service = service
        self.folder = service.folder / "legal-person"
        self.password = service.folder / "password"
        self.password.write_text(LEGAL_PERSON.password)

    def words(self, *arguments: str) -> tuple[str, ...]:
        return ("legal-person", "--folder", str(self.folder), *arguments)

    def environment(self) -> dict[str, str]:
        return self.service.environment() | {"MSHIELD_PORTAL_SERVER": self.service.origin}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            (sys.executable, "-m", "mshield.cli.main", *self.words(*arguments)),
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return run_forked(self.words(*arguments), self.environment(), text=text)

    def usage_error(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 2, done.stdout
        return done.stderr

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def error(self, *arguments: str) -> dict[str, Any]:
        done = self.run(*arguments, "--json")
        assert done.returncode == 1, done.stdout
        found: dict[str, Any] = json.loads(done.stderr)["error"]
        return found

    def log_in(self, *who: str) -> Any:
        captcha = self.json("captcha")["captcha_id"]
        answer = self.service.get(f"/dev/captchas/{captcha}")["answer"]
        begun = self.json(
            "login", *(who or ("--account", LEGAL_PERSON.phone)), "--password-file", str(self.password),
            "--captcha-id", captcha, "--captcha", answer,
        )  # fmt: skip
        code = self.service.sms_code("portal", LEGAL_PERSON)
        return self.json("login", "--login-id", begun["login_id"], "--sms-code", code)

    def begin_at_page(self, customs: Provider, *more: str) -> tuple[int, str, str]:
        """Runs `login --source customs`, opens the page it names, and passes on the resulting address."""
        begun = self.start("login", "--source", "customs", "--lang", "en", *more)
        assert begun.stderr is not None
        address = begun.stderr.readline().split()[-1]
        back = returned(customs.redirect_uris[0], *customs.log_in_at(address))
        out, err = begun.communicate(f"{back}\n", timeout=30)
        return begun.returncode, out, err

    def client(self) -> PortalClient:
        kept = json.loads((self.folder / "login.json").read_text())
        return PortalClient(self.service.origin, login=PortalLogin(**kept["login"]))


@pytest.fixture
def office() -> AccountOffice:
    """The Single Window's accounts, one of them the legal representative's."""
    person = {**USER, "external_id": "u-8", "name": LEGAL_PERSON.name}
    return AccountOffice({"gu": person | {"id_number": LEGAL_PERSON.id_number, "phone": LEGAL_PERSON.phone}})


@pytest.fixture
def customs() -> Provider:
    """Internet+Customs, with the legal representative's account under another number."""
    person = {
        "sub": "u-9",
        "name": LEGAL_PERSON.name,
        "id_type": "resident_id",
        "id_number": LEGAL_PERSON.id_number,
        "phone_number": AT_CUSTOMS.phone,
        "identity_verified": True,
    }
    return Provider((), person=person)


@pytest.fixture
def with_sources(
    tmp_path: Path, database_url: str, office: AccountOffice, customs: Provider
) -> Iterator[LiveService]:
    """A service whose legal representative has accounts only at the Single Window and Internet+Customs."""
    with serving(office) as outside, serving(customs) as customs.server:
        at_customs = {"name": "customs", "kind": "oidc", "title_zh": "互联网+海关", "title_en": "Internet+Customs",
                      "url": customs.issuer, "client_id": CLIENT_ID, "secret": CLIENT_SECRET,
                      "identity_claim": "identity_verified"}  # fmt: skip
        single_window = {"name": "single-window", "kind": "http", "title_zh": "单一窗口",
                         "title_en": "Single Window", "url": outside.url, "secret": SECRET}  # fmt: skip
        live = LiveService(tmp_path, database_url)
        customs.redirect_uris = (live.origin + RETURN_PATH,)
        live.settings["MSHIELD_ACCOUNT_SOURCES"] = json.dumps([single_window, at_customs])
        live.prepare()
        live.start()
        yield live
        live.stop()


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[LiveService]:
    live = LiveService(tmp_path, database_url)
    live.prepare()
    live.start()
    yield live
    live.stop()


@pytest.mark.long
def test_r21_from_the_lost_phone_to_the_certificate_on_the_new_one(service: LiveService) -> None:
    shell = _Shell(service)
    assert shell.error("list")["code"] == "not_logged_in"
    with enrolled(service) as phone, service.phone("new") as new, service.business() as business:
        register(service, new, LEGAL_PERSON)
        session = shell.log_in()
        assert session["enterprises"][0]["credit_code"] == OPERATOR.credit_code
        assert (shell.folder / "login.json").stat().st_mode & 0o077 == 0
        (shield,) = shell.json("list")
        number = shield["shield_number"]
        assert shell.json("list", "--end", number[-4:]) == [shield]
        assert shell.json("list", "--end", "000X") == []
        assert (number, shield["state"], shield["name"]) == (
            phone.me().shield_number,
            "active",
            OPERATOR.name,
        )

        (lost,) = shell.json("report-loss", number, "--reason", "手机遗失")
        assert (lost["outcome"], lost["holds"]) == ("changed", ["lost"])
        with pytest.raises(ProblemError, match="held"):
            phone.scan(business.request_login().qr)
        shell.json("lift-loss", number, "--reason", "已找回")
        phone.approve(phone.scan(business.request_login().qr).request_id, pin=OPERATOR.pin)

        # Applying again: the warning changes nothing, the confirmation puts the certificate on hold.
        with pytest.raises(ProblemError, match="already_certified"):
            apply(service, phone)
        assert phone.certificate().holds == ()
        with pytest.raises(ProblemError, match="duplicate_application"):
            apply(service, phone, again=True)
        assert phone.certificate().holds == ("duplicate",)
        assert shell.error("unfreeze", "MS00000000000", "--reason", "因测试")["code"] == "some_refused"

        shell.json("revocation-code")
        code = service.sms_code("revoke", LEGAL_PERSON)
        revoke = ("revoke", number, "--reason", "换手机", "--cause", "superseded", "--sms-code", code)
        asked = shell.run(*revoke, text="n\n")
        assert (asked.returncode, "can't be undone" in asked.stderr) == (1, True)
        (revoked,) = shell.json(*revoke, "--yes")
        assert (revoked["outcome"], revoked["state"]) == ("changed", "revoked")

        # The same phone keeps its number, the new one gets its own.
        apply(service, phone)
        assert phone.certificate().shield_number == number
        log_in(service, new)
        apply(service, new)
        assert new.certificate().shield_number != number
        shown = shell.json("show", number)
        _assert_proofs_are_told(shell, shown)
        assert [each["event"] for each in shown["events"]] == [
            "activate", "report_loss", "lift_loss", "apply_again", "revoke", "activate",
        ]  # fmt: skip
    with shell.client() as client:
        assert len(client.people(OPERATOR.credit_code).items) == 4
        assert client.export(OPERATOR.credit_code, "people").startswith(b"PK")
        with pytest.raises(ProblemError, match="not_found"):
            client.shield(OPERATOR.credit_code, "MS1/../x")
    shell.json("logout")
    assert shell.error("list")["code"] == "not_logged_in"


def _assert_proofs_are_told(shell: _Shell, shown: Any) -> None:
    """Asserts that the shield and the list of people show how the holder was proven."""
    (person,) = shell.json("people", "--name", OPERATOR.name)["items"]
    assert [(each["way"], each["state"]) for each in person["proofs"]] == [("filed_phone", "counts")]
    assert shown["proofs"] == person["proofs"]
    told = shell.run("people", "--lang", "zh").stdout
    assert "备案手机号一致" in told
    assert "未核验" in told
    number = shown["shield"]["shield_number"]
    assert "The filed phone number" in shell.run("show", number, "--lang", "en").stdout


def test_r2_the_legal_person_logs_in_with_their_account_of_the_single_window(
    with_sources: LiveService,
) -> None:
    shell = _Shell(with_sources)
    shell.password.write_text(PASSWORD)
    account = ("--account", "gu")
    assert "no source window; it has: customs, single-window" in shell.usage_error(
        "login", *account, "--source", "window"
    )
    session = shell.log_in(*account, "--source", "single-window")
    assert (session["name"], session["enterprises"][0]["credit_code"]) == (
        LEGAL_PERSON.name,
        LEGAL_PERSON.credit_code,
    )
    assert shell.json("list") == []


def test_r2_and_at_the_page_of_internet_customs(with_sources: LiveService, customs: Provider) -> None:
    shell = _Shell(with_sources)
    code, out, err = shell.begin_at_page(customs, "--json")
    assert code == 0, err
    sms_code = with_sources.sms_code("portal", AT_CUSTOMS)
    session = shell.json("login", "--login-id", json.loads(out)["login_id"], "--sms-code", sms_code)
    assert (session["name"], session["enterprises"][0]["credit_code"]) == (
        LEGAL_PERSON.name,
        LEGAL_PERSON.credit_code,
    )
    assert shell.json("list") == []
    elsewhere = shell.run("login", "--source", "customs", "--lang", "en", text="https://elsewhere.example/\n")
    assert (elsewhere.returncode, "not the address to which the login returns" in elsewhere.stderr) == (
        2,
        True,
    )


def test_activation_code_is_accepted_after_the_page_and_when_logged_in(
    with_sources: LiveService, customs: Provider
) -> None:
    customs.person |= {"identity_verified": False}
    shell = _Shell(with_sources)
    code, _, err = shell.begin_at_page(customs, "--json")
    assert (code, "identity_unproven" in err) == (1, True)
    code, _, err = shell.begin_at_page(customs, "--json", "--activation-code", "AAAA-BBBB-CCCC")
    assert (code, "activation_code_wrong" in err) == (1, True)
    made = make_code(with_sources, LEGAL_PERSON)
    code, out, err = shell.begin_at_page(customs, "--json", "--activation-code", made)
    assert code == 0, err
    sms_code = with_sources.sms_code("portal", AT_CUSTOMS)
    shell.json("login", "--login-id", json.loads(out)["login_id"], "--sms-code", sms_code)
    assert shell.error("activate", made)["code"] == "activation_code_wrong"
    added = shell.json("activate", make_code(with_sources, LEGAL_PERSON))
    assert [each["credit_code"] for each in added["enterprises"]] == [LEGAL_PERSON.credit_code]


def test_r2_so_does_their_program(with_sources: LiveService) -> None:
    with PortalClient(with_sources.origin) as portal:
        assert [(each.name, each.kind, each.title_en) for each in portal.account_sources()] == [
            ("single-window", "password", "Single Window"),
            ("customs", "page", "Internet+Customs"),
        ]
        captcha = portal.captcha().captcha_id
        begun = portal.begin_login(
            account="gu",
            password=PASSWORD,
            captcha_id=captcha,
            captcha=with_sources.get(f"/dev/captchas/{captcha}")["answer"],
            source="single-window",
        )
        session = portal.finish_login(begun.login_id, with_sources.sms_code("portal", LEGAL_PERSON))
        assert [each.credit_code for each in session.enterprises] == [LEGAL_PERSON.credit_code]


def test_r2_and_their_program_that_has_a_browser(with_sources: LiveService, customs: Provider) -> None:
    with PortalClient(with_sources.origin) as portal, PortalClient(with_sources.origin) as another:
        left = portal.begin_outside_login("customs")
        code, state = customs.log_in_at(left.address)
        with pytest.raises(ProblemError, match="login_failed"):
            another.finish_outside_login(state, code)
        begun = portal.finish_outside_login(state, code)
        session = portal.finish_login(begun.login_id, with_sources.sms_code("portal", AT_CUSTOMS))
        assert [each.credit_code for each in session.enterprises] == [LEGAL_PERSON.credit_code]
        with pytest.raises(ProblemError, match="invalid_request"):
            portal.begin_outside_login("single-window")
