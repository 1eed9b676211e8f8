"""Named SQL: each aggregate's statements stand in sql/NAME.sql and are loaded once, by aiosql.

A statement that one database takes differently stands also in sql/NAME.postgresql.sql or sql/NAME.sqlite.sql
under the same name, and replaces the common one there. Parameters are written `:name`.
"""

import re
from dataclasses import dataclass
from importlib.resources import files

import aiosql
from aiosql.adapters.asyncpg import AsyncPGAdapter


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL with numbered placeholders, and the parameter names in the order of their numbers."""

    sql: str
    parameters: tuple[str, ...]

    def arguments(self, values: dict[str, object]) -> list[object]:
        """The values in placeholder order. A missing name is a KeyError."""
        return [values[name] for name in self.parameters]


@dataclass(frozen=True, slots=True)
class Query:
    """One named statement in both dialects: `$n` for PostgreSQL, `?n` for SQLite."""

    name: str
    postgresql: Statement
    sqlite: Statement


class Queries:
    """The statements of one aggregate, by name: `Queries("accounts")["find_by_phone"]`."""

    def __init__(self, aggregate: str) -> None:
        common = _load(aggregate, "sql")
        postgresql = common | _load(aggregate, "postgresql.sql")
        sqlite = common | _load(aggregate, "sqlite.sql")
        if one_sided := sorted(postgresql.keys() ^ sqlite.keys()):
            raise LookupError(f"sql/{aggregate}: statements for one database only: {one_sided}")
        self._queries = {
            name: Query(f"{aggregate}.{name}", statement, _numbered(sqlite[name]))
            for name, statement in postgresql.items()
        }

    def __getitem__(self, name: str) -> Query:
        return self._queries[name]

    def names(self) -> frozenset[str]:
        """All names, for the test that runs each statement on both databases."""
        return frozenset(self._queries)


def _load(aggregate: str, suffix: str) -> dict[str, Statement]:
    file = files(__package__) / "sql" / f"{aggregate}.{suffix}"
    if not file.is_file():
        return {}
    adapter = AsyncPGAdapter()  # type: ignore[no-untyped-call]  # aiosql's adapters carry no annotations
    loaded = aiosql.from_str(file.read_text("utf-8"), lambda: adapter, mandatory_parameters=False)
    return {
        name: Statement(getattr(loaded, name).sql, tuple(adapter.var_sorted[name]))
        for name in loaded.available_queries
    }


def _numbered(statement: Statement) -> Statement:
    return Statement(re.sub(r"\$(\d+)", r"?\1", statement.sql), statement.parameters)
