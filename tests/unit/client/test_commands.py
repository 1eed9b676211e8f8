"""The commands as run by a person or a script: exit codes, languages, JSON, and secrets outside the arguments."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.testkit.phone import VirtualPhone
from tests.interop.evidence import write_evidence
from tests.unit.client import counterpart
from tests.unit.client.conftest import NUMBER, PIN
from tests.unit.client.counterpart import CAPTCHA, DOCUMENT, NAME, PASSWORD, SMS_CODE, Counterpart
from tests.unit.pki.authority import IDENTITY, authority

VECTORS = Path(__file__).parents[3] / "vectors" / "cosign.json"


def run(*arguments: str, text: str | None = None, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(
        main, arguments, input=text, env={"LANG": "en_GB.UTF-8", "LC_ALL": "", **(env or {})}
    )


# ---- mshield ----


def test_every_command_has_help() -> None:
    listed = run("--help").output
    for name in ("phone", "verify", "selftest"):
        assert name in listed
        assert run(name, "--help").exit_code == 0


def test_an_unknown_command_is_a_usage_error() -> None:
    assert run("nonsense").exit_code == 2


# ---- selftest ----


@pytest.mark.parametrize("engine", ["auto", "botan", "openssl"])
def test_selftest_ends_with_the_counts(engine: str) -> None:
    done = run("selftest", "--engine", engine, "--vectors", str(VECTORS))
    assert done.exit_code == 0
    passed, word, failed, _ = done.stdout.splitlines()[-1].split()
    assert (word, failed) == ("passed,", "0")
    assert int(passed) > 300


def test_selftest_fails_on_a_wrong_vector(tmp_path: Path) -> None:
    vectors = json.loads(VECTORS.read_bytes())
    vectors = {name: vectors[name] for name in ("protocol", "sm2_user_id", "hash")}
    vectors["hash"][0]["H"] = "00" * 32
    (file := tmp_path / "v.json").write_text(json.dumps(vectors))
    done = run("selftest", "--vectors", str(file))
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1].endswith("1 failed")
    shown = json.loads(run("selftest", "--vectors", str(file), "--json").stdout)
    assert (shown["failed"], len(shown["failures"])) == (1, 1)


@pytest.mark.parametrize("content", [None, b"not json", b"[]", b"\xff"])
def test_selftest_with_an_unreadable_file_is_a_usage_error(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "v.json"
    if content is not None:
        file.write_bytes(content)
    assert run("selftest", "--vectors", str(file)).exit_code == 2


# ---- verify ----


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence"
    folder.mkdir()
    write_evidence(folder, authority())
    return folder


def test_an_evidence_folder_verifies_at_the_time_of_its_status(evidence: Path) -> None:
    done = run("verify", str(evidence), "--root", str(evidence / "root.pem"), "--json")
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert (shown["verified"], shown["missing"]) == (True, [])
    assert shown["at"] == "2026-01-01T00:00:00+00:00"
    assert (shown["revocation"], shown["issuers_checked"]) == (["ocsp", "crl"], True)
    assert (shown["name"], shown["credit_code"]) == (NAME, IDENTITY.credit_code)


def test_root_inside_the_evidence_is_not_trusted(evidence: Path) -> None:
    done = run("verify", str(evidence))
    assert (done.exit_code, done.stdout.startswith("Not established: ")) == (1, True)
    assert "The signature is valid" not in done.stdout
    shown = json.loads(run("verify", str(evidence), "--json").stdout)
    assert (shown["verified"], shown["missing"]) == (False, ["root"])
    named = run("verify", str(evidence), "--root", str(evidence / "root.pem"), "--lang", "zh").stdout
    assert "签名有效" in named
    assert "未能确认" not in named


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("message.bin", lambda old: old + b" ", "message_mismatch"),
        ("signature.der", lambda old: old[:-1] + bytes([old[-1] ^ 1]), "bad_signature"),
        ("signature.p7s", lambda _old: b"0\x00", "unreadable"),
        ("ocsp.der", lambda _old: b"0\x00", "unreadable"),
        ("crl.der", lambda old: old[:-1] + bytes([old[-1] ^ 1]), "bad_signature"),
        ("issuing.pem", lambda _old: b"", "unreadable"),
    ],
)
def test_invalid_evidence_is_refused(evidence: Path, name: str, change: Any, code: str) -> None:
    file = evidence / name
    file.write_bytes(change(file.read_bytes()))
    done = run("verify", str(evidence), "--json")
    assert done.exit_code == 1, done.output
    assert json.loads(done.stderr)["error"]["code"] == code
    assert done.stdout == ""


def test_time_and_expectations_are_checked(evidence: Path) -> None:
    root = ("--root", str(evidence / "root.pem"))
    assert run("verify", str(evidence), *root, "--at", "2026-01-01T08:00:00+08:00").exit_code == 0
    later = run("verify", str(evidence), "--at", "2027-06-01T00:00:00+00:00")
    assert (later.exit_code, "[expired]" in later.stderr) == (1, True)
    assert run("verify", str(evidence), "--at", "2026-01-01T08:00:00").exit_code == 2
    assert run("verify", str(evidence), "--at", "yesterday").exit_code == 2
    assert run("verify", str(evidence), *root, "--expect-credit-code", IDENTITY.credit_code).exit_code == 0
    other = run("verify", str(evidence), "--expect-name", "王伟")
    assert (other.exit_code, "[unexpected_signer]" in other.stderr) == (1, True)


def test_single_files_are_verified(evidence: Path) -> None:
    def at(name: str) -> str:
        return str(evidence / name)

    named = ["--message", at("message.bin"), "--signature", at("signature.der"), "--cert", at("leaf.pem")]
    path = ["--chain", at("issuing.pem"), "--root", at("root.pem"), "--at", "2026-01-01T00:00:00Z"]
    assert run("verify", *named, *path, "--ocsp", at("ocsp.der")).exit_code == 0
    missing = run("verify", *named, *path)
    assert (missing.exit_code, "[status_missing]" in missing.stderr) == (1, True)
    assert run("verify", *named, *path, "--unchecked").exit_code == 0
    assert run("verify", "--cms", at("signature.p7s"), *path, "--crl", at("crl.der")).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--message", "message.bin"],
        ["missing-folder"],
        ["--message", "message.bin", "--root", "root.pem"],
    ],
)
def test_incomplete_input_is_a_usage_error(
    evidence: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(evidence)
    assert run("verify", *arguments).exit_code == 2


# ---- phone ----


@pytest.fixture
def server(service: Counterpart, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The counterpart behind a real socket."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            url = f"http://{self.headers['host']}{self.path}"
            answer = service.handle(
                httpx.Request(self.command, url, headers=dict(self.headers), content=body)
            )
            self.send_response(answer.status_code)
            self.send_header("content-type", answer.headers["content-type"])
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_DELETE = do_POST

        def log_message(self, *_args: object) -> None:
            """Stays silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        origin = f"http://127.0.0.1:{http.server_port}"
        monkeypatch.setattr(counterpart, "ORIGIN", origin)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield origin
        http.shutdown()
        thread.join()


class Shell:
    """A person with one phone folder."""

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server = folder, server

    def __call__(self, *arguments: str, text: str | None = None, **env: str) -> Result:
        return run("phone", "--folder", str(self.folder), *arguments, text=text, env=env)

    def json(self, *arguments: str, text: str | None = None, **env: str) -> Any:
        done = self(*arguments, "--json", text=text, **env)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)


@pytest.fixture
def shell(server: str, service: Counterpart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    service.now = lambda: time.time_ns() // 1_000_000
    defaults = VirtualPhone.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "pin_rounds", 1)
    made = Shell(tmp_path / "phone", server)
    assert run("phone", "--folder", str(made.folder), "--server", server, "init").exit_code == 0
    return made


APPLY = ("apply", "--name", NAME, "--id-number", "440301199001011236", "--credit-code", "91440300MA5EXAMPL6")


def test_the_whole_life_of_a_phone(shell: Shell, service: Counterpart, tmp_path: Path) -> None:
    assert shell.json("sms-code", "--purpose", "register", "--phone", NUMBER)["resend_in"] == 60
    data = ("--name", NAME, "--id-number", "440301199001011236", "--phone", NUMBER, "--sms-code", SMS_CODE)
    assert shell.json("register", *data, text=f"{PASSWORD}\n{PASSWORD}\n") == {"account": NUMBER}
    done = shell("login", "--account", NUMBER, text=f"{PASSWORD}\n{CAPTCHA}\n")
    assert done.exit_code == 0, done.output
    assert str(shell.folder / "captcha.png") in done.stderr
    assert PASSWORD not in done.output

    (pin := tmp_path / "pin").write_text(PIN + "\n")
    issued = shell.json(*APPLY, "--sms-code", SMS_CODE, "--pin-file", str(pin))
    assert issued["shield_number"] == "MS12345678901"
    assert shell.json("certificate")["serial"] == issued["serial"]
    assert shell.json("status")["has_certificate"] is True

    scanned = shell.json("scan", service.ask(DOCUMENT))
    assert (scanned["number"], scanned["kind"]) == ("07", "signature")
    approved = shell.json("approve", MSHIELD_PHONE_PIN=PIN)
    assert approved["documents"][0]["signature"].startswith("30")

    shell("scan", service.ask())
    prompted = shell("approve", text=f"{PIN}\n")
    assert prompted.exit_code == 0, prompted.output
    assert "5 attempts left" in prompted.stderr
    assert PIN not in prompted.output

    shell("scan", service.ask(b"<more/>"))
    assert shell.json("decline", "--reason", "not_me")["reason"] == "not_me"
    assert len(shell.json("signatures")["items"]) == 3
    assert "单一窗口" in shell("signatures").stdout
    assert shell("logout").exit_code == 0
    assert shell("certificate").exit_code == 1


@pytest.fixture
def certified_shell(shell: Shell, service: Counterpart) -> Shell:
    service.accounts[NUMBER] = PASSWORD
    login = ("login", "--account", NUMBER, "--captcha-id", "cap", "--captcha", CAPTCHA)
    shell.json(*login, MSHIELD_PHONE_PASSWORD=PASSWORD)
    shell.json(*APPLY, "--sms-code", SMS_CODE, text=f"{PIN}\n{PIN}\n")
    return shell


def test_contradicting_description_is_signed_only_with_an_option(
    certified_shell: Shell, service: Counterpart
) -> None:
    """The refusal names the option and each line missing from the content; no PIN attempt is used."""
    scanned = certified_shell("scan", service.ask(b"<a>530120261010000002</a>"))
    assert (
        "the business system's description differs from the content: --as-the-content-says" in scanned.stdout
    )
    refused = certified_shell("approve", "--json", MSHIELD_PHONE_PIN=PIN)
    assert refused.exit_code == 1
    told = json.loads(refused.stderr)["error"]
    assert (told["code"], told["confirm"]) == ("confirmation_missing", "mismatch")
    line = {"label": "报关单号", "value": "530120261010000001", "content": None}
    assert line in told["lines"]
    zh = certified_shell("approve", "--lang", "zh", MSHIELD_PHONE_PIN=PIN).stderr
    assert "--as-the-content-says" in zh
    assert "报关单号 对方说 530120261010000001; 原文: 原文没有" in zh
    other = certified_shell("approve", "--unread", "--json", MSHIELD_PHONE_PIN=PIN)
    assert json.loads(other.stderr)["error"]["code"] == "confirmation_missing"
    assert service.key is not None
    assert service.key.failures == 0
    signed = certified_shell.json("approve", "--as-the-content-says", MSHIELD_PHONE_PIN=PIN)
    assert signed["documents"][0]["signature"].startswith("30")


def test_wrong_pin_is_reported_in_both_languages(certified_shell: Shell, service: Counterpart) -> None:
    certified_shell("scan", service.ask(DOCUMENT))
    refused = certified_shell("approve", "--json", MSHIELD_PHONE_PIN="000000")
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["error"] == {"code": "wrong_pin", "message": "wrong_pin", "left": 4}
    form = certified_shell("approve", "--lang", "zh", MSHIELD_PHONE_PIN="12")
    assert (form.exit_code, "PIN 码必须为 6 位数字" in form.stderr) == (1, True)
    assert service.key is not None
    assert service.key.failures == 1


def test_an_interrupted_application_is_resumed_with_its_pin_alone(shell: Shell, service: Counterpart) -> None:
    service.accounts[NUMBER] = PASSWORD
    login = ("login", "--account", NUMBER, "--captcha-id", "cap", "--captcha", CAPTCHA)
    shell.json(*login, MSHIELD_PHONE_PASSWORD=PASSWORD)
    service.falsify["/finish"] = lambda _answer: {}
    assert shell(*APPLY, "--sms-code", SMS_CODE, MSHIELD_PHONE_PIN=PIN).exit_code == 1
    service.falsify.clear()
    assert shell.json("apply", "--resume", text=f"{PIN}\n")["state"] == "active"


def test_r06_second_application_warns_before_stopping_the_first(
    certified_shell: Shell, service: Counterpart
) -> None:
    assert service.key is not None
    form = (*APPLY, "--sms-code", SMS_CODE)
    scripted = certified_shell(*form, "--json", MSHIELD_PHONE_PIN=PIN)
    assert json.loads(scripted.stderr)["error"]["code"] == "already_certified"
    declined = certified_shell(*form, text="n\n", MSHIELD_PHONE_PIN=PIN)
    assert (declined.exit_code, "already_certified" in declined.stderr) == (1, True)
    assert service.key.held is None
    meant = certified_shell(*form, text="y\n", MSHIELD_PHONE_PIN=PIN)
    assert (meant.exit_code, "duplicate_application" in meant.stderr) == (1, True)
    assert service.key.held == "held"


def test_language_follows_the_environment(tmp_path: Path) -> None:
    missing = ("phone", "--folder", str(tmp_path / "none"), "status")
    assert "本文件夹中没有手机盾" in run(*missing, env={"LANG": "zh_CN.UTF-8"}).stderr
    assert "There is no phone" in run(*missing).stderr
    assert "There is no phone" in run("--lang", "en", *missing, env={"LANG": "zh_CN.UTF-8"}).stderr


@pytest.mark.parametrize("purpose", ["apply", "renew", "close", "export"])
def test_code_for_the_own_account_needs_no_phone_number(certified_shell: Shell, purpose: str) -> None:
    assert certified_shell.json("sms-code", "--purpose", purpose)["resend_in"] == 60


@pytest.mark.parametrize(
    "arguments",
    [
        ("--server", "shield.example.cn", "init"),
        ("sms-code", "--purpose", "register"),
        (*APPLY,),
        ("approve", "--pin", "1"),
    ],
)
def test_usage_errors_exit_with_two(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    folder = tmp_path / "phone"
    run("phone", "--folder", str(folder), "--server", "http://127.0.0.1:1", "init")
    assert run("phone", "--folder", str(folder), *arguments).exit_code == 2


def test_init_needs_a_server_and_happens_once(tmp_path: Path) -> None:
    folder = ("phone", "--folder", str(tmp_path / "p"))
    assert run(*folder, "init").exit_code == 1
    assert run(*folder, "--server", "http://127.0.0.1:1", "init").exit_code == 0
    again = run(*folder, "--server", "http://127.0.0.1:1", "init")
    assert (again.exit_code, "[already_initialised]" in again.stderr) == (1, True)


def test_no_network_is_a_refusal_with_the_faq_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    folder = ("phone", "--folder", str(tmp_path / "p"), "--server", "http://127.0.0.1:1")
    done = run(*folder, "captcha")
    assert (done.exit_code, "FAQ 3.1" in done.stderr) == (1, True)
