"""Changes by an administrator at the command line are acts: one per changing command, none left out.

Every command is in a table here; those that change the database are run on both kinds.
"""

import csv
import datetime as dt
import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click
import pytest
from click.testing import CliRunner

from mshield.cli.main import main
from mshield.server.acts.rows import acts
from mshield.server.acts.rows.acts import ActRow
from mshield.server.settings.settings import load_settings
from mshield.server.staff import list_acts
from tests.commands.test_ca_commands import Operator
from tests.support.signing import execute, tamper
from tests.support.small_view import CONTENT, VIEW_ID, small_view
from tests.support.soft_hsm import SoftHsm

_ROOT: Final = Path(__file__).parents[2]
_ACTS: Final[Mapping[str, str]] = {
    "business add": "system.add",
    "business return-urls": "system.change",
    "business view add": "view.add",
    "business unshown allow": "system.allow_unshown",
    "business unshown end": "system.end_unshown",
    "business view withdraw": "view.withdraw",
    "ca init": "ca.init",
    "ca init-p256": "ca.init_p256",
    "ca init-p256 --renew": "ca.renew_p256",
    "ca renew-tsa": "ca.renew_tsa",
    "ca renew-issuing": "ca.renew_issuing",
    "ca renew-responder": "ca.renew_responder",
    "ca revoke-issuing": "ca.revoke_issuing",
    "clock confirm": "clock.confirm",
    "filing code": "identity.make_code",
    "filing end": "filing.end",
    "filing export": "filing.export",
    "filing import": "filing.import",
    "jobs run": "job.run",
    "keys rotate": "key.rotate_master",
    "keys rotate --drop-old": "key.drop_master",
    "keys wrap": "key.wrap_master",
    "oidc client remove": "system.end_login",
    "oidc client set": "system.set_login",
    "oidc rotate-key": "key.rotate_oidc",
    "oidc rotate-key --at-once": "key.rotate_oidc",
    "restore declare": "restore.declare",
    "seals accept": "seals.accept",
    "staff acts": "audit.export",
    "staff add": "staff.add",
    "staff token add": "staff.token_add",
    "staff token revoke": "staff.token_revoke",
    "staff token rotate": "staff.token_rotate",
    "staff disable": "staff.disable",
    "staff set-up": "staff.reset",
    "webhooks add": "webhook.add",
    "webhooks enable": "webhook.enable",
    "webhooks remove": "webhook.remove",
    "webhooks replay": "webhook.replay",
    "webhooks rotate": "webhook.rotate",
}
"""The act of each changing command."""

_ELSEWHERE: Final[Mapping[str, str]] = {
    "account change-phone": "account.change_phone",
    "account stop-phone-change": "account.stop_phone",
    "ca ceremony close": "ca.ceremony",
    "ca cross import": "ca.import_cross",
    "ca cross remove": "ca.remove_cross",
    "ca import": "ca.import",
    "ca import-crl": "ca.import_crl",
    "ca request": "ca.request",
    "ca requests": "ca.discard_request",
    "database copy": "database.copy",
    "init": "ca.init",
    "archive erase": "archive.erase",
    "archive write": "archive.write",
    "people erase": "people.erase",
    "shield resume": "shield.resume",
    "shield revoke": "shield.revoke",
    "shield suspend": "shield.suspend",
}
"""Commands that need an account or a shield (test_stop_and_change.py), another database or root (their own tests)."""

_NO_ACT: Final[Mapping[str, frozenset[str]]] = {
    "they only read": frozenset({
        "archive evidence", "archive list", "archive search", "archive verify",
        "business list", "business view list", "ca ceremony open", "ca ceremony verify", "ca cross list",
        "ca cross request", "ca policy", "ca show", "clock show", "doctor", "filing list",
        "jobs list", "keys show", "log checkpoint", "log export", "log prove", "log verify", "oidc client list",
        "openapi", "retention",
        "seals check", "selftest", "shield find", "staff list", "staff token list", "verify",
        "webhooks deliveries", "webhooks list",
    }),
    "they only write the user's own file": frozenset({"ca ceremony confirm", "ca ceremony page"}),
    "there is no database yet, or it is empty": frozenset({"keys generate", "keys init", "migrate"}),
    "it is for authors, and needs no service": frozenset({"view"}),
    "it writes only the user's own list of roots": frozenset({
        "trust add", "trust list", "trust remove",
    }),
    "they run on another machine, for whoever watches logs": frozenset({"witness"}),
    "it sends a code": frozenset({"account send-code"}),
    "they run the service, or make what it makes by itself": frozenset({"log key", "serve"}),
    "people do them, through the API": frozenset({"legal-person", "phone"}),
}  # fmt: skip


def _names(command: click.Command, context: click.Context, *path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _names(found, context, *path, name)


def test_every_command_is_in_the_table() -> None:
    acting = {name.partition(" --")[0] for name in (*_ACTS, *_ELSEWHERE)}
    silent = {name for names in _NO_ACT.values() for name in names}
    found = {
        name.partition(" ")[0] if name.partition(" ")[0] in silent else name
        for name in _names(main, click.Context(main))
    }
    assert found == acting | silent
    assert not acting & silent


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_console_has_words_for_each_act_and_its_details(language: str) -> None:
    words = {name: _words(name, language) for name in ("audit", "details")}
    assert {act.replace(".", "_") for act in (*_ACTS.values(), *_ELSEWHERE.values())} <= words["audit"]
    assert {"new_key", "dropped", "keys", "under", "at_once", "return_urls", "redirect_uris"} <= words[
        "details"
    ]
    areas = {act.partition(".")[0] for act in (*_ACTS.values(), *_ELSEWHERE.values())}
    assert areas - {"restore", "seals"} <= words["audit"]


def _words(file: str, language: str) -> set[str]:
    source = (_ROOT / f"frontend/apps/console/src/words/{file}.ts").read_text("utf-8")
    block = re.search(rf"^  {language}: \{{\n(.*?)^  \}},$", source, re.DOTALL | re.MULTILINE)
    assert block is not None
    return set(re.findall(r"^ +(\w+): ", block[1], re.MULTILINE))


class Recorder(Operator):
    """An operator that compares each command's act with the table; no act contains the `secrets`."""

    def __init__(self) -> None:
        self.done: set[str] = set()
        self.secrets: list[str] = []

    def act(self, name: str, *arguments: str) -> tuple[Any, ActRow]:
        """Runs a command; returns its output and the one act it recorded."""
        before = {each.id for each in self._acts()}
        printed = self.json(*name.split(), *arguments)
        new, *more = [each for each in self._acts() if each.id not in before and each.act == _ACTS[name]]
        assert len(more) == (1 if name == "ca renew-tsa" else 0)  # the SM2 key and the P-256 key
        assert (new.actor, new.actor_id) == ("service", None)
        self.done.add(name)
        if isinstance(printed, dict):
            self.secrets += [
                printed[key] for key in ("secret", "client_secret", "token", "code") if key in printed
            ]
        return printed, new

    def holds_no_secret(self) -> bool:
        told = [json.dumps([each.subject, each.details], ensure_ascii=False) for each in self._acts()]
        return not any(secret in text for secret in self.secrets for text in told)

    def member_id(self, name: str) -> str:
        return next(str(each["id"]) for each in self.json("staff", "list") if each["name"] == name)

    def _acts(self) -> list[ActRow]:
        return self.on_database(lambda db: acts.page(db, subject=None, actor_id=None, before="~", most=1000))


@pytest.fixture
def recorder(settings_of_commands: None) -> Recorder:
    """A recorder with a master key and no CA."""
    made = Recorder()
    made.json("keys", "init")
    return made


def test_each_changing_command_leaves_its_act(
    recorder: Recorder, tmp_path: Path, soft_hsm: SoftHsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    _of_the_ca(recorder)
    registered = _of_systems(recorder, tmp_path)
    _of_the_filing(recorder, tmp_path)
    _of_the_staff(recorder)
    _of_the_audit(recorder, tmp_path)
    _of_the_keys(recorder, tmp_path / "master.key")
    _, ran = recorder.act("jobs run", "--once", "--job", "purge")
    assert ran.subject == "purge"
    _, confirmed = recorder.act("clock confirm", "--yes")
    assert confirmed.subject == "clock"
    _of_the_seals(recorder)
    recorder.act("restore declare", "--yes")
    for name, value in soft_hsm.environment("acts").items():
        monkeypatch.setenv(name, value)
    made, wrapped = recorder.act("keys wrap")
    assert [wrapped.subject] == wrapped.details["wrapped"] == made["keys"]
    assert "under acts of token mshield-test" in wrapped.details["under"]
    assert recorder.done == _ACTS.keys()
    assert recorder.secrets
    assert recorder.holds_no_secret()
    assert recorder.log_holds()
    proof = tmp_path / "view.proof.json"
    proof.write_text(json.dumps(recorder.json("log", "prove", "--view", *registered)), "utf-8")
    vkey = recorder.json("log", "key")["vkey"]
    proven = recorder.json("log", "verify", "--proof", str(proof), "--key", vkey)
    assert (proven["kind"], proven["id"], proven["client_id"]) == ("view", VIEW_ID, registered[0])


def _of_the_ca(recorder: Recorder) -> None:
    recorder.act("ca init")
    recorder.act("ca init-p256")
    recorder.act("ca init-p256 --renew")
    recorder.act("ca renew-tsa")
    recorder.act("ca renew-issuing")
    recorder.act("ca renew-responder", "issuing")
    recorder.act("ca revoke-issuing", "issuing", "--yes")


def _of_systems(recorder: Recorder, tmp_path: Path) -> tuple[str, str]:
    """Makes a business system with everything it can have; returns its client id and its view's digest."""
    system, _ = recorder.act("business add", "单一窗口", "--domain", "a.example")
    client_id = system["client_id"]
    _, changed = recorder.act("business return-urls", client_id, "palmcustoms://signed")
    assert (changed.subject, changed.details) == (client_id, {"return_urls": [[], ["palmcustoms://signed"]]})
    digest = _of_views(recorder, client_id, tmp_path)
    decided = (client_id, "--reason", "柜台看过原件", "--second-person", "顾行")
    _, allowed = recorder.act("business unshown allow", *decided)
    assert (allowed.subject, allowed.details["second_person"]) == (client_id, "顾行")
    assert recorder.refused("business", "unshown", "allow", *decided) == "conflict"
    recorder.act("business unshown end", client_id, "--reason", "改用展示规则")
    _, login = recorder.act("oidc client set", client_id, "--redirect-uri", "https://a.example/back")
    assert login.subject == client_id
    assert login.details == {
        "auth_method": "client_secret_basic",
        "logout_uris": [],
        "par_required": False,
        "redirect_uris": ["https://a.example/back"],
    }
    _, ended = recorder.act("oidc client remove", client_id)
    assert (ended.subject, ended.details) == (client_id, {})
    hook, _ = recorder.act("webhooks add", client_id, "https://93.184.216.34/")
    recorder.act("webhooks rotate", hook["id"])
    recorder.act("webhooks replay", hook["id"])
    recorder.on_database(
        lambda db: execute(db, "UPDATE webhook_endpoints SET state = 'disabled', reason = 'gone'")
    )
    recorder.act("webhooks enable", hook["id"])
    recorder.act("webhooks remove", hook["id"])
    return client_id, digest


def _of_views(recorder: Recorder, client_id: str, tmp_path: Path) -> str:
    view, sample = tmp_path / "order.view.json", tmp_path / "order.json"
    view.write_bytes(small_view())
    sample.write_bytes(b"{}")
    files = (client_id, str(view), "--sample", str(sample), "--second-person", "顾行")
    assert recorder.refused("business", "view", "add", *files) == "view_failed"
    sample.write_bytes(CONTENT)
    added, registered = recorder.act("business view add", *files)
    assert (registered.subject, registered.details["second_person"]) == (client_id, "顾行")
    (listed,) = recorder.json("business", "view", "list", client_id)
    assert (listed["digest"], listed["state"]) == (added["digest"], "in_force")
    _, withdrawn = recorder.act("business view withdraw", client_id, VIEW_ID, "1", "--reason", "改用第二版")
    assert (withdrawn.subject, withdrawn.details["reason"]) == (client_id, "改用第二版")
    digest: str = added["digest"]
    return digest


def _of_the_filing(recorder: Recorder, folder: Path) -> None:
    header = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型"
    line = "宁波海天贸易有限公司,91330206MA2XB7C1TW,许安然,护照,E12345678,操作员"
    (folder / "list.csv").write_text(f"{header}\n{line}\n", "utf-8")
    recorder.act("filing import", str(folder / "list.csv"))
    recorder.json("filing", "export", str(folder / "made.csv"))
    recorder.act("filing export", str(folder / "made.csv"), "--credit-code", "91330206MA2XB7C1TW")
    (person,) = recorder.json("filing", "list")
    recorder.act("filing code", person["id"])
    recorder.act("filing end", person["id"], "--reason", "离职")


def _of_the_staff(recorder: Recorder) -> None:
    member, _ = recorder.act("staff add", "张三", "--role", "auditor")
    recorder.act("staff set-up", member["id"])
    made, _ = recorder.act("staff token add", member["id"], "--name", "导出", "--role", "auditor")
    made, _ = recorder.act("staff token rotate", made["id"])
    recorder.act("staff token revoke", made["id"])
    recorder.act("staff disable", member["id"])


def _of_the_seals(recorder: Recorder) -> None:
    recorder.on_database(lambda db: tamper(db, "UPDATE enterprises SET name = '宁波海天贸易'"))
    assert CliRunner().invoke(main, ("seals", "check")).exit_code == 1
    options = ("--second-person", "许安然", "--reason", "改名，已核对执照", "--yes")
    _, taken = recorder.act("seals accept", "enterprises", "91330206MA2XB7C1TW", *options)
    assert taken.subject == "enterprises/91330206MA2XB7C1TW"
    assert taken.details == {
        "reason": "改名，已核对执照",
        "second_person": "许安然",
        "second_person_id": recorder.member_id("许安然"),
    }
    assert recorder.json("seals", "check") == {"holds": True, "findings": []}


def _of_the_audit(recorder: Recorder, tmp_path: Path) -> None:
    file = tmp_path / "acts.csv"
    day = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
    days = ("--since", str(day - dt.timedelta(days=1)), "--until", str(day + dt.timedelta(days=1)))
    _, exported = recorder.act("staff acts", str(file), "--act", "staff.add", *days)
    heads, *lines = csv.reader(file.read_text("utf-8-sig").splitlines())
    assert heads[0] == "时间（中国标准时间 UTC+08:00）"
    assert {line[4] for line in lines} == {"staff.add"}
    assert (exported.subject, exported.details["acts"]) == ("audit", len(lines))
    assert file.stat().st_mode & 0o777 == 0o600
    assert recorder.refused("staff", "acts", str(tmp_path / "acts.txt")) == "unknown_format"
    recorder.act("staff acts", str(file), "--until", "9998-12-31")


def test_export_that_cannot_succeed_is_refused_before_its_act(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No act claims an export that failed, and no empty file is left by a mistyped option."""
    recorder.json("staff", "add", "张三", "--role", "auditor")
    nowhere = str(tmp_path / "no" / "list.csv")
    file = tmp_path / "acts.csv"
    for command in (("staff", "acts"), ("filing", "export")):
        assert recorder.refused(*command, nowhere) == "failed"
    for wrong in (
        ("--until", "9999-12-31"),
        ("--since", "0001-01-01"),
        ("--since", "2026-11-02", "--until", "2026-11-01"),
        ("--end", "abc"),
        ("--by-end", "1"),
        ("--act", "FOO"),
        ("--by-name", ""),
        ("--name", "a\nb"),
    ):
        result = recorder.run("staff", "acts", str(file), *wrong)
        assert (result.exit_code, type(result.exception)) == (2, SystemExit), wrong
        assert not file.exists(), wrong
    with monkeypatch.context() as patch:
        patch.setattr(list_acts, "MOST_EXPORTED", 0)
        assert recorder.refused("staff", "acts", str(file)) == "list_too_long"
    assert not file.exists()
    file.write_text("older and longer than the new export" * 100, "utf-8")
    recorder.json("staff", "acts", str(file))
    heads, *lines = csv.reader(file.read_text("utf-8-sig").splitlines())
    assert {len(line) for line in lines} == {len(heads)}
    assert "staff.add" in {line[4] for line in lines}
    assert recorder.acts("audit") == [("audit.export", "service")]
    assert recorder.acts("filing") == []


def _of_the_keys(recorder: Recorder, file: Path) -> None:
    made, next_one = recorder.act("oidc rotate-key")
    assert (next_one.subject, next_one.details) == (made["kid"], {"at_once": False})
    assert (
        recorder.json("oidc", "rotate-key")["kid"] == made["kid"]
    )  # one is pending already: nothing changes
    made, at_once = recorder.act("oidc rotate-key --at-once")
    assert (at_once.subject, at_once.details) == (made["kid"], {"at_once": True})
    old = recorder.json("keys", "show")[0]["id"]
    rotation, rotated = recorder.act("keys rotate")
    assert (rotated.subject, rotated.details) == (rotation["current"], {"new_key": True})
    assert recorder.refused("keys", "rotate", "--drop-old") == "master_key_in_use"
    aged = time.time() - 3600
    os.utime(file, (aged, aged))
    _, dropped = recorder.act("keys rotate --drop-old")
    assert (dropped.subject, dropped.details) == (rotation["current"], {"dropped": [old]})
    recorder.secrets += [line.split()[2] for line in file.read_text("utf-8").splitlines()]


def test_unchanged_pending_key_records_no_act(recorder: Recorder) -> None:
    recorder.act("ca init")
    recorder.act("oidc rotate-key")
    made = recorder.json("oidc", "rotate-key")
    assert recorder.acts(made["kid"]) == [("key.rotate_oidc", "service")]


def test_refused_command_records_no_act(recorder: Recorder) -> None:
    for refused in (
        ("oidc", "client", "remove", "bs-0000000000000000"),
        ("business", "return-urls", "bs-0000000000000000"),
        ("oidc", "client", "set", "bs-0000000000000000", "--redirect-uri", "https://a.example/"),
    ):
        load_settings.cache_clear()
        assert CliRunner().invoke(main, refused).exit_code != 0
    assert recorder.acts("bs-0000000000000000") == []
