"""Named SQL: a module's statements are in NAME.sql beside it and are loaded once, by aiosql.

A statement for only one database is in NAME.postgresql.sql or NAME.sqlite.sql; there it overrides a common
one of the same name. Parameters are written `:name`; shared conditions are in conditions.py.
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

from mshield.server.database.conditions import written_out

_ARRAYS: Final = re.compile(r"unnest\((.+?)\)\s+WITH ORDINALITY", re.DOTALL)


class Statement:
    """SQL with numbered placeholders, and the parameter names in the order of their numbers.

    `arguments` returns the values in that order and raises KeyError for a missing name. It is built only
    once, since each request runs some twenty statements.
    """

    __slots__ = ("arguments", "parameters", "sql")

    def __init__(self, sql: str, parameters: tuple[str, ...]) -> None:
        self.sql: Final = sql
        self.parameters: Final = parameters
        self.arguments: Final = _picker(parameters)


def _picker(names: tuple[str, ...]) -> Callable[[Mapping[str, object]], tuple[object, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(
        values[name] for name in names
    )  # itemgetter with one name returns the bare value


@dataclass(frozen=True, slots=True)
class Query:
    """Named statement: `$n` for PostgreSQL, `?n` for SQLite; None for a database without this statement.

    With `as_is`, invalid UTF-8 in a text is returned as surrogates instead of raising Garbled.
    """

    name: str
    postgresql: Statement | None
    sqlite: Statement | None
    as_is: bool = False

    def on(self, dialect: Literal["postgresql", "sqlite"]) -> Statement:
        """Returns the statement for a database. Raises: LookupError (it has none)."""
        statement = self.postgresql if dialect == "postgresql" else self.sqlite
        if statement is None:
            raise LookupError(f"{self.name} is not for {dialect}")
        return statement


def alone(query: Query) -> Query:
    """Returns PostgreSQL's statement over arrays of rows as one over a single row. Raises: ValueError (no arrays)."""
    statement = query.on("postgresql")
    sql, changed = _ARRAYS.subn(lambda arrays: f"(VALUES ({arrays[1].replace('[]', '')}, 1))", statement.sql)
    if changed != 1:
        raise ValueError(f"{query.name} has no arrays")
    return Query(f"{query.name}.alone", Statement(sql, statement.parameters), None)


def reading_instead(query: Query, table: str, other: str) -> Query:
    """Returns the statement over another table with the same column names. Raises: ValueError (table not used)."""
    table_name = re.compile(rf"\b{table}\b")

    def over(statement: Statement | None) -> Statement | None:
        if statement is None:
            return None
        sql, changed = table_name.subn(other, statement.sql)
        if changed == 0:
            raise ValueError(f"{query.name} doesn't read {table}")
        return Statement(sql, statement.parameters)

    return Query(f"{query.name}.{other}", over(query.postgresql), over(query.sqlite), query.as_is)


class Queries(dict[str, Query]):
    """Statements of one module by name: `Queries("runtime", "limits")["count"]`."""

    def __init__(self, subject: str, module: str, *, as_is: bool = False) -> None:
        folder = files("mshield.server") / subject
        place = rows if (rows := folder / "rows").is_dir() else folder
        common = _load(place / f"{module}.sql")
        postgresql = common | _load(place / f"{module}.postgresql.sql")
        sqlite = common | _load(place / f"{module}.sqlite.sql")
        for name in postgresql.keys() | sqlite.keys():
            self[name] = Query(
                f"{subject}.{module}.{name}",
                postgresql.get(name),
                _number_placeholders(sqlite.get(name)),
                as_is,
            )


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


def _number_placeholders(statement: Statement | None) -> Statement | None:
    if statement is None:
        return None
    return Statement(re.sub(r"\$(\d+)", r"?\1", statement.sql), statement.parameters)
