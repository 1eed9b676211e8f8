"""Importing filing records: plan, all or nothing, versions."""

import asyncio
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from mshield.server.database.interface import Database, Tx
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.import_list import ImportFiling
from mshield.server.filing.report import Report
from mshield.server.filing.rows import filing as store
from mshield.server.filing.rules import FilingRow
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from tests.support.acts import acts_on
from tests.support.clock import Clock
from tests.support.filed_rows import filed_rows
from tests.support.issuing import make_ca, person
from tests.support.second_person import SECOND
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
    assert await filed_rows(filing.db) == (0, 0)


async def test_r4_imported_person_is_found_by_an_applications_data(
    filing: ImportFiling, clock: Clock
) -> None:
    report = await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    assert report.applied
    assert _counts(report) == (2, 0, 0, 1, 0)
    assert await _version(filing) == ("林知远", 1)
    assert await _version(filing, LEGAL.id_number, "legal_person") == ("顾承岳", 1)
    assert await _version(filing, LEGAL.id_number, "operator") is None


async def test_r22_only_changed_records_get_a_new_version(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    renamed = dataclasses.replace(OPERATOR, name="林志远")
    assert _counts(await filing.plan([renamed, LEGAL], now=clock())) == (0, 1, 1, 0, 0)
    report = await filing.apply([renamed, LEGAL], second_person=SECOND, now=clock())
    assert [(line.line, line.change) for line in report.lines] == [(2, "change"), (3, "none")]
    assert await _version(filing) == ("林志远", 2)
    assert await _version(filing, LEGAL.id_number, "legal_person") == ("顾承岳", 1)
    assert _counts(await filing.apply([renamed, LEGAL], second_person=SECOND, now=clock())) == (0, 0, 2, 0, 0)


async def test_r22_plan_and_import_report_the_stopped_shields(
    filing: ImportFiling, keyring: Keyring, clock: Clock
) -> None:
    """The shields are usable ones with the old data: one for a person, all for an enterprise, each once."""
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
    waiting = [line.record for line in planned.lines if line.record]
    seen = await filing.compare_waiting(waiting, now=clock())
    assert [(line.stops, line.enterprise_stops) for line in seen] == [(1, 2), (0, 2)]
    done = await filing.apply([other, LEGAL], second_person=SECOND, now=clock())
    assert ([line.stops for line in done.lines], done.shields_stopped) == ([1, 0], 1)
    # A shield that is already stopped isn't counted again.
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


async def test_list_without_phone_numbers_keeps_them(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply(
        [dataclasses.replace(OPERATOR, phone="13800006027")], second_person=SECOND, now=clock()
    )
    assert _counts(await filing.apply([OPERATOR], second_person=SECOND, now=clock())) == (0, 0, 1, 0, 0)
    await filing.apply([dataclasses.replace(OPERATOR, name="林志远")], second_person=SECOND, now=clock())
    assert (await _phone(filing), await _version(filing)) == ("13800006027", ("林志远", 2))


async def test_empty_cell_removes_the_phone_number(filing: ImportFiling, clock: Clock) -> None:
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


async def test_new_name_and_phone_number_make_one_new_version(filing: ImportFiling, clock: Clock) -> None:
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
    assert await filed_rows(filing.db) == (0, 0)


async def test_act_counts_phone_numbers_without_containing_them(filing: ImportFiling, clock: Clock) -> None:
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


async def test_person_missing_in_the_list_stays_on_file(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply([OPERATOR, LEGAL], second_person=SECOND, now=clock())
    await filing.apply([LEGAL], second_person=SECOND, now=clock())
    assert await filed_rows(filing.db) == (1, 2)


async def test_one_bad_line_and_nothing_is_imported(filing: ImportFiling, clock: Clock) -> None:
    bad = dataclasses.replace(LEGAL, id_number="330206197403183015")
    report = await filing.apply([OPERATOR, bad], second_person=SECOND, now=clock())
    assert not report.is_good
    assert not report.applied
    assert [(line.line, line.change, [found.code for found in line.findings]) for line in report.lines] == [
        (2, "add", []),
        (3, None, ["invalid_id_number"]),
    ]
    assert await filed_rows(filing.db) == (0, 0)


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
    assert await filed_rows(filing.db) == (0, 0)


async def test_line_may_omit_a_known_enterprises_name(filing: ImportFiling, clock: Clock) -> None:
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
    assert await filed_rows(filing.db) == (0, 0)
    assert report.lines[1].findings[0].zh == "企业名称没有填写，备案和名单里也没有这个代码的企业"


async def test_parallel_imports_are_serialised(filing: ImportFiling, clock: Clock) -> None:
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
