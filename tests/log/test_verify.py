"""Tampering behind the log is detected: each column of each row, positions, tiles, checkpoints."""

# ruff: noqa: S608  the names in the statements are the schema's own

import contextlib
from typing import Any, Final

import pytest

from mshield.pki.tlog.merkle import leaf_hash
from mshield.pki.tlog.tiles import pack_bundle, split_bundle
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.log.damage import LogDamaged
from mshield.server.log.entries import entry_of
from mshield.server.log.open_log import open_log
from mshield.server.log.rows import log as store
from mshield.server.log.verify import MOST_FINDINGS, Report, verify_log
from tests.support import schema
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.filled_log import KEYS, LIFE, NOT_FOUND, SETTINGS, SOURCES, LoggedService
from tests.support.generated_pages import DOCS
from tests.support.intruder import Intruder
from tests.support.issuing import person

PLACES: Final = {(table, "log_index"): "the place itself: tested below" for table in SOURCES}


@pytest.fixture
def columns(sqlite_url: str) -> frozenset[schema.Column]:
    return schema.sqlite_schema(sqlite_url.removeprefix("sqlite:///")).columns


def _text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _others(column: schema.Column, value: Any) -> list[Any]:
    """Returns other values of the column's type."""
    found: list[Any] = []
    if value is not None and not column.required:
        found.append(None)
    match column.type:
        case "TEXT":
            found += [f"{value or ''}0"]
        case "BYTEA":
            found += (
                [bytes([value[0] ^ 1]) + value[1:], value + bytes(32), value[:-1]] if value else [b"\x00"]
            )
        case _:
            found += [(value or 0) + 1, (value or 0) - 1]
    return found


async def _check(service: LoggedService, *, since: str | None = None) -> Report:
    return await verify_log(service.log, since=since)


async def test_untouched_log_has_no_finding(service: LoggedService) -> None:
    report = await _check(service)
    assert report.findings == []
    assert report.checkpoint is not None
    assert (report.checkpoint.size, report.waiting) == (LIFE, 0)
    await service.act()
    assert (await _check(service)).waiting == 1


@cases("table", KEYS)
async def test_change_of_any_column_is_detected(
    service: LoggedService, intruder: Intruder, columns: frozenset[schema.Column], table: str
) -> None:
    key = KEYS[table]
    row = intruder.rows(f"SELECT * FROM {table} ORDER BY {key}")[0]
    for column in sorted((each for each in columns if each.table == table), key=lambda each: each.name):
        if (table, column.name) in NOT_FOUND.keys() | PLACES.keys():
            continue
        for other in _others(column, row[column.name]):
            update = f"UPDATE {table} SET {column.name} = ? WHERE {key} = ?"
            assert intruder.run(update, other, row[key]) == 1
            # Opened again, like the command does: the log's name is the one in the database.
            log = await open_log(service.db, service.keyring, SETTINGS.site, now=START, begin=False)
            report = await verify_log(log)
            assert report.findings, f"{table}.{column.name}"
            named = other if column.name == key else row[key]
            seen = [(each.table, each.row) for each in report.findings]
            if table in SOURCES:
                # A changed event may also leave its certificate unexplained.
                about = {each for each in seen if each[0] in SOURCES}
                missing = {(table, _text(row[key]))} if table == "views" else set()
                assert about - missing == {(table, _text(named))} - missing
                is_sealed = column.name in {"key_version", "seal_version", "seal", "withdrawn_at"}
                assert is_sealed or report.findings[0].index == row["log_index"]
            elif table == "certificates":
                assert ("certificates", _text(named)) in seen or seen[0][0] == "certificate_events"
            assert intruder.run(update, row[column.name], other if column.name == key else row[key]) == 1
    assert (await _check(service)).holds


async def test_each_excluded_column_exists(columns: frozenset[schema.Column]) -> None:
    assert {(each.table, each.name) for each in columns} >= NOT_FOUND.keys() | PLACES.keys()


@pytest.mark.parametrize(("table", "column"), NOT_FOUND)
def test_page_lists_the_excluded_columns(table: str, column: str) -> None:
    page = (DOCS / "log.md").read_text("utf-8").partition("It doesn't find (besides")[2]
    assert f"`{column}` of `{table}`" in page


async def test_notice_to_the_holder_changes_nothing(service: LoggedService, intruder: Intruder) -> None:
    intruder.run("UPDATE certificate_events SET notified_at = 1")
    assert (await _check(service)).holds


@pytest.mark.parametrize("table", SOURCES)
async def test_deleted_log_row_is_detected(service: LoggedService, intruder: Intruder, table: str) -> None:
    place = intruder.rows(f"SELECT MIN(log_index) AS place FROM {table}")[0]["place"]
    intruder.run(f"DELETE FROM {table} WHERE log_index = ?", place)
    findings = (await _check(service)).findings
    assert (findings[0].code, findings[0].index) == ("row_missing", place)


@pytest.mark.parametrize("table", SOURCES)
@pytest.mark.parametrize(
    ("place", "code"), [(LIFE, "row_outside"), (-1, "row_outside"), (None, "row_doubled")]
)
async def test_inserted_row_with_a_position_is_detected(
    service: LoggedService, intruder: Intruder, table: str, place: int | None, code: str
) -> None:
    key = KEYS[table]
    row = intruder.rows(f"SELECT * FROM {table} WHERE log_index > 1")[0]
    if place is None:  # one of another table, as each table has a position once
        other = "acts" if table != "acts" else "signatures"
        place = intruder.rows(f"SELECT log_index AS place FROM {other}")[0]["place"]
    row |= {key: bytes(16) if isinstance(row[key], bytes) else "another", "log_index": place}
    row |= {"version": 3} if table == "views" else {}
    marks = ", ".join("?" * len(row))
    intruder.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *row.values())
    assert code in {each.code for each in (await _check(service)).findings}


@pytest.mark.parametrize("table", SOURCES)
async def test_swapped_rows_are_detected(service: LoggedService, intruder: Intruder, table: str) -> None:
    one, other = intruder.rows(f"SELECT log_index AS place FROM {table} ORDER BY log_index")[:2]
    move = f"UPDATE {table} SET log_index = ? WHERE log_index = ?"
    for new, old in ((-7, one["place"]), (one["place"], other["place"]), (other["place"], -7)):
        assert intruder.run(move, new, old) == 1
    findings = (await _check(service)).findings
    assert [(each.code, each.index) for each in findings] == [
        ("row_changed", one["place"]),
        ("row_changed", other["place"]),
    ]


async def test_row_removed_from_the_log_is_detected_even_with_a_new_position(
    service: LoggedService, intruder: Intruder
) -> None:
    intruder.run("UPDATE acts SET log_index = NULL")
    assert {each.code for each in (await _check(service)).findings} == {"row_missing"}
    assert await service.sequence() == 2
    assert {each.code for each in (await _check(service)).findings} == {"row_missing"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE log_tiles SET hashes = ? WHERE level = 0", "tile_missing"),
        ("DELETE FROM log_tiles", "tile_missing"),
        ("DELETE FROM log_bundles", "bundle_missing"),
        ("UPDATE log_bundles SET entries = substr(entries, 1, 99)", "bundle_missing"),
        ("INSERT INTO log_bundles VALUES (7, 1, ?)", "tile_outside"),
        ("INSERT INTO log_tiles VALUES (0, 1, 1, ?)", "tile_outside"),
        ("INSERT INTO log_tiles VALUES (3, 0, 1, ?)", "tile_outside"),
        ("UPDATE log_state SET size = size - 1", "wrong_size"),
        ("UPDATE log_state SET checkpoint = replace(checkpoint, '22', '21')", "bad_checkpoint"),
        ("UPDATE log_state SET origin = 'other.example/log'", "bad_checkpoint"),
        ("DELETE FROM log_state", "no_log"),
    ],
)
async def test_changed_tree_is_detected(
    service: LoggedService, intruder: Intruder, change: str, code: str
) -> None:
    assert intruder.run(change, *([bytes(32)] if "?" in change else [])) >= 1
    log = service.log
    if "origin" in change:
        log = await open_log(service.db, service.keyring, SETTINGS.site, now=START)
    assert code in {each.code for each in (await verify_log(log)).findings}


@pytest.mark.parametrize(
    ("table", "column", "code"),
    [("log_tiles", "hashes", "row_changed"), ("log_bundles", "entries", "entry_changed")],
)
async def test_changed_hash_or_entry_is_detected(
    service: LoggedService, intruder: Intruder, table: str, column: str, code: str
) -> None:
    right = intruder.rows(f"SELECT {column} AS octets FROM {table}")[0]["octets"]
    for place in range(2, len(right), 37):
        wrong = right[:place] + bytes([right[place] ^ 4]) + right[place + 1 :]
        intruder.run(f"UPDATE {table} SET {column} = ?", wrong)
        codes = {each.code for each in (await _check(service)).findings}
        assert code in codes or "bundle_missing" in codes  # the change hit a length
    intruder.run(f"UPDATE {table} SET {column} = ?", right)
    assert (await _check(service)).holds


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE log_tiles SET width = width + 1", "wrong_width"),
        ("UPDATE log_tiles SET width = 256", "wrong_width"),
        ("UPDATE log_tiles SET hashes = ?", "wrong_width"),
        ("UPDATE log_tiles SET hashes = ?, width = width + 1", "edge_damaged"),
        ("UPDATE log_bundles SET width = width + 1", "wrong_width"),
        ("UPDATE log_bundles SET entries = ?", "wrong_width"),
        ("UPDATE log_bundles SET entries = ?, width = width + 1", "edge_damaged"),
        ("INSERT INTO log_tiles VALUES (1, 0, 1, ?)", "tile_outside"),
        ("INSERT INTO log_tiles VALUES (0, -1, 1, ?)", "tile_outside"),
        ("INSERT INTO log_bundles VALUES (-1, 1, ?)", "tile_outside"),
    ],
)
async def test_damage_that_blocks_the_log_is_detected(
    service: LoggedService, intruder: Intruder, change: str, code: str
) -> None:
    table, column = ("log_tiles", "hashes") if "log_tiles" in change else ("log_bundles", "entries")
    right = intruder.rows(f"SELECT {column} AS octets FROM {table}")[0]["octets"]
    more = right + (bytes(32) if table == "log_tiles" else pack_bundle([b"more"]))
    assert intruder.run(change, *([more] if "?" in change else [])) == 1
    assert code in {each.code for each in (await _check(service)).findings}
    await service.act()
    with contextlib.suppress(LogDamaged):  # the last row here blocks nothing
        await service.sequence()
    assert code in {each.code for each in (await _check(service)).findings}


async def test_overfull_tile_or_bundle_is_reported(service: LoggedService, intruder: Intruder) -> None:
    await service.sign(await service.certify(), count=300)
    await service.sequence()
    for change, code in (
        ("UPDATE log_tiles SET width = 255 WHERE level = 0 AND number = 0", "wrong_width"),
        ("UPDATE log_tiles SET hashes = hashes || ? WHERE level = 0 AND number = 0", "wrong_width"),
        ("UPDATE log_tiles SET hashes = hashes || ? WHERE level = 1", "wrong_width"),
        ("UPDATE log_bundles SET width = 257 WHERE number = 0", "wrong_width"),
        ("UPDATE log_bundles SET entries = entries || ? WHERE number = 0", "bundle_missing"),
    ):
        before = {table: intruder.rows(f"SELECT * FROM {table}") for table in ("log_tiles", "log_bundles")}
        assert intruder.run(change, *([b"\x07" * 32] if "?" in change else [])) == 1
        # In SQLite, || makes a text, which isn't read as hashes.
        is_text = "hashes ||" in change and service.db.dialect == "sqlite"
        expected = "tile_missing" if is_text else code
        assert expected in {each.code for each in (await _check(service)).findings}, change
        for table, rows in before.items():
            intruder.run(f"DELETE FROM {table}")
            for row in rows:
                marks = ", ".join("?" * len(row))
                intruder.run(f"INSERT INTO {table} VALUES ({marks})", *row.values())
    assert (await _check(service)).holds


async def test_malformed_pending_row_is_reported(service: LoggedService, intruder: Intruder) -> None:
    serial = await service.certify()
    assert (await _check(service)).holds
    intruder.run("UPDATE certificate_events SET serial = 'none' WHERE serial = ?", serial)
    assert "bad_row" in {each.code for each in (await _check(service)).findings}
    with pytest.raises(LogDamaged):
        await service.sequence()


async def test_a_log_that_grows_while_it_is_checked_is_not_damaged(
    service: LoggedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = store.partial_tiles
    grown: list[int] = []

    async def grows(db: Database) -> dict[int, store.Stored]:
        if len(grown) < 2:
            await service.act()
            monkeypatch.setattr(store, "partial_tiles", read)
            grown.append(await service.sequence())
            monkeypatch.setattr(store, "partial_tiles", grows)
        return await read(db)

    monkeypatch.setattr(store, "partial_tiles", grows)
    assert (await _check(service)).holds
    assert grown == [1, 1]


async def test_row_changed_with_entry_and_leaf_contradicts_the_root(
    service: LoggedService, intruder: Intruder
) -> None:
    # The attacker also has the salt's key, but not the signing key.
    act = intruder.rows("SELECT log_index AS place FROM acts")[0]["place"]
    intruder.run("UPDATE acts SET subject = 'someone else' WHERE log_index = ?", act)
    (row,) = await store.logged(service.db, start=act, end=act + 1)
    made = entry_of(row, service.log.key)
    tile = intruder.rows("SELECT hashes FROM log_tiles")[0]["hashes"]
    entries = split_bundle(intruder.rows("SELECT entries FROM log_bundles")[0]["entries"])
    entries[act] = made
    intruder.run("UPDATE log_bundles SET entries = ?", pack_bundle(entries))
    hashes = tile[: act * 32] + leaf_hash(made) + tile[act * 32 + 32 :]
    intruder.run("UPDATE log_tiles SET hashes = ?", hashes)
    assert [each.code for each in (await _check(service)).findings] == ["wrong_root", "edge_damaged"]


async def test_position_is_named_in_a_larger_log(service: LoggedService, intruder: Intruder) -> None:
    serial = await service.certify()
    sids = await service.sign(serial, count=700)
    await service.sequence()
    assert (await _check(service)).holds
    place = await store.log_position(service.db, sid=sids[400])
    intruder.run("UPDATE signatures SET digest = ? WHERE sid = ?", bytes(32), sids[400])
    (found,) = (await _check(service)).findings
    assert (found.code, found.table) == ("row_changed", "signatures")
    assert (found.row, found.index) == (sids[400].hex(), place)
    top = intruder.rows("SELECT hashes FROM log_tiles WHERE level = 1")[0]["hashes"]
    intruder.run("UPDATE log_tiles SET hashes = ? WHERE level = 1", top[:32] + bytes(32))
    findings = (await _check(service)).findings
    assert [(each.row, each.index) for each in findings if each.code == "tile_changed"] == [("1/0", 256)]
    intruder.run("UPDATE signatures SET digest = ?", bytes(32))
    assert len((await _check(service)).findings) == MOST_FINDINGS


# ---- against an earlier checkpoint ----


async def test_a_renewals_certificate_is_logged_when_it_is_signed(
    service: LoggedService, intruder: Intruder
) -> None:
    new, _ = await person(service.db, service.keyring, service.ca.engine, now=service.now)
    row = await service.ca.issue.reserve(new, now=service.now)
    assert (await _check(service)).holds
    service.now += 1000
    await service.ca.issue.issue(row.serial, in_force=False, now=service.now)
    await service.sequence()
    assert await store.certificate_position(service.db, serial=row.serial) == LIFE + 2
    assert (await _check(service)).holds
    await service.change(row.serial, CertificateEvent.ACTIVATE)
    await service.sequence()
    assert await store.certificate_position(service.db, serial=row.serial) == LIFE + 2
    assert (await _check(service)).holds
    intruder.run("UPDATE certificates SET common_name = '另一人' WHERE serial = ?", row.serial)
    codes = [each.code for each in (await _check(service)).findings]
    assert codes == ["row_changed", "row_changed", "seal_broken"]
