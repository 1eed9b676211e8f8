"""Named SQL: the statements of a module stand beside it in NAME.sql and are loaded once, by aiosql.

A statement that only one database takes, or takes better, stands in NAME.postgresql.sql or NAME.sqlite.sql; under a
common name it replaces the common one there. Parameters are written `:name`; conditions.py has conditions that
statements share.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from operator import itemgetter
from typing import Final, Literal

import aiosql
from aiosql.adapters.asyncpg import AsyncPGAdapter

from mshield.store.database.conditions import written_out

_ARRAYS: Final = re.compile(r"unnest\((.+?)\)\s+WITH ORDINALITY", re.DOTALL)


class Statement:
    """SQL with numbered placeholders, and the parameter names in the order of their numbers.

    `arguments` gives the values in that order; a missing name is a KeyError. It is made once, since each request asks
    for some twenty of them.
    """

    __slots__ = ("arguments", "parameters", "sql")

    def __init__(self, sql: str, parameters: tuple[str, ...]) -> None:
        self.sql: Final = sql
        self.parameters: Final = parameters
        self.arguments: Final = _picker(parameters)


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, object]], tuple[object, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)  # itemgetter gives one value bare


@dataclass(frozen=True, slots=True)
class Query:
    """One named statement: `$n` for PostgreSQL, `?n` for SQLite; None where that database has none of this name.

    Read `as_is`, a text that is no UTF-8 comes with its wrong bytes as halves of surrogate pairs, not as Garbled.
    """

    name: str
    postgresql: Statement | None
    sqlite: Statement | None
    as_is: bool = False

    def on(self, dialect: Literal["postgresql", "sqlite"]) -> Statement:
        """The statement for a database. Raises LookupError where it has none."""
        statement = self.postgresql if dialect == "postgresql" else self.sqlite
        if statement is None:
            raise LookupError(f"{self.name} is not for {dialect}")
        return statement


def alone(query: Query) -> Query:
    """PostgreSQL's statement over arrays of rows as one over a single row. Raises ValueError where it has none."""
    statement = query.on("postgresql")
    sql, changed = _ARRAYS.subn(lambda arrays: f"(VALUES ({arrays[1].replace('[]', '')}, 1))", statement.sql)
    if changed != 1:
        raise ValueError(f"{query.name} has no arrays")
    return Query(f"{query.name}.alone", Statement(sql, statement.parameters), None)


def reading_instead(query: Query, table: str, other: str) -> Query:
    """The same statement over another table, whose columns have the same names. Raises ValueError without the table."""
    written = re.compile(rf"\b{table}\b")

    def over(statement: Statement | None) -> Statement | None:
        if statement is None:
            return None
        sql, changed = written.subn(other, statement.sql)
        if changed == 0:
            raise ValueError(f"{query.name} doesn't read {table}")
        return Statement(sql, statement.parameters)

    return Query(f"{query.name}.{other}", over(query.postgresql), over(query.sqlite), query.as_is)


class Queries:
    """The statements of one module, by name: `Queries("accounts", "limits")["count"]`."""

    def __init__(self, subject: str, module: str, *, as_is: bool = False) -> None:
        place = files("mshield.store") / subject
        common = _load(place / f"{module}.sql")
        postgresql = common | _load(place / f"{module}.postgresql.sql")
        sqlite = common | _load(place / f"{module}.sqlite.sql")
        self._queries = {
            name: Query(
                f"{subject}.{module}.{name}", postgresql.get(name), _numbered(sqlite.get(name)), as_is
            )
            for name in postgresql.keys() | sqlite.keys()
        }

    def __getitem__(self, name: str) -> Query:
        return self._queries[name]

    def names(self) -> frozenset[str]:
        """All names, for the test that runs each statement on its databases."""
        return frozenset(self._queries)


def _load(file: Traversable) -> dict[str, Statement]:
    if not file.is_file():
        return {}
    adapter = AsyncPGAdapter()  # type: ignore[no-untyped-call]  # aiosql's adapters carry no annotations
    text = written_out(file.read_text("utf-8"))
    loaded = aiosql.from_str(text, lambda: adapter, mandatory_parameters=False)
    return {
        name: Statement(getattr(loaded, name).sql, tuple(adapter.var_sorted[name]))
        for name in loaded.available_queries
    }


def _numbered(statement: Statement | None) -> Statement | None:
    if statement is None:
        return None
    return Statement(re.sub(r"\$(\d+)", r"?\1", statement.sql), statement.parameters)
