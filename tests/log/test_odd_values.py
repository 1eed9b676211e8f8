"""SQLite stores any value in any column: one of another type is detected, and no check or job crashes."""

# ruff: noqa: S608  the names in the statements are the schema's own

import json
import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.log import verify_certificates
from mshield.server.log.damage import LogDamaged
from mshield.server.log.open_log import open_log
from mshield.server.log.rename_log import rename_log
from mshield.server.log.sequence import sequence
from mshield.server.log.verify import Report, verify_log
from tests.support import schema
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.filled_log import KEYS, LIFE, NOT_FOUND, SETTINGS, SOURCES, LoggedService
from tests.support.intruder import Intruder
from tests.support.issuing import make_ca

TABLES: Final = (*KEYS, "authorities")
SIZE: Final = LIFE + 1
"""Size of the log of `service`: LoggedService.live's rows, and the CA's creation."""

LOG_TABLES: Final = ("log_tiles", "log_bundles", "log_state")
LOOSE: Final = NOT_FOUND.keys() | {("authorities", each) for each in ("key_box", "crl_number", "created_at")}
NAMED: Final[dict[str, set[str | None]]] = {
    # The entry of the issue has the certificate's data; otherwise the part that contradicts the state is
    # named.
    "certificates": {"certificates", "certificate_events"},
    "log_state": {None, "log_tiles", "log_bundles"},
}
ODD: Final = (
    "7",
    "0.5",
    "'x'",
    "x'ff'",
    "CAST(x'ff' AS TEXT)",
    "CAST({column} AS TEXT)",
    "CAST({column} AS BLOB)",
    "{column} || ''",
    "CAST({column} || x'ff' AS TEXT)",
    "replace(hex(zeroblob(length({column}))), '00', 'a')",
)
"""As SQL: integer, fraction, word, bytes, invalid UTF-8; then the column's own bytes as another type."""

ON_SQLITE: Final = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Only SQLite stores such a value; a test below shows that PostgreSQL doesn't."""


@pytest.fixture
async def service(db: Database, keyring: Keyring) -> LoggedService:
    ca = await make_ca(db, keyring, now=START)
    made = LoggedService(db, keyring, ca, await open_log(db, keyring, SETTINGS.site, now=START))
    await made.live()
    return made


@pytest.fixture
def columns(sqlite_url: str) -> list[schema.Column]:
    found = schema.sqlite_schema(sqlite_url.removeprefix("sqlite:///")).columns
    return sorted(found, key=lambda each: (each.table, each.name))


async def _check(service: LoggedService) -> Report:
    """Opens and checks the log like the command, and formats the findings."""
    log = await open_log(service.db, service.keyring, SETTINGS.site, now=START, begin=False)
    report = await verify_log(log)
    for each in report.findings:
        json.dumps([each.row, each.index, each.detail], ensure_ascii=False).encode()
    return report


def _put(intruder: Intruder, column: schema.Column, odd: str, rowid: int) -> bool:
    """Puts an odd value into a column; reports whether the value changed."""
    table, name = column.table, column.name
    look = f"SELECT typeof({name}) AS kind, hex({name}) AS octets FROM {table} WHERE rowid = ?"
    before = intruder.rows(look, rowid)
    intruder.run(f"UPDATE OR IGNORE {table} SET {name} = {odd.format(column=name)} WHERE rowid = ?", rowid)
    return intruder.rows(look, rowid) != before


def _tampered(intruder: Intruder, columns: list[schema.Column], table: str) -> Iterator[tuple[str, str]]:
    """Yields column and value, for the first and the last row, and restores each afterwards."""
    ends = intruder.rows(f"SELECT MIN(rowid) AS first, MAX(rowid) AS last FROM {table}")[0]
    count = 0
    for column in columns:
        if column.table != table or (table, column.name) == ("log_state", "id"):
            continue
        for rowid in sorted(set(ends.values())):
            where = f"FROM {table} WHERE rowid = ?"
            was = intruder.rows(f"SELECT {column.name} AS value {where}", rowid)[0]["value"]
            for odd in ODD:
                if _put(intruder, column, odd, rowid):
                    count += 1
                    yield column.name, odd
                    intruder.run(f"UPDATE {table} SET {column.name} = ? WHERE rowid = ?", was, rowid)
    assert count > 10


def _set_back(intruder: Intruder, before: dict[str, list[dict[str, Any]]]) -> None:
    """Removes what was added to the log."""
    for table, rows in before.items():
        intruder.run(f"DELETE FROM {table}")
        for row in rows:
            intruder.run(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row.values())
    for table in SOURCES:
        intruder.run(f"UPDATE {table} SET log_index = NULL WHERE log_index >= ?", SIZE)


@ON_SQLITE
@cases("table", TABLES)
async def test_value_of_another_type_is_detected(
    service: LoggedService, intruder: Intruder, columns: list[schema.Column], table: str
) -> None:
    for column, odd in _tampered(intruder, columns, table):
        report = await _check(service)
        if (table, column) in LOOSE:
            assert report.findings == [], (column, odd)
            continue
        named = {each.table for each in report.findings}
        assert named & NAMED.get(table, {table}), (column, odd)
    assert (await _check(service)).holds


@ON_SQLITE
@pytest.mark.parametrize("table", LOG_TABLES)
async def test_log_grows_or_reports_damage(
    service: LoggedService, intruder: Intruder, columns: list[schema.Column], table: str
) -> None:
    await service.act()
    before = {each: intruder.rows(f"SELECT * FROM {each}") for each in LOG_TABLES}
    damaged = 0
    for column, odd in _tampered(intruder, columns, table):
        try:
            assert await sequence(service.log, now=service.now) == 1
        except LogDamaged:
            damaged += 1
        found = {each.code for each in (await _check(service)).findings}
        assert found or (table, column) in LOOSE, (column, odd)
        _set_back(intruder, before)
    assert damaged > 10
    assert await sequence(service.log, now=service.now) == 1
    assert (await _check(service)).holds


@ON_SQLITE
@pytest.mark.parametrize("table", SOURCES)
async def test_pending_row_that_blocks_the_log_is_detected(
    service: LoggedService, intruder: Intruder, columns: list[schema.Column], table: str
) -> None:
    await service.sign(await service.certify())
    await service.act()
    before = {each: intruder.rows(f"SELECT * FROM {each}") for each in LOG_TABLES}
    for column, odd in _tampered(intruder, [each for each in columns if each.name != "log_index"], table):
        found = {each.code for each in (await _check(service)).findings}
        try:
            assert await sequence(service.log, now=service.now) == 5
            stopped = False
        except LogDamaged:
            stopped = True
        assert stopped is ("bad_row" in found), (column, odd)
        await _check(service)
        _set_back(intruder, before)
    assert await sequence(service.log, now=service.now) == 5
    assert (await _check(service)).holds


@ON_SQLITE
@pytest.mark.parametrize(
    ("change", "row"),
    [
        ("INSERT INTO log_bundles VALUES ('x', 1, x'')", "x"),
        ("INSERT INTO log_bundles VALUES (0.5, 1, x'')", "0.5"),
        ("INSERT INTO log_bundles VALUES (CAST(x'ff' AS TEXT), 1, x'')", "\\udcff"),
        ("INSERT INTO log_bundles VALUES (x'ff', 'x', 'x')", "ff"),
        ("INSERT INTO log_tiles VALUES ('x', 0, 1, x'')", "x/0"),
        ("INSERT INTO log_tiles VALUES (0.5, 0, 256, x'')", "0.5/0"),
        ("INSERT INTO log_tiles VALUES (0, -0.5, 256, 'x')", "0/-0.5"),
        ("INSERT INTO log_tiles VALUES (0, 'x', 0.5, 1)", "0/x"),
    ],
)
async def test_tile_or_bundle_without_a_valid_number_is_detected(
    service: LoggedService, intruder: Intruder, change: str, row: str
) -> None:
    intruder.run(change)
    assert ("tile_outside", row) in {(each.code, each.row) for each in (await _check(service)).findings}
    intruder.run("INSERT INTO log_bundles VALUES (0.25, 1, x'')")  # also between others
    intruder.run("INSERT INTO log_bundles VALUES (70, 1, x'')")
    rows = {each.row for each in (await _check(service)).findings if each.code == "tile_outside"}
    assert rows >= {"0.25", "70"}


@ON_SQLITE
@pytest.mark.parametrize("serial", ["CAST(x'2f2fff' AS TEXT)", "CAST(x'7aff' AS TEXT)", "x'2f'"])
async def test_check_continues_after_a_serial_that_is_no_text(
    service: LoggedService, intruder: Intruder, monkeypatch: pytest.MonkeyPatch, serial: str
) -> None:
    monkeypatch.setattr(verify_certificates, "_PAGE", 1)
    await service.certify()
    await service.sequence()
    intruder.run("UPDATE certificates SET holds = 'lost', changed_at = 1")
    all_of_them = {row["serial"] for row in intruder.rows("SELECT serial FROM certificates")}
    for each in all_of_them:
        intruder.run(f"UPDATE certificates SET serial = {serial} WHERE serial = ?", each)
        found = {one.row for one in (await _check(service)).findings if one.code == "unexplained"}
        assert all_of_them - {each} < found
        assert len(found) == 3
        intruder.run(f"UPDATE certificates SET serial = ? WHERE serial = {serial}", each)


@ON_SQLITE
async def test_unreadable_acts_are_reported(service: LoggedService, intruder: Intruder) -> None:
    for column, value in (
        ("subject", "x'ff'"),
        ("subject", "CAST(x'ff' AS TEXT)"),
        ("details", "x'ff'"),
        ("details", "replace(hex(zeroblob(99999)), '00', '[')"),
    ):
        was = intruder.rows("SELECT id, subject, details FROM acts WHERE act = 'ca.init'")[0]
        intruder.run(f"UPDATE acts SET {column} = {value}")
        found = [(each.code, each.row) for each in (await _check(service)).findings]
        assert ("row_changed", was["id"]) in found
        intruder.run(f"UPDATE acts SET {column} = ? WHERE id = ?", was[column], was["id"])


@ON_SQLITE
@pytest.mark.parametrize("origin", ["7.5", "x'ff'", "CAST(x'ff' AS TEXT)", "''"])
async def test_a_log_without_a_name_is_not_renamed(
    service: LoggedService, intruder: Intruder, origin: str
) -> None:
    intruder.run(f"UPDATE log_state SET origin = {origin}")
    (found,) = (await _check(service)).findings
    assert found.code == ("bad_checkpoint" if origin == "7.5" else "edge_damaged")  # a valid name, as text
    with pytest.raises(LogDamaged):
        await rename_log(service.db, service.keyring, now=START)
    await service.act()
    with pytest.raises(LogDamaged):
        await sequence(service.log, now=START)


@ON_SQLITE
async def test_state_has_one_row_with_number_one(service: LoggedService, intruder: Intruder) -> None:
    for odd in ODD[1:5]:
        with pytest.raises(sqlite3.IntegrityError, match="datatype mismatch"):
            intruder.run(f"UPDATE log_state SET id = {odd}")


async def test_a_row_in_the_next_place_stops_the_log(service: LoggedService, intruder: Intruder) -> None:
    row = intruder.rows("SELECT * FROM acts")[0] | {"id": "another", "log_index": SIZE}
    intruder.run(f"INSERT INTO acts ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", *row.values())
    await service.act()
    with pytest.raises(LogDamaged):
        await service.sequence()
    assert "row_outside" in {each.code for each in (await _check(service)).findings}


# ---- PostgreSQL refuses it or converts it to its own type ----

TYPES: Final = {"TEXT": str, "BYTEA": bytes}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("table", TABLES)
async def test_postgresql_stores_no_value_of_another_type(
    service: LoggedService, intruder: Intruder, columns: list[schema.Column], table: str
) -> None:
    kept = refused = 0
    for column in (each for each in columns if each.table == table):
        for odd in ("7", "0.5", "'x'", "'\\xff'::bytea", "convert_from('\\xff'::bytea, 'UTF8')"):
            try:
                intruder.run(f"UPDATE {table} SET {column.name} = {odd}")
            except psycopg.Error:
                refused += 1
                continue
            for row in intruder.rows(f"SELECT {column.name} AS value FROM {table}"):
                assert type(row["value"]) is TYPES.get(column.type, int)
                kept += 1
    assert kept
    assert refused
