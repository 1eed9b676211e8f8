"""Stored states with which many tests begin, made once in a process and put into the next tests' clean databases.

Making them again took a third of a test. A database that differs in any byte or row from the first one before
its preparation gets nothing, and is prepared from the beginning.
"""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from tests.support.janitor import janitor

_SQLITE: Final = "sqlite:///"
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


class Begun:
    """A database before its preparation; `done` returns what the preparation changed."""

    def __init__(self, url: str) -> None:
        self._url: Final = url
        self._before: Final = _octets(url) if url.startswith(_SQLITE) else _all_rows(url)

    def done(self) -> "SqliteState | PostgresqlState | None":
        """Returns the state to put into the next clean database; None if it can't be determined."""
        if isinstance(self._before, dict):
            rows = _all_rows(self._url)
            changed = {name: content for name, content in rows.items() if content != self._before[name]}
            return PostgresqlState({name: self._before[name] for name in changed}, changed)
        octets = _octets(self._url)
        return None if self._before is None or octets is None else SqliteState(self._before, octets)


@dataclass(frozen=True)
class SqliteState:
    """Bytes of a SQLite file."""

    before: bytes
    after: bytes

    def put(self, url: str) -> bool:
        """Writes the state if the file is as clean as the first one was. Returns whether it did."""
        if _octets(url) != self.before:
            return False
        Path(url.removeprefix(_SQLITE)).write_bytes(self.after)
        return True


@dataclass(frozen=True)
class PostgresqlState:
    """Rows of the changed tables, in the format of COPY."""

    before: dict[str, bytes]
    after: dict[str, bytes]

    def put(self, url: str) -> bool:
        """Writes the state if these tables are as they were in the first database. Returns whether it did."""
        connection = janitor(url)
        with connection.transaction():
            if any(_rows(connection, name) != rows for name, rows in self.before.items()):
                return False
            connection.execute(
                "SET LOCAL session_replication_role = replica"
            )  # allows any order, and fires no trigger
            for name, rows in self.after.items():
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                copy_in = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
                with connection.cursor().copy(copy_in) as copy:
                    copy.write(rows)
        return True


def _octets(url: str) -> bytes | None:
    """Returns the bytes of a SQLite file; None if part of it is in a WAL file."""
    file = Path(url.removeprefix(_SQLITE))
    return None if file.with_name(f"{file.name}-wal").exists() else file.read_bytes()


def _all_rows(url: str) -> dict[str, bytes]:
    with closing(psycopg.connect(url)) as connection:
        return {name: _rows(connection, name) for (name,) in connection.execute(_TABLES).fetchall()}


def _rows(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)
