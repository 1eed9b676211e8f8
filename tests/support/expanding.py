"""Finds changes that a migration may not make while the last release is still serving, by schemas before and after.

CONTRIBUTING.md states the rules and their reasons. SQLite's schema is compared; what follows on PostgreSQL
alone is read for forbidden words, as all migrations are.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from mshield.server.database.migrate import _migrations

_CHANGES_ROWS: Final = re.compile(
    r"\b(?:UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?(\w+)", re.IGNORECASE
)
_CONSTRAINS: Final = re.compile(
    r"\bALTER\s+TABLE\s+(?:ONLY\s+)?(\w+)\s+(?:ADD\s+(?:CONSTRAINT|CHECK|UNIQUE|FOREIGN|PRIMARY|EXCLUDE)"
    r"|ALTER\s+COLUMN|ENABLE|SET\s|RENAME|DROP)",
    re.IGNORECASE,
)
_INDEX: Final = re.compile(
    r"\bCREATE\s+(UNIQUE\s+)?INDEX\s+(IF\s+NOT\s+EXISTS\s+)?(\w+)\s+ON\s+(\w+)", re.IGNORECASE
)
_COMMENT: Final = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Column:
    """Column of a table; `required`: a row without it is refused."""

    type: str
    required: bool
    key: int


Schema = Mapping[str, Mapping[str, Column]]


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its migrations, the tables and `TABLE.COLUMN`s used in its SQL, and the sealed columns by table."""

    migrations: tuple[str, ...]
    used: frozenset[str]
    sealed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def new_since(release: Release) -> dict[str, str]:
    """Returns the text of each migration that the release doesn't have, by name."""
    return {
        migration.id: migration.postgresql_script()
        for migration in _migrations()
        if migration.id not in release.migrations
    }


def schema_of(migrations: Iterable[str], *more: str) -> Schema:
    """Returns the schema made by these migrations and then these statements."""
    names = set(migrations)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for migration in _migrations():
            if migration.id in names:
                connection.executescript(migration.common.read_text("utf-8"))
        for text in more:
            connection.executescript(text)
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {
            table: {
                name: Column(kind, bool(required) and default is None, key)
                for _, name, kind, required, default, key in connection.execute(f"PRAGMA table_info({table})")
            }
            for (table,) in tables
        }


def faults(release: Release, *more: str) -> list[str]:
    """Returns what the migrations since the release, and these statements, do that the release can't cope with."""
    before = schema_of(release.migrations)
    after = schema_of((migration.id for migration in _migrations()), *more)
    found = [*_lost(release, before, after), *_unwritable(before, after)]
    for name, text in (*new_since(release).items(), *(("more", text) for text in more)):
        found += [f"{name}: {fault}" for fault in _by_words(_COMMENT.sub("", text), before)]
    return found


def unsealed(release: Release, sealed: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Returns tables that the release seals differently, so that each release takes the other's rows for forged."""
    return [
        f"{table}: the seal covers other columns"
        for table, columns in release.sealed.items()
        if sealed.get(table) != columns
    ]


def _lost(release: Release, before: Schema, after: Schema) -> Iterator[str]:
    for table, columns in before.items():
        if table not in after:
            if table in release.used:
                yield f"{table} is gone, which the last release uses"
            continue
        for name, column in columns.items():
            if name not in after[table]:
                if f"{table}.{name}" in release.used:
                    yield f"{table}.{name} is gone, which the last release uses"
            elif (after[table][name].type, after[table][name].key) != (column.type, column.key):
                yield f"{table}.{name} is of another type"


def _unwritable(before: Schema, after: Schema) -> Iterator[str]:
    for table in before.keys() & after.keys():
        for name, column in after[table].items():
            if column.required and (name not in before[table] or not before[table][name].required):
                yield f"{table}.{name} is required, and the last release doesn't write it"


def _by_words(text: str, before: Schema) -> Iterator[str]:
    for match in _CHANGES_ROWS.finditer(text):
        if match[1].lower() in before:
            yield f"changes rows of {match[1]}, under a lock for as long as that takes"
    for match in _CONSTRAINS.finditer(text):
        if match[1].lower() in before and not re.search(
            r"DROP\s+COLUMN", match[0] + text[match.end() : match.end() + 8]
        ):
            yield f"{match[0]}: the last release's writes may be refused by it"
    for match in _INDEX.finditer(text):
        unique, careful, name, table = match.groups()
        if table.lower() in before and unique:
            yield f"{name} refuses rows of {table} that the last release writes"
        elif table.lower() in before and not careful:
            yield f"{name} isn't IF NOT EXISTS, so nobody can make it beforehand, CONCURRENTLY"
