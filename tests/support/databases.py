"""Migrated PostgreSQL databases, cleaned after a test and used by the next one: to copy one costs as much as a test.

Clean is: nobody connected, and the rows of the template and no others. A test that changes the schema loses its
database to the next test's new one.
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
"""The migrated database that others are copied from."""
_LARGE: Final = 1 << 20
"""Bytes of a table from which its file is thrown away; of less, deleting the rows takes less time."""
_SECONDS: Final = 60
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_SIZE: Final = "SELECT pg_table_size(quote_ident(%s)::regclass)"
_END_OTHERS: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
# Whatever changes the schema writes into a catalogue, and the row tells by whom: xmin is its writer's number.
# Emptying a table writes into pg_class alone, so of that the columns count.
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
    """The databases of one process: those that no test uses now, the newest last."""

    server: Server
    template: str
    _free: list[str] = field(default_factory=list)
    _as_new: "_State | None" = None

    def take(self) -> str:
        """The address of a clean one."""
        if self._free:
            return self._free.pop()
        url = self.server.create(f"test_{uuid.uuid4().hex}", template=self.template)
        if self._as_new is None:  # read from the copy: whoever is connected to a template hinders its copying
            self._as_new = _State.of(janitor(url))
        return url

    def give_back(self, url: str) -> None:
        """Cleans one for the next test, whoever is still connected to it."""
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
    """What a clean database holds: its schema's mark and the rows of the tables that have any."""

    schema: str
    rows: dict[str, bytes]
    filled: sql.Composed
    """Asks which tables have rows."""

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
        """Puts a database back into this state; False where its schema is another."""
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
        if large:  # others may be emptied with them
            changed = sorted(filled | self.rows.keys())
        emptied = [
            sql.SQL("TRUNCATE {} CASCADE" if name in large else "DELETE FROM {}").format(sql.Identifier(name))
            for name in changed
        ]
        with connection.transaction():
            connection.execute("SET LOCAL session_replication_role = replica")  # in any order, and no trigger
            connection.execute(sql.SQL("; ").join(emptied))
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
