"""Named SQL: each statement is understood by both databases, and some code runs it."""

import re
import sqlite3
from pathlib import Path
from typing import Final

import asyncpg
import pytest

import mshield.store
from mshield.store.queries import Queries

_STORE: Final = Path(mshield.store.__file__).parent
_AGGREGATES: Final = sorted({file.name.partition(".")[0] for file in (_STORE / "sql").glob("*.sql")})
_LOADED: Final = re.compile(r'(\w+)(?:: Final)? = Queries\("(\w+)"')


@pytest.mark.parametrize("aggregate", _AGGREGATES)
def test_sqlite_understands_each_statement(aggregate: str, sqlite_url: str) -> None:
    queries = Queries(aggregate)
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    for name in sorted(_names(aggregate)):
        if (statement := queries[name].sqlite) is None:
            assert f"-- name: {name}" in _text(aggregate, "postgresql")
            continue
        try:
            connection.execute(f"EXPLAIN {statement.sql}", [None] * len(statement.parameters))
        except sqlite3.Error as error:
            pytest.fail(f"{aggregate}.{name}: {error}")
    connection.close()


@pytest.mark.parametrize("aggregate", _AGGREGATES)
async def test_postgresql_understands_each_statement(aggregate: str, postgresql_url: str) -> None:
    queries = Queries(aggregate)
    connection = await asyncpg.connect(postgresql_url)
    for name in sorted(_names(aggregate)):
        if (statement := queries[name].postgresql) is None:
            assert f"-- name: {name}" in _text(aggregate, "sqlite")
            continue
        try:
            await connection.prepare(statement.sql)
        except asyncpg.PostgresError as error:
            pytest.fail(f"{aggregate}.{name}: {error}")
    await connection.close()


@pytest.mark.parametrize("aggregate", _AGGREGATES)
def test_each_statement_is_used(aggregate: str) -> None:
    used: set[str] = set()
    for file in _STORE.glob("*.py"):
        text = file.read_text("utf-8")
        for variable, loaded in _LOADED.findall(text):
            if loaded == aggregate:
                used |= set(re.findall(rf'\b{variable}\["(\w+)"\]', text))
    assert _names(aggregate) == used


def _text(aggregate: str, dialect: str) -> str:
    """The file of statements that are one database's own."""
    return (_STORE / "sql" / f"{aggregate}.{dialect}.sql").read_text("utf-8")


def _names(aggregate: str) -> set[str]:
    """The names that stand in the file; aiosql adds a `_cursor` twin to each statement of many rows."""
    names = Queries(aggregate).names()
    return {name for name in names if name.removesuffix("_cursor") == name or name[:-7] not in names}
