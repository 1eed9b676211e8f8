"""Long lists: few round trips, each row sealed and recorded like a single one, all or nothing."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any, Final

import pytest
from click.testing import CliRunner

from mshield.cli.main import main
from mshield.server.database.interface import Database, Row, SealBroken, Tx, Values
from mshield.server.database.queries import Query
from mshield.server.filing import import_list
from mshield.server.filing.import_list import LINES_AT_A_TIME, Held, ImportFiling
from mshield.server.filing.people import FiledPeople
from mshield.server.filing.progress import Phase
from mshield.server.filing.report import Report, Waits, report_data
from mshield.server.filing.rules import FilingRow
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.runtime.list_thread import TURN_SECONDS, run_in_thread
from mshield.server.seals import reading
from mshield.server.seals.tables import ENTERPRISES, FILED_PERSONS
from mshield.server.settings.settings import load_settings
from tests.support.clock import Clock
from tests.support.filed_rows import filed_rows
from tests.support.second_person import SECOND
from tests.support.signing import execute, fetch, tamper

CODES: Final = ("91330206MA2XB7C1TW", "91370203MA3YK2D9RF", "91330206MA0007700J")
LINES: Final = 2 * LINES_AT_A_TIME + 30


@pytest.fixture
def filing(db: Database, keyring: Keyring) -> ImportFiling:
    return ImportFiling(db, keyring, LookupKey(bytes(32)))


def _rows(count: int = LINES, *, name: str = "林知远", **others: Any) -> list[FilingRow]:
    """Returns operators of three enterprises in turn."""
    return [
        replace(
            FilingRow(
                line=number + 2,
                enterprise=f"宁波第{number % len(CODES)}进出口有限公司",
                credit_code=CODES[number % len(CODES)],
                name=name,
                id_type="护照",
                id_number=f"E{number:08d}",
                role="操作员",
            ),
            **others,
        )
        for number in range(count)
    ]


async def _standing(db: Database) -> list[reading.Recorded]:
    return [
        row
        for table in (ENTERPRISES, FILED_PERSONS)
        for row in await reading.page(db, table, after=None, limit=2 * LINES)
    ]


def _holds(db: Database, recorded: reading.Recorded) -> bool:
    """Reports whether a row's seal is valid, and its last record matches."""
    table = ENTERPRISES if recorded.key in CODES else FILED_PERSONS
    last = (recorded.row["seal_version"], recorded.row["seal"])
    return table.holds(db.sealer, recorded.row) and last == (recorded.last_version, recorded.last_seal)


async def test_each_row_of_a_long_list_has_its_seal_and_its_change(
    filing: ImportFiling, db: Database, clock: Clock
) -> None:
    await filing.apply(_rows(), now=clock())
    standing = await _standing(db)
    assert len(standing) == len(CODES) + LINES
    assert {row.row["seal_version"] for row in standing} == {1}
    assert all(_holds(db, row) for row in standing)
    await filing.apply(_rows(name="李知远"), now=clock())
    half = _rows(LINES // 2, name="李知远", phone="13800006027", enterprise="宁波南潮进出口有限公司")
    await filing.apply(half, second_person=SECOND, now=clock())
    standing = await _standing(db)
    assert all(_holds(db, row) for row in standing)
    versions = Counter(row.row["seal_version"] for row in standing if row.key not in CODES)
    assert versions == {2: LINES - LINES // 2, 3: LINES // 2}
    assert {row.row["seal_version"] for row in standing if row.key in CODES} == {2}
    changes = await fetch(db, "SELECT COUNT(*) AS n FROM sealed_changes WHERE place = 'filed_persons'")
    assert changes["n"] == 2 * LINES + LINES // 2
    await filing.apply(half, second_person=SECOND, now=clock())
    assert (
        await fetch(db, "SELECT COUNT(*) AS n FROM sealed_changes WHERE place = 'filed_persons'") == changes
    )


async def test_forged_row_stops_the_whole_list(filing: ImportFiling, db: Database, clock: Clock) -> None:
    await filing.apply(_rows(), now=clock())
    last = (await _standing(db))[-1].key
    await tamper(db, f"UPDATE filed_persons SET name = '王知远' WHERE id = '{last}'")  # noqa: S608  # an id
    with pytest.raises(SealBroken, match=str(last)):
        await filing.apply(_rows(name="李知远"), now=clock())
    names = await fetch(db, "SELECT COUNT(DISTINCT name) AS n, MAX(version) AS version FROM filed_persons")
    assert (names["n"], names["version"]) == (2, 1)


async def test_row_changed_by_a_trigger_has_no_valid_seal(
    filing: ImportFiling, db: Database, clock: Clock
) -> None:
    """The seal covers the list's data, not what a trigger of the database put in their place."""
    if db.dialect == "postgresql":
        await tamper(
            db,
            "CREATE FUNCTION another() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN NEW.role = ''legal_person''; RETURN NEW; END'",
        )
        await tamper(
            db,
            "CREATE TRIGGER another BEFORE INSERT ON filed_persons FOR EACH ROW EXECUTE FUNCTION another()",
        )
    else:
        await tamper(
            db,
            "CREATE TRIGGER another AFTER INSERT ON filed_persons BEGIN"
            " UPDATE filed_persons SET role = 'legal_person' WHERE id = NEW.id; END",
        )
    await filing.apply(_rows(3), now=clock())
    if db.dialect == "postgresql":
        await tamper(db, "DROP FUNCTION another CASCADE")
    people = [row for row in await _standing(db) if row.key not in CODES]
    assert [row.row["role"] for row in people] == ["legal_person"] * 3
    assert not any(_holds(db, row) for row in people)


async def test_other_calls_are_served_in_every_phase_of_an_import(filing: ImportFiling, clock: Clock) -> None:
    await filing.apply(_rows(), now=clock())
    turns, seen = 0, dict[Phase, set[int]](compare=set(), take=set())

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        serving = group.create_task(other())
        report = await filing.apply(_rows(), tell=lambda phase, *_: seen[phase].add(turns), now=clock())
        serving.cancel()
    assert report.unchanged == LINES
    parts = -(-LINES // LINES_AT_A_TIME)
    assert {phase: len(at) for phase, at in seen.items()} == {"compare": parts, "take": parts}


async def test_thread_switch_interval_is_short_during_background_work() -> None:
    before = sys.getswitchinterval()
    both = Barrier(2)

    def work() -> float:
        both.wait(10)
        return sys.getswitchinterval()

    first, second = await asyncio.gather(run_in_thread(work), run_in_thread(work))
    assert first == second == pytest.approx(TURN_SECONDS)
    assert sys.getswitchinterval() == before
    with pytest.raises(ZeroDivisionError):
        await run_in_thread(lambda: 1 // 0)
    assert sys.getswitchinterval() == before


class _Counted:
    """A transaction that counts its round trips to the database."""

    def __init__(self, tx: Tx, trips: Counter[str]) -> None:
        self._tx, self._trips = tx, trips

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    async def one(self, query: Query, **values: object) -> Row | None:
        self._trips[query.name] += 1
        return await self._tx.one(query, **values)

    async def all(self, query: Query, **values: object) -> list[Row]:
        self._trips[query.name] += 1
        return await self._tx.all(query, **values)

    async def all_for(self, query: Query, many: Sequence[Values]) -> list[Row]:
        self._trips[query.name] += 1
        return await self._tx.all_for(query, many)

    async def run(self, query: Query, **values: object) -> int:
        self._trips[query.name] += 1
        return await self._tx.run(query, **values)


async def test_a_long_list_takes_few_round_trips(
    filing: ImportFiling, db: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips = Counter[str]()
    write = db.write

    async def counted(work: Any) -> Any:
        return await write(lambda tx: work(_Counted(tx, trips)))

    monkeypatch.setattr(db, "write", counted)
    parts = -(-LINES // LINES_AT_A_TIME)
    for rows in (_rows(), _rows(name="李知远"), _rows(name="李知远", enterprise="宁波南潮进出口有限公司")):
        trips.clear()
        assert (await filing.apply(rows, second_person=SECOND, now=clock())).applied
        assert trips["filing.filing.find_person_of_call"] == parts
        assert max(trips.values()) <= parts + 1, trips
        assert trips.total() <= 6 * parts + 6, trips


async def _mixed(filing: ImportFiling, clock: Clock) -> list[FilingRow]:
    """Returns a list with lines that are new, changed, ended, unchanged, or need two officers, ready for import."""
    await filing.apply(_rows(40), now=clock())
    await filing.apply(
        [replace(_rows(1)[0], line=900, name="顾承岳", id_number="E90000000", role="法人")],
        second_person=SECOND,
        now=clock(),
    )
    people = FiledPeople(filing.db, filing.keyring, filing.lookup)
    (leaver,) = await people.page(id_number="E00000007")
    await people.end(leaver.id, reason="已离职", now=clock())
    rows = _rows(60)
    for number, row in enumerate(rows):
        if number % 5 == 0:
            rows[number] = replace(row, name="李知远")
        elif number % 7 == 0:
            rows[number] = replace(row, phone="13800006027")
        elif number % 11 == 0:
            rows[number] = replace(row, enterprise="")
        elif number % 13 == 0:
            rows[number] = replace(row, role="法人")
    # One enterprise has a legal representative, whose lines then need two officers; the other has none.
    return [
        replace(row, enterprise="宁波南潮进出口有限公司")
        if row.credit_code in CODES[:2] and row.enterprise
        else row
        for row in rows
    ]


async def _come(filing: ImportFiling, clock: Clock, *, by_two: bool) -> tuple[Report, Report, list[Any]]:
    rows = await _mixed(filing, clock)
    held: list[Held] = []

    async def hold(_: Tx, some: Sequence[Held]) -> Waits:
        held[:] = some
        return "approval"

    planned = await filing.plan(rows, waits=None if by_two else "approval", now=clock())
    applied = (
        await filing.apply(rows, second_person=SECOND, now=clock())
        if by_two
        else await filing.apply(rows, hold=hold, now=clock())
    )
    on_file = [
        {name: value for name, value in row.row.items() if name not in {"id", "seal", "last_seal"}}
        for row in map(_plain, await _standing(filing.db))
    ]
    assert all(_holds(filing.db, row) for row in await _standing(filing.db))
    return planned, applied, [*on_file, *held]


def _plain(recorded: reading.Recorded) -> reading.Recorded:
    return replace(recorded, row=dict(recorded.row))


@pytest.mark.parametrize("by_two", [True, False])
async def test_batch_size_does_not_change_the_result(
    filing: ImportFiling, keyring: Keyring, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, by_two: bool
) -> None:
    planned, applied, on_file = await _come(filing, clock, by_two=by_two)
    assert {line.change for line in planned.lines} == {"add", "change", "none"}
    assert any(line.takes_two for line in planned.lines)
    assert bool(applied.waiting) is not by_two
    await execute(filing.db, "DELETE FROM filed_persons")
    await execute(filing.db, "DELETE FROM enterprises")
    monkeypatch.setattr(import_list, "LINES_AT_A_TIME", 1)
    alone = ImportFiling(filing.db, keyring, filing.lookup)
    assert await _come(alone, clock, by_two=by_two) == (planned, applied, on_file)


async def test_list_with_bad_lines_changes_nothing_in_any_batch(filing: ImportFiling, clock: Clock) -> None:
    rows = _rows()
    rows[-1] = replace(rows[-1], id_number="")
    assert not (await filing.apply(rows, now=clock())).applied
    rows[-1] = replace(_rows()[-1], role="法人")
    told: list[tuple[Phase, int]] = []
    report = await filing.apply(rows, tell=lambda phase, done, _: told.append((phase, done)), now=clock())
    assert (report.applied, report.waiting) == (False, 1)
    assert told == [("compare", number + 1) for number in range(LINES)]
    assert await filed_rows(filing.db) == (0, 0)


def test_command_shows_progress_and_the_same_report(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSHIELD_DATABASE", sqlite_url)
    monkeypatch.setenv("MSHIELD_MASTER_KEY_FILE", str(tmp_path / "master.key"))
    monkeypatch.delenv("MSHIELD_MASTER_KEY", raising=False)
    assert _command("keys", "init").exit_code == 0
    head = "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型"
    lines = [
        f"{row.enterprise},{row.credit_code},{row.name},{row.id_type},{row.id_number},{row.role}"
        for row in _rows(5000)
    ]
    file = tmp_path / "list.csv"
    file.write_text("\n".join([head, *lines]), "utf-8")
    done = _command("filing", "import", str(file), "--show", "errors", "--lang", "en")
    assert done.exit_code == 0, done.output
    said = done.stderr.splitlines()
    assert said[:2] == [f"reading {file.name}", "read 5000 lines"]
    tenths = [f"{tenth}0% ({500 * tenth} of 5000 lines)" for tenth in range(1, 11)]
    assert said[2:22] == [f"{phase} {tenth}" for phase in ("compared", "imported") for tenth in tenths]
    assert said[22:] == [
        "errors 0, changes 0, added 5000, unchanged 0",
        "Imported: people added 5000, changed 0, unchanged 0; enterprises added 3, changed 0",
    ]
    again = json.loads(_command("filing", "import", str(file), "--json").stdout)
    assert (again["unchanged"], len(again["lines"])) == (5000, 5000)
    assert again.keys() == report_data(Report(())).keys()


def _command(*arguments: str) -> Any:
    load_settings.cache_clear()
    return CliRunner().invoke(main, arguments)
