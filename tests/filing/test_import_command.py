"""The commands `mshield filing import`, `list`, `end` and `export`: output, refusals and exit codes."""

import json
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.server.settings.settings import load_settings
from tests.support.second_person import code_beside, named_in

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
BY_TWO: Final = ("--second-person", "许安然")


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_DATABASE", sqlite_url)
    monkeypatch.setenv("MSHIELD_MASTER_KEY_FILE", str(tmp_path / "keys" / "master.key"))
    monkeypatch.delenv("MSHIELD_MASTER_KEY", raising=False)
    assert _run("keys", "init").exit_code == 0


def _run(*arguments: str) -> Result:
    """Runs a command; a second person that it names enters their code."""
    load_settings.cache_clear()
    settings, second = load_settings(), named_in(arguments)
    master = settings.keys.master_key_file
    try:
        code = None if second is None else code_beside(settings.database.url, master, second)
        return CliRunner().invoke(main, arguments, input=code)
    finally:
        load_settings.cache_clear()


@pytest.mark.usefixtures("settings")
def test_command_plans_then_imports_then_finds_nothing_to_do() -> None:
    file = str(EXAMPLES / "filing.xlsx")
    planned = json.loads(_run("filing", "import", file, *BY_TWO, "--dry-run", "--json").stdout)
    assert (planned["applied"], planned["will_add"]) == (False, 9)
    done = _run("filing", "import", file, *BY_TWO, "--lang", "zh")
    assert done.exit_code == 0
    assert "已导入：人员新增 9，变更 0，无变化 0；企业新增 2，变更 0" in done.stderr
    assert "林知远" in done.stdout
    assert "330206********4217" in done.stdout
    assert "330206199001014217" not in done.output
    again = json.loads(_run("filing", "import", str(EXAMPLES / "filing.csv"), "--json").stdout)
    assert (again["applied"], again["unchanged"], again["enterprises_add"]) == (True, 9, 0)


@pytest.mark.usefixtures("settings")
def test_command_needs_two_people_for_a_legal_person() -> None:
    file = str(EXAMPLES / "filing.csv")
    planned = json.loads(_run("filing", "import", file, "--dry-run", "--json").stdout)
    assert (planned["will_add"], planned["waiting"]) == (7, 2)
    refused = _run("filing", "import", file, "--json")
    assert refused.exit_code == 1
    error = json.loads(refused.stderr)["error"]
    assert (error["code"], len(error["lines"])) == ("two_people", 2)
    assert json.loads(_run("filing", "list", "--json").stdout) == []


@pytest.mark.usefixtures("settings")
def test_command_needs_two_people_to_rename_a_legal_persons_enterprise(tmp_path: Path) -> None:
    text = (EXAMPLES / "filing.csv").read_text("utf-8-sig")
    assert _run("filing", "import", str(EXAMPLES / "filing.csv"), *BY_TWO).exit_code == 0
    header, *lines = text.splitlines()
    operators = [line.replace("北潮", "南潮") for line in lines if "北潮" in line and "操作员" in line]
    file = tmp_path / "renamed.csv"
    file.write_text("\n".join([header, *operators]), "utf-8")
    refused = _run("filing", "import", str(file), "--json")
    assert json.loads(refused.stderr)["error"]["code"] == "two_people"
    assert "南潮" not in _run("filing", "list", "--json").stdout
    assert _run("filing", "import", str(file), *BY_TWO).exit_code == 0
    assert "南潮" in _run("filing", "list", "--json").stdout


@pytest.mark.usefixtures("settings")
def test_command_names_bad_lines_and_exits_with_one(tmp_path: Path) -> None:
    text = (
        (EXAMPLES / "filing.csv").read_text("utf-8-sig").replace("330206197403183014", "330206197403183015")
    )
    file = tmp_path / "bad.csv"
    file.write_text(text, "utf-8")
    refused = _run("filing", "import", str(file), "--lang", "zh")
    assert refused.exit_code == 1
    assert "证件号码有误，请按证件核对" in refused.stdout
    assert "有 1 行需要更正，没有导入任何内容" in refused.stderr
    data = json.loads(_run("filing", "import", str(file), "--json").stdout)
    assert data["applied"] is False
    assert [line["line"] for line in data["lines"] if line["findings"]] == [2]
    assert data["lines"][0]["findings"][0]["code"] == "invalid_id_number"
    assert (
        json.loads(_run("filing", "import", str(EXAMPLES / "filing.csv"), *BY_TWO, "--json").stdout)[
            "will_add"
        ]
        == 9
    )


@pytest.mark.usefixtures("settings")
def test_command_refuses_an_invalid_list_file(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(b"no workbook")
    refused = _run("filing", "import", str(file), "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stderr)["error"]["code"] == "unreadable"
    assert _run("filing", "import", str(tmp_path / "none.csv")).exit_code == 2


def test_command_without_a_master_key_says_so(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSHIELD_DATABASE", sqlite_url)
    monkeypatch.setenv("MSHIELD_MASTER_KEY_FILE", str(tmp_path / "none.key"))
    monkeypatch.delenv("MSHIELD_MASTER_KEY", raising=False)
    refused = _run("filing", "import", str(EXAMPLES / "filing.csv"))
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output


@pytest.mark.usefixtures("settings")
def test_commands_list_end_and_export(tmp_path: Path) -> None:
    assert _run("filing", "import", str(EXAMPLES / "filing.csv"), *BY_TWO).exit_code == 0
    listed = json.loads(_run("filing", "list", "--json").stdout)
    (operator,) = [each for each in listed if each["name"] == "林知远"]
    assert operator["id_number_masked"] == "330206********4217"
    assert operator["phone_masked"] == "138****6027"
    assert [each["phone_masked"] for each in listed if each["name"] == "CHAN Tai Man"] == [None]
    shown = _run("filing", "list", "--lang", "zh").stdout
    assert "手机号" in shown
    assert "138****6027" in shown
    assert "13800006027" not in shown
    ended = _run("filing", "end", operator["id"], "--reason", "已离职", "--json")
    assert json.loads(ended.stdout) == {"id": operator["id"], "shield_numbers": []}
    assert _run("filing", "end", operator["id"], "--reason", "已离职").exit_code == 1
    assert len(json.loads(_run("filing", "list", "--json").stdout)) == 8
    assert "已终止" in _run("filing", "list", "--ended", "--lang", "zh").stdout
    for name in ("people.xlsx", "people.csv"):
        assert _run("filing", "export", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        again = json.loads(_run("filing", "import", str(tmp_path / name), "--json").stdout)
        assert (again["unchanged"], again["will_add"]) == (8, 0)
    assert _run("filing", "export", str(tmp_path / "people.pdf")).exit_code == 1
