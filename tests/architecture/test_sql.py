"""Named SQL: both databases accept each statement, and some code runs it."""

import re
import sqlite3
from collections import defaultdict
from typing import Final

import asyncpg
import pytest

from mshield.server.database.queries import Queries
from tests.support.cases import cases
from tests.support.sources import SERVER, named_sql, sql

_MODULES: Final = sorted({named_sql(file) for file in sql() if file.name != "schema.sql"})
_LOADED: Final = re.compile(r'(\w+)(?:: Final)? = Queries\("(\w+)", "(\w+)"')


@cases(("subject", "module"), _MODULES)
def test_sqlite_accepts_each_statement(subject: str, module: str, sqlite_url: str) -> None:
    queries = Queries(subject, module)
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    for name in sorted(_names(subject, module)):
        if (statement := queries[name].sqlite) is None:
            assert f"-- name: {name}" in _text(subject, module, "postgresql")
            continue
        try:
            connection.execute(f"EXPLAIN {statement.sql}", [None] * len(statement.parameters))
        except sqlite3.Error as error:
            pytest.fail(f"{subject}.{module}.{name}: {error}")
    connection.close()


@cases(("subject", "module"), _MODULES)
async def test_postgresql_accepts_each_statement(subject: str, module: str, postgresql_url: str) -> None:
    queries = Queries(subject, module)
    connection = await asyncpg.connect(postgresql_url)
    for name in sorted(_names(subject, module)):
        if (statement := queries[name].postgresql) is None:
            assert f"-- name: {name}" in _text(subject, module, "sqlite")
            continue
        try:
            await connection.prepare(statement.sql)
        except asyncpg.PostgresError as error:
            pytest.fail(f"{subject}.{module}.{name}: {error}")
    await connection.close()


def test_each_statement_is_used() -> None:
    used: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file in SERVER.rglob("*.py"):
        text = file.read_text("utf-8")
        for variable, subject, module in _LOADED.findall(text):
            used[subject, module] |= set(re.findall(rf'\b{variable}\["(\w+)"\]', text))
    assert used == {
        place: names for place in _MODULES if (names := _names(*place))
    }  # migrations name no statements


def _text(subject: str, module: str, dialect: str) -> str:
    """Returns the file of statements for one database."""
    (file,) = (file for file in sql() if named_sql(file) == (subject, module) and f".{dialect}." in file.name)
    return file.read_text("utf-8")


def _names(subject: str, module: str) -> set[str]:
    """Returns the names in a file; aiosql adds a `_cursor` twin to each statement of many rows."""
    names = Queries(subject, module).keys()
    return {name for name in names if name.removesuffix("_cursor") == name or name[:-7] not in names}
