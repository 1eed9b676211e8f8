"""Importing filing records: plan, all or nothing, versions, and the command."""

import asyncio
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from mshield.cli import main
from mshield.domain.filing import FilingRow
from mshield.gateways.filing_files import read_filing
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.import_list import ImportFiling
from mshield.services.filing.report import Report
from mshield.settings import load_settings
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import filing as store
from tests.support.acts import acts_on
from tests.support.clock import Clock
from tests.support.issuing import make_ca, person
from tests.support.signing import execute

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
CODE: Final = "91330206MA2XB7C1TW"
OPERATOR: Final = FilingRow(
    line=2,
    enterprise="宁波北潮进出口有限公司",
    credit_code=CODE,
    name="林知远",
    id_type="居民身份证",
    id_number="330206199001014217",
    role="操作员",
)
LEGAL: Final = dataclasses.replace(
    OPERATOR, line=3, name="顾承岳", id_number="330206197403183014", role="法人"
)
SECOND: Final = "许安然"
BY_TWO: Final = ("--second-person", SECOND)


@pytest.fixture
def filing(db: Database, keyring: Keyring) -> ImportFiling:
    return ImportFiling(db, keyring, LookupKey(bytes(32)))


async def _version(
    filing: ImportFiling, number: str = OPERATOR.id_number, role: str = "operator"
) -> tuple[str, int] | None:
    person = await store.find_person(
        filing.db, credit_code=CODE, role=role, id_number_hash=filing.lookup.lookup_hash("id-number", number)
    )
    return None if person is None else (person.name, person.version)


async def _phone(
    filing: ImportFiling, number: str = OPERATOR.id_number, role: str = "operator"
) -> str | None:
    person = await store.find_person(
        filing.db, credit_code=CODE, role=role, id_number_hash=filing.hash_id_number(number)
    )
    assert person is not None
    return person.phone


def _counts(report: Report) -> tuple[int, int, int, int, int]:
    return (
        report.will_add,
        report.will_change,
        report.unchanged,
        report.enterprises_add,
        report.enterprises_change,
    )


async def test_a_plan_changes_nothing(filing: ImportFiling, clock: Clock) -> None:
    report = await filing.plan([OPERATOR, LEGAL], now=clock())
    assert report.is_good
    assert not report.applied
    assert _counts(report) == (2, 0, 0, 1, 0)
    assert await store.count(filing.db) == (0, 0)


async def test_r4_what_is_imported_is_found_by_all_that_an_application_names(
    filing: ImportFiling, clock: Clock
) -> None:
    report = await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    assert report.applied
    assert _counts(report) == (2, 0, 0, 1, 0)
    assert await _version(filing) == ("林知远", 1)
    assert await _version(filing, LEGAL.id_number, "legal_person") == ("顾承岳", 1)
    assert await _version(filing, LEGAL.id_number, "operator") is None


async def test_r22_only_what_differs_gets_a_new_version(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    renamed = dataclasses.replace(OPERATOR, name="林志远")
    assert _counts(await filing.plan([renamed, LEGAL], now=clock())) == (0, 1, 1, 0, 0)
    report = await filing.apply([renamed, LEGAL], second_person=SECOND, now=clock())
    assert [(line.line, line.change) for line in report.lines] == [(2, "change"), (3, "none")]
    assert await _version(filing) == ("林志远", 2)
    assert await _version(filing, LEGAL.id_number, "legal_person") == ("顾承岳", 1)
    assert _counts(await filing.apply([renamed, LEGAL], second_person=SECOND, now=clock())) == (0, 0, 2, 0, 0)


async def test_r22_a_plan_and_its_import_say_which_shields_stop(
    filing: ImportFiling, keyring: Keyring, clock: Clock
) -> None:
    """Those that can be used and say what was on file: one of a person, all of an enterprise, each once."""
    ca = await make_ca(filing.db, keyring, now=clock())
    await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    for number in range(3):
        new, _ = await person(filing.db, keyring, ca.engine, now=clock())
        row = await ca.issue.reserve(
            dataclasses.replace(new, shield_number=f"MS0000000000{number}", credit_code=CODE), now=clock()
        )
        await ca.issue.issue(row.serial, now=clock())
        whose = ("林知远", "顾承岳", "林知远")[number]
        mine = "UPDATE certificates SET person_id = (SELECT id FROM filed_persons WHERE name = $1 AND phone IS NULL"
        await execute(
            filing.db, mine + " AND id_number_end IS NOT NULL) WHERE serial = $2", whose, row.serial
        )
    await execute(filing.db, "UPDATE certificates SET holds = 'lost' WHERE shield_number = 'MS00000000002'")
    other = dataclasses.replace(OPERATOR, name="林志远")
    planned = await filing.plan([other, LEGAL], now=clock())
    assert ([line.stops for line in planned.lines], planned.shields_stopped) == ([1, 0], 1)
    unstopped = dataclasses.replace(OPERATOR, phone="13800006028")
    assert (await filing.plan([unstopped, LEGAL], now=clock())).shields_stopped == 0
    firm = [dataclasses.replace(row, enterprise="宁波北潮集团") for row in (other, LEGAL)]
    planned = await filing.plan(firm, waits="approval", now=clock())
    assert ([line.enterprise_stops for line in planned.lines], planned.shields_stopped) == ([2, 2], 2)
    done = await filing.apply([other, LEGAL], second_person=SECOND, now=clock())
    assert ([line.stops for line in done.lines], done.shields_stopped) == ([1, 0], 1)
    # What has stopped doesn't stop again.
    planned = await filing.plan([OPERATOR, LEGAL], now=clock())
    assert planned.shields_stopped == 0
    done = await filing.apply(firm, second_person=SECOND, now=clock())
    assert ([line.enterprise_stops for line in done.lines], done.shields_stopped) == ([1, 1], 1)


async def test_r22_another_phone_number_is_a_change_but_no_new_version(
    filing: ImportFiling, clock: Clock
) -> None:
    await filing.apply(
        [dataclasses.replace(OPERATOR, phone="138 0000 6027"), LEGAL], second_person=SECOND, now=clock()
    )
    assert await _phone(filing) == "13800006027"
    other = dataclasses.replace(OPERATOR, phone="13800006028")
    planned = await filing.plan([other, LEGAL], now=clock())
    assert (_counts(planned), planned.phones_changed) == ((0, 1, 1, 0, 0), 1)
    report = await filing.apply([other, LEGAL], second_person=SECOND, now=clock())
    assert [(line.change, line.phone_changed) for line in report.lines] == [("change", True), ("none", False)]
    assert (await _phone(filing), await _version(filing)) == ("13800006028", ("林知远", 1))
    again = await filing.apply([other, LEGAL], second_person=SECOND, now=clock())
    assert (_counts(again), again.phones_changed) == ((0, 0, 2, 0, 0), 0)


async def test_a_list_without_phone_numbers_leaves_them(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply(
        [dataclasses.replace(OPERATOR, phone="13800006027")], second_person=SECOND, now=clock()
    )
    assert _counts(await filing.apply([OPERATOR], second_person=SECOND, now=clock())) == (0, 0, 1, 0, 0)
    await filing.apply([dataclasses.replace(OPERATOR, name="林志远")], second_person=SECOND, now=clock())
    assert (await _phone(filing), await _version(filing)) == ("13800006027", ("林志远", 2))


async def test_an_empty_cell_takes_the_phone_number_off_the_file(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply(
        [dataclasses.replace(OPERATOR, phone="13800006027")], second_person=SECOND, now=clock()
    )
    report = await filing.apply([dataclasses.replace(OPERATOR, phone=" ")], second_person=SECOND, now=clock())
    assert (_counts(report), report.phones_changed) == ((0, 1, 0, 0, 0), 1)
    assert (await _phone(filing), await _version(filing)) == (None, ("林知远", 1))
    assert (
        _counts(
            await filing.apply([dataclasses.replace(OPERATOR, phone="")], second_person=SECOND, now=clock())
        )[1]
        == 0
    )


async def test_a_new_name_and_a_new_phone_number_are_one_new_version(
    filing: ImportFiling, clock: Clock
) -> None:
    await filing.apply([OPERATOR], second_person=SECOND, now=clock())
    both = dataclasses.replace(OPERATOR, name="林志远", phone="13800006027")
    assert _counts(await filing.apply([both], second_person=SECOND, now=clock())) == (0, 1, 0, 0, 0)
    assert (await _phone(filing), await _version(filing)) == ("13800006027", ("林志远", 2))


async def test_two_people_may_have_one_phone_number(filing: ImportFiling, clock: Clock) -> None:
    rows = [dataclasses.replace(row, phone="13800006027") for row in (OPERATOR, LEGAL)]
    assert (await filing.apply(rows, second_person=SECOND, now=clock())).applied
    assert await _phone(filing) == await _phone(filing, LEGAL.id_number, "legal_person") == "13800006027"


async def test_a_bad_phone_number_and_nothing_is_imported(filing: ImportFiling, clock: Clock) -> None:
    report = await filing.apply(
        [OPERATOR, dataclasses.replace(LEGAL, phone="0574-55501801")], second_person=SECOND, now=clock()
    )
    assert not report.applied
    assert [(each.field, each.code) for each in report.lines[1].findings] == [("phone", "invalid_phone")]
    assert await store.count(filing.db) == (0, 0)


async def test_the_act_counts_phone_numbers_and_holds_none(filing: ImportFiling, clock: Clock) -> None:
    for phone in ("13800006027", "13800006028", ""):
        clock.advance(seconds=1)
        await filing.apply([dataclasses.replace(OPERATOR, phone=phone)], second_person=SECOND, now=clock())
    acted = await acts_on(filing.db, subject="filing")
    assert [act.details["phones_changed"] for act in acted] == [0, 1, 1]
    assert "1380000" not in str(acted)


async def test_a_renamed_enterprise_gets_one_new_version(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    rows = [dataclasses.replace(row, enterprise="宁波南潮进出口有限公司") for row in (OPERATOR, LEGAL)]
    assert _counts(await filing.plan(rows, now=clock())) == (0, 0, 2, 0, 1)
    await filing.apply(rows, second_person=SECOND, now=clock())
    enterprise = await store.find_enterprise(filing.db, credit_code=CODE)
    assert enterprise == store.Enterprise(CODE, "宁波南潮进出口有限公司", 2)


async def test_who_is_not_in_the_list_stays(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    await filing.apply([LEGAL], second_person=SECOND, now=clock())
    assert await store.count(filing.db) == (1, 2)


async def test_one_bad_line_and_nothing_is_imported(filing: ImportFiling, clock: Clock) -> None:
    bad = dataclasses.replace(LEGAL, id_number="330206197403183015")
    report = await filing.apply([OPERATOR, bad], second_person=SECOND, now=clock())
    assert not report.is_good
    assert not report.applied
    assert [(line.line, line.change, [found.code for found in line.findings]) for line in report.lines] == [
        (2, "add", []),
        (3, None, ["invalid_id_number"]),
    ]
    assert await store.count(filing.db) == (0, 0)


async def test_a_failure_in_the_middle_leaves_nothing(
    filing: ImportFiling, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCutError(Exception):
        pass

    insert = store.insert_people

    async def failing(tx: Tx, people: Sequence[store.NewFiledPerson], *, now: int) -> None:
        await insert(tx, people, now=now)
        raise PowerCutError

    monkeypatch.setattr(store, "insert_people", failing)
    with pytest.raises(PowerCutError):
        await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    assert await store.count(filing.db) == (0, 0)


async def test_a_line_may_leave_out_an_enterprise_that_is_known(filing: ImportFiling, clock: Clock) -> None:
    blank = dataclasses.replace(LEGAL, enterprise=" ")
    assert (await filing.apply([OPERATOR, blank], second_person=SECOND, now=clock())).applied
    assert await _version(filing, LEGAL.id_number, "legal_person") == ("顾承岳", 1)
    report = await filing.apply([blank], second_person=SECOND, now=clock())
    assert _counts(report) == (0, 0, 1, 0, 0)


async def test_an_unknown_enterprise_is_named(filing: ImportFiling, clock: Clock) -> None:
    blank = dataclasses.replace(LEGAL, enterprise="")
    elsewhere = dataclasses.replace(OPERATOR, credit_code="91370203MA3YK2D9RF", enterprise="青岛远航")
    wrong = dataclasses.replace(blank, line=4, credit_code="91330206MA2XB7C1TX")
    report = await filing.apply([elsewhere, blank, wrong], second_person=SECOND, now=clock())
    assert not report.applied
    assert [[(each.field, each.code) for each in line.findings] for line in report.lines] == [
        [],
        [("enterprise", "unknown_enterprise")],
        [("enterprise", "missing"), ("credit_code", "invalid_credit_code")],
    ]
    assert await store.count(filing.db) == (0, 0)
    assert report.lines[1].findings[0].zh == "企业名称没有填写，备案和名单里也没有这个代码的企业"


async def test_parallel_imports_take_their_turn(filing: ImportFiling, clock: Clock) -> None:
    reports = await asyncio.gather(
        *(filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock()) for _ in range(8))
    )
    assert sorted(report.will_add for report in reports) == [0] * 7 + [2]
    assert await _version(filing) == ("林知远", 1)


@pytest.mark.parametrize("name", ["filing.xlsx", "filing.csv"])
async def test_the_examples_are_imported(filing: ImportFiling, clock: Clock, name: str) -> None:
    report = await filing.apply(
        read_filing((EXAMPLES / name).read_bytes(), name), second_person=SECOND, now=clock()
    )
    assert _counts(report) == (9, 0, 0, 2, 0)


# ---- the command ----


@pytest.fixture
def settings(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSHIELD_DATABASE", sqlite_url)
    monkeypatch.setenv("MSHIELD_MASTER_KEY_FILE", str(tmp_path / "keys" / "master.key"))
    monkeypatch.delenv("MSHIELD_MASTER_KEY", raising=False)
    assert _run("keys", "init").exit_code == 0


def _run(*arguments: str) -> Result:
    load_settings.cache_clear()
    try:
        return CliRunner().invoke(main, arguments)
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
def test_command_takes_no_legal_person_by_one_person_alone() -> None:
    file = str(EXAMPLES / "filing.csv")
    planned = json.loads(_run("filing", "import", file, "--dry-run", "--json").stdout)
    assert (planned["will_add"], planned["waiting"]) == (7, 2)
    refused = _run("filing", "import", file, "--json")
    assert refused.exit_code == 1
    error = json.loads(refused.stderr)["error"]
    assert (error["code"], len(error["lines"])) == ("two_people", 2)
    assert json.loads(_run("filing", "list", "--json").stdout) == []
    assert _run("filing", "import", file, "--second-person", " ").exit_code == 1
    assert json.loads(_run("filing", "list", "--json").stdout) == []


@pytest.mark.usefixtures("settings")
def test_command_renames_no_enterprise_of_a_legal_person_by_one_person_alone(tmp_path: Path) -> None:
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
def test_command_refuses_what_is_no_list(tmp_path: Path) -> None:
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
    refused = _run("filing", "import", str(EXAMPLES / "filing.csv"), *BY_TWO)
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
    assert "已注销" in _run("filing", "list", "--ended", "--lang", "zh").stdout
    for name in ("people.xlsx", "people.csv"):
        assert _run("filing", "export", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        again = json.loads(_run("filing", "import", str(tmp_path / name), "--json").stdout)
        assert (again["unchanged"], again["will_add"]) == (8, 0)
    assert _run("filing", "export", str(tmp_path / "people.pdf")).exit_code == 1
