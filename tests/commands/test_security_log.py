"""Commands with findings add them to the security log's file, and to no other."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mshield.testkit.demo.people import OPERATOR
from tests.commands.test_ca_commands import Operator
from tests.support.security_lines import fresh_logger, require_nobody
from tests.support.signing import tamper


@pytest.fixture(autouse=True)
def _logger() -> Iterator[None]:
    with fresh_logger():
        yield


@pytest.fixture
def file(settings_of_commands: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log file of an installation with a CA and a business system whose name was changed in the database."""
    file = tmp_path / "security.log"
    monkeypatch.setenv("MSHIELD_SECURITY_LOG", str(file))
    operator = Operator()
    operator.json("keys", "init")
    operator.json("ca", "init")
    operator.json("business", "add", "单一窗口", "--domain", "singlewindow.example")
    assert operator.log_holds()
    operator.on_database(lambda db: tamper(db, "UPDATE business_systems SET name = '林知远'"))
    return file


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("ascii").splitlines()]


def test_findings_of_commands_are_logged(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in ("log verify", "seals check"):
        _require_finding(*command.split())
        (line,) = [line for line in _lines(file) if line.get("command") == command]
        assert (line["event"], line["level"]) == ("verification.failed", "critical")
        assert (line["code"], line["table"]) == ("seal_broken", "business_systems")
    monkeypatch.setenv("MSHIELD_MODE", "production")
    _require_finding("doctor")
    checks = [line["check"] for line in _lines(file) if line["event"] == "doctor.finding"]
    assert checks == ["public origin", "SMS", "warning root", "warning issuing"]
    require_nobody(file.read_text("ascii").splitlines(), (OPERATOR,))


def test_wrong_code_of_a_second_person_is_logged(file: Path) -> None:
    operator = Operator()
    operator.code("许安然")
    (member,) = operator.json("staff", "list")
    named = ("business", "add", "海天", "--domain", "b.example", "--second-person", "许安然")
    assert operator.refused(*named, answer="000000") == "second_factor_wrong"
    (line,) = [line for line in _lines(file) if line["event"] == "factor.refused"]
    assert (line["level"], line["code"]) == ("warning", "second_factor_wrong")
    assert (line["actor_kind"], line["actor"]) == ("staff", member["id"])
    assert line["command"] == "business add"
    require_nobody(file.read_text("ascii").splitlines(), (OPERATOR,))


def _require_finding(*command: str) -> None:
    done = Operator().run(*command, "--json")
    assert done.exit_code == 1
    assert not done.stderr
