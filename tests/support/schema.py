"""The schema after all migrations, as text and in a form that allows comparing both databases.

`python -m tests.support.schema` writes the snapshot `src/mshield/server/database/schema.sql` (`make schema`); a test
compares it.
"""

import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from mshield.server.database.migrate import migrate

SNAPSHOT: Final = Path(__file__).parents[2] / "src/mshield/server/database/schema.sql"

_HEADER: Final = """\
-- The schema after all migrations, as SQLite tells it; written by `make schema`, never by hand, and never run.
-- PostgreSQL has the same tables, columns, keys and indexes; it keeps signing_sessions UNLOGGED.
"""
# The ledger of migrations, and SQLite's own for constraints.
_INTERNAL_PREFIXES: Final = ("migrations", "sqlite_")
_TYPES: Final = {
    "bytea": "BYTEA",
    "bigint": "BIGINT",
    "integer": "INTEGER",
    "text": "TEXT",
    "boolean": "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column, in a form common to both databases."""

    table: str
    name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Index:
    """An index, including those of keys and unique constraints; None stands for an expression."""

    table: str
    columns: tuple[str | None, ...]
    unique: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """Parts of a schema that must be equal in both databases."""

    columns: frozenset[Column]
    indexes: frozenset[Index]
    references: frozenset[tuple[str, str, str]]


def snapshot() -> str:
    """Returns the text of the snapshot, from a newly migrated SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "schema.db"
        migrate(f"sqlite:///{file}")
        return "\n".join([_HEADER, *statements(file)])


def statements(file: Path) -> list[str]:
    """Returns the statements that make the schema of a SQLite file, in order of creation."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        return [f"{sql};\n" for name, sql in rows if _ours(name)]


def sqlite_schema(file: str) -> Schema:
    """Returns the schema of a SQLite file."""
    connection = sqlite3.connect(file)
    tables = [
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if _ours(name)
    ]
    columns: set[Column] = set()
    indexes: set[Index] = set()
    references: set[tuple[str, str, str]] = set()
    for table in tables:
        key = []
        for _, name, kind, required, _, position in connection.execute(f"PRAGMA table_info({table})"):
            columns.add(Column(table, name, kind, bool(required or position)))
            if position:
                key.append((position, name))
        indexes.add(Index(table, tuple(name for _, name in sorted(key)), unique=True))
        for _, name, unique, *_ in connection.execute(f"PRAGMA index_list({table})"):
            names = tuple(row[2] for row in connection.execute(f"PRAGMA index_info({name})"))
            indexes.add(Index(table, names, unique=bool(unique)))
        for row in connection.execute(f"PRAGMA foreign_key_list({table})"):
            references.add((table, row[3], row[2]))
    connection.close()
    return Schema(frozenset(columns), frozenset(indexes), frozenset(references))


def postgresql_schema(url: str) -> Schema:
    """Returns the schema of a PostgreSQL database."""
    with psycopg.connect(url) as connection:
        columns = {
            Column(table, name, _TYPES.get(str(kind), str(kind)), nullable == "NO")
            for table, name, kind, nullable in connection.execute(
                "SELECT table_name, column_name, data_type, is_nullable "
                "FROM information_schema.columns WHERE table_schema = 'public'"
            )
        }
        indexes = {
            Index(table, tuple(names), unique)
            for table, names, unique in connection.execute(
                "SELECT i.indrelid::regclass::text, "
                "ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int[]) WITH ORDINALITY AS k(number, place) "
                "LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number ORDER BY k.place), "
                "i.indisunique FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                "WHERE c.relnamespace = 'public'::regnamespace"
            )
        }
        references = set(
            connection.execute(
                "SELECT conrelid::regclass::text, a.attname::text, confrelid::regclass::text "
                "FROM pg_constraint JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = ANY (conkey) "
                "WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
            ).fetchall()
        )
    return Schema(
        frozenset(column for column in columns if _ours(column.table)),
        frozenset(index for index in indexes if _ours(index.table)),
        frozenset(references),
    )


def unlogged(url: str) -> frozenset[str]:
    """Returns PostgreSQL's tables that aren't in its write-ahead log."""
    with psycopg.connect(url) as connection:
        rows: Iterable[tuple[str]] = connection.execute(
            "SELECT relname::text FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'"
        )
        return frozenset(name for (name,) in rows)


def _ours(name: str) -> bool:
    return not name.startswith(_INTERNAL_PREFIXES)


if __name__ == "__main__":
    SNAPSHOT.write_text(snapshot(), "utf-8")
