"""An attacker changes each column of each table: `mshield log verify` finds it, or the threat model says what it does.

The page docs/security/database.md lists what isn't found, with the reason. SQLite only: the check reads both
databases alike.
"""

# ruff: noqa: S608  the names in the statements are the schema's own

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from mshield.server.database.interface import Database
from mshield.server.database.sealed_columns import SEALED_COLUMNS
from mshield.server.keys.keyring import Keyring
from tests.security.database.test_found_by_the_log import _lived, _other, peopled  # noqa: F401  # a fixture
from tests.support import schema
from tests.support.application import Application
from tests.support.clock import Clock
from tests.support.intruder import Intruder
from tests.support.log_findings import found_by_the_log
from tests.support.signing import make_world

_ON_SQLITE: Final = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""The check reads both databases alike."""
_PAGE: Final = Path(__file__).parents[3] / "docs/security/database.md"
_ROW: Final = re.compile(r"`(\w+)` (all|`[\w, ]+`)(?=[:;.]| \()")
_ALL: Final = "all"
_PROVEN_ELSEWHERE: Final = ("log_", "migrations", "sqlite_")
"""Prefixes of the log's own tables (tests/log) and of the database's."""
_OF_EACH_ROW: Final = {"seal", "seal_version", "log_index"}
_COMPARED: Final = {
    "keys": {"enrol_sid", "public_key", "certificate", "mark"},
    "phone_sessions": {"token_hash", "account_id", "device_id", "expires_at", "mark"},
    "devices": {"id", "jkt"},
    "requests": {"channel", "number", "shield_number", "pc_address", "pc_browser", "return_url", "mark"},
    "certificates": {
        *("request_sid", "der", "state", "holds", "issued_at", "changed_at"),
        *("revoked_at", "revocation_reason", "held_since"),
    },
    "certificate_events": {
        *(
            "id",
            "serial",
            "event",
            "actor",
            "actor_id",
            "reason",
            "state",
            "holds",
            "at",
            "revocation_reason",
        ),
    },
    "signatures": {
        *(
            "serial",
            "request_id",
            "purpose",
            "digest",
            "signature",
            "signed_at",
            "shown",
            "confirmed",
            "pages",
        ),
        *("shield_number", "id_number_masked"),
    },
    "views": {"octets", "at"},
    "authorities": {"name", "certificate", "revoked_at", "revocation_reason"},
    "acts": {"id", "actor", "actor_id", "act", "subject", "details", "at"},
    "sealed_changes": {"id", "place", "row_key", "version", "seal", "at"},
}
"""Columns without a seal that the check finds: by marks, by the log, or by comparing rows."""


def _listed() -> dict[str, set[str]]:
    """Returns the columns that the page lists, by table; `all` stands for a whole table."""
    listed: dict[str, set[str]] = {}
    for table, columns in _ROW.findall(_PAGE.read_text("utf-8")):
        listed.setdefault(table, set()).update(re.findall(r"\w+", columns))
    return listed


def _is_listed(table: str, column: str) -> bool:
    columns = _listed().get(table, set())
    return _ALL in columns or column in columns


def _changes(intruder: Intruder) -> Iterator[tuple[str, str, int, Any]]:
    """Yields table, column, row number and old value: of a row that has a value there, if any has."""
    for (table,) in (
        row.values() for row in intruder.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
    ):
        if table.startswith(_PROVEN_ELSEWHERE):
            continue
        rows = intruder.rows(f"SELECT rowid AS number_, * FROM {table}")
        if not rows:
            continue
        for column in set(rows[0]) - _OF_EACH_ROW - {"number_"}:
            row = next((row for row in rows if row[column] is not None), rows[0])
            yield table, column, row["number_"], row[column]


def _forged(intruder: Intruder, table: str, column: str, value: Any) -> Any:
    if value is not None:
        return _other(value) if value != b"" else b"x"
    (kind,) = intruder.rows(f"SELECT type FROM pragma_table_info('{table}') WHERE name = ?", column)
    return {"TEXT": "x", "BYTEA": b"x"}.get(kind["type"], 1)


async def _unexplained(
    db: Database, keyring: Keyring, intruder: Intruder, *, now: int
) -> tuple[int, set[str]]:
    """Changes each column and returns the number of changes found, and the columns that contradict the page."""
    assert await found_by_the_log(db, keyring, now=now) == set()  # every pending entry is in the log
    assert await found_by_the_log(db, keyring, now=now) == set()
    intruder.run("PRAGMA foreign_keys=OFF")
    count, wrong = 0, set[str]()
    for table, column, number, value in list(_changes(intruder)):
        update = f"UPDATE {table} SET {column} = ? WHERE rowid = ?"
        try:
            intruder.run(update, _forged(intruder, table, column, value), number)
        except sqlite3.IntegrityError:
            continue
        is_found = bool(await found_by_the_log(db, keyring, now=now))
        intruder.run(update, value, number)
        count += is_found
        if is_found == _is_listed(table, column):
            wrong.add(f"{table}.{column} {'is found' if is_found else 'is not found'}")
    return count, wrong


def test_each_column_is_sealed_found_or_listed(sqlite_url: str) -> None:
    """Also those of tables that have no row in the tests below."""
    columns: dict[str, set[str]] = {}
    for column in schema.sqlite_schema(sqlite_url.removeprefix("sqlite:///")).columns:
        if not column.table.startswith(_PROVEN_ELSEWHERE):
            columns.setdefault(column.table, set()).add(column.name)
    for table, names in columns.items():
        unlisted = {name for name in names if not _is_listed(table, name)}
        rest = unlisted - set(SEALED_COLUMNS.get(table, ())) - _OF_EACH_ROW
        assert rest == _COMPARED.get(table, set()) - _OF_EACH_ROW, table
    known = {(table, name) for table, names in columns.items() for name in (*names, _ALL)}
    assert {(table, name) for table, names in _listed().items() for name in names} <= known


@_ON_SQLITE
async def test_each_changed_column_of_people_is_found_or_listed(
    peopled: Application,  # noqa: F811  # the fixture
    intruder: Intruder,
) -> None:
    context = peopled.context
    count, wrong = await _unexplained(context.db, context.keyring, intruder, now=peopled.clock())
    assert sorted(wrong) == []
    assert count > 100


@_ON_SQLITE
async def test_each_changed_column_of_signatures_is_found_or_listed(
    db: Database, keyring: Keyring, clock: Clock, intruder: Intruder
) -> None:
    world = await make_world(db, keyring, clock)
    await _lived(world)
    count, wrong = await _unexplained(db, keyring, intruder, now=clock())
    assert sorted(wrong) == []
    assert count > 70
