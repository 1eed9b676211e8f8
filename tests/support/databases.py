"""Migrated PostgreSQL databases, cleaned after a test and reused, since copying one takes as long as a test.

Clean means that nobody is connected, and that it has exactly the template's rows. If a test changes the
schema, its database is dropped, and the next test gets a new one.
"""

import time
import uuid
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg import sql

from tests.support.janitor import dismiss, janitor
from tests.support.postgresql import Server

TEMPLATE: Final = "mshield_template"
"""Migrated database from which others are copied."""
_LARGE: Final = 1 << 20
"""Table size in bytes above which truncating it is faster than deleting its rows."""
_SECONDS: Final = 60
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_SIZE: Final = "SELECT pg_table_size(quote_ident(%s)::regclass)"
_END_OTHERS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# Changes of the schema write rows into catalogues, and the row's xmin is the number of the writing
# transaction. Emptying a table changes only pg_class, so of that compare the relevant columns instead.
_SCHEMA: Final = """
SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
  SELECT concat_ws(',', oid, relname, relkind, relacl, reloptions, relhastriggers) FROM pg_class WHERE oid >= 16384
  UNION ALL SELECT concat_ws(',', attrelid, attnum, xmin) FROM pg_attribute WHERE attrelid >= 16384
  UNION ALL SELECT concat_ws(',', oid, xmin) FROM pg_constraint
  UNION ALL SELECT concat_ws(',', indexrelid, xmin) FROM pg_index
  UNION ALL SELECT concat_ws(',', oid, xmin) FROM pg_namespace WHERE nspname !~ '^pg_'
  UNION ALL SELECT concat_ws(',', oid, xmin) FROM pg_proc WHERE oid >= 16384
  UNION ALL SELECT concat_ws(',', oid, xmin) FROM pg_trigger
) AS of_catalogues (line)
"""


@dataclass(slots=True)
class Databases:
    """The databases of one process: those not in use, newest last."""

    server: Server
    template: str
    _free: list[str] = field(default_factory=list)
    _as_new: "_State | None" = None

    def take(self) -> str:
        """Returns the address of a clean database."""
        if self._free:
            return self._free.pop()
        url = self.server.create(f"test_{uuid.uuid4().hex}", template=self.template)
        if self._as_new is None:  # read from the copy, since connections to a template prevent copying it
            self._as_new = _State.of(janitor(url))
        return url

    def give_back(self, url: str) -> None:
        """Cleans a database for the next test and ends all other connections to it."""
        assert self._as_new is not None
        connection = janitor(url)
        _end_others(connection)
        if self._as_new.restore(connection):
            self._free.append(url)
        else:
            dismiss(url)
            self.server.drop(url.rpartition("/")[2])


@dataclass(frozen=True)
class _State:
    """Content of a clean database: a digest of its schema, and the rows of all non-empty tables."""

    schema: str
    rows: dict[str, bytes]
    filled: sql.Composed
    """Query for the non-empty tables."""

    @classmethod
    def of(cls, connection: psycopg.Connection) -> "_State":
        tables = [name for (name,) in connection.execute(_TABLES)]
        rows = {name: _copy(connection, name) for name in tables}
        filled = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(name, sql.Identifier(name))
            for name in tables
        )
        return cls(_schema(connection), {name: content for name, content in rows.items() if content}, filled)

    def restore(self, connection: psycopg.Connection) -> bool:
        """Restores this state in a database; returns False if its schema differs."""
        if _schema(connection) != self.schema:
            return False
        filled = {str(name) for (name,) in connection.execute(self.filled)}
        changed = [
            name
            for name in sorted(filled | self.rows.keys())
            if name not in self.rows or _copy(connection, name) != self.rows[name]
        ]
        if not changed:
            return True
        large = {name for name in changed if _is_large(connection, name)}
        if large:  # TRUNCATE CASCADE may empty other tables too
            changed = sorted(filled | self.rows.keys())
        statements = [
            sql.SQL("TRUNCATE {} CASCADE" if name in large else "DELETE FROM {}").format(sql.Identifier(name))
            for name in changed
        ]
        with connection.transaction():
            connection.execute(
                "SET LOCAL session_replication_role = replica"
            )  # allows any order, and fires no trigger
            connection.execute(sql.SQL("; ").join(statements))
            for name in changed:
                if name in self.rows:
                    with connection.cursor().copy(
                        sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
                    ) as copy:
                        copy.write(self.rows[name])
        return True


def _is_large(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute(_SIZE, (table,)).fetchone()
    assert row is not None
    return int(row[0]) > _LARGE


def _copy(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(bytes(part) for part in copy)


def _schema(connection: psycopg.Connection) -> str:
    row = connection.execute(_SCHEMA).fetchone()
    assert row is not None
    return str(row[0])


def _end_others(connection: psycopg.Connection) -> None:
    deadline = time.monotonic() + _SECONDS
    while connection.execute(_END_OTHERS).fetchall():
        assert time.monotonic() < deadline
        time.sleep(0.005)
