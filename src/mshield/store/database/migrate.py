"""Migrations: numbered files in migrations/, read by yoyo, applied to both databases in order.

Each is one transaction with its record, and that transaction is the only lock: a process that ends at any point leaves
the old schema or the new one, and nothing that another would wait for. The record has yoyo's form, so that a database
that yoyo migrated goes on; its table of locks is read no more.

On PostgreSQL a service goes on beside it. All who want a table later stand behind a migration that waits for it, so it
waits for a moment only, then lets them by and tries again.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

import psycopg
from psycopg import waiting
from yoyo import read_migrations
from yoyo.migrations import topological_sort

from mshield.store.database.interface import StoreError, Unavailable

WAIT_SECONDS: Final = 10
LOCK_SECONDS: Final = 0.3
"""How long a migration waits for a table of PostgreSQL's at a time: as long others may wait behind it."""

_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 5  # each host
Tell = Callable[[str | None, float], None]
"""Called with a migration that is done, and with None while others keep the next one from its turn for so long (s)."""
_SQLITE: Final = "sqlite:///"
_BUSY: Final = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
_WARNING: Final = "01000"
_LEDGER: Final = """
CREATE TABLE IF NOT EXISTS _yoyo_migration
  (migration_hash VARCHAR(64) PRIMARY KEY, migration_id VARCHAR(255), applied_at_utc TIMESTAMP);
CREATE TABLE IF NOT EXISTS _yoyo_version (version INT NOT NULL PRIMARY KEY, installed_at_utc TIMESTAMP);
INSERT INTO _yoyo_version (version) SELECT 2 WHERE NOT EXISTS (SELECT 1 FROM _yoyo_version)
"""


class DatabaseBusy(Unavailable):
    """Others use the database, and no turn came."""

    code = "database_busy"
    zh = "数据库正被其他程序占用，没有轮到迁移。请停止其他程序后重试"
    en = "others use the database and the migration got no turn: stop them and try again"


class MigrationFailed(StoreError):
    """The database refuses a migration, which changed nothing."""

    code = "migration_failed"

    def __init__(self, migration_id: str, reason: str) -> None:
        self.zh = (
            f"迁移 {migration_id} 未能执行，数据库停留在此前的版本：{reason}。处理办法见 docs/operations.md"
        )
        self.en = (
            f"{migration_id} was refused, and the schema is as before it: {reason}. See docs/operations.md"
        )
        super().__init__(self.en)


def untold(done: str | None, waited: float) -> None:
    """Tells nobody."""


def migrate(url: str, *, wait_seconds: float = WAIT_SECONDS, tell: Tell = untold) -> list[str]:
    """Brings the schema up to date and returns the names of the migrations that were applied.

    Each waits so long for others who use the database. Raises DatabaseBusy, Unavailable and MigrationFailed; the
    migrations before the one that was refused are then applied.
    """
    dialect = _dialect(url, wait_seconds)
    applied: list[str] = []
    while (migration_id := _apply_in_turn(dialect, wait_seconds, tell)) is not None:
        applied.append(migration_id)
        tell(migration_id, 0)
    return applied


def pending(url: str) -> list[str]:
    """The names of the migrations that are still to be applied. Writes nothing. Raises DatabaseBusy, Unavailable."""
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        return [migration.id for migration in _missing(set())]  # to look would make the file
    dialect = _dialect(url, WAIT_SECONDS)
    with dialect.connection() as connection:
        recorded = _recorded(dialect, connection)
    return [migration.id for migration in _missing(recorded)]


def is_new(url: str) -> bool:
    """Whether no migration was ever applied. Writes nothing. Raises DatabaseBusy, Unavailable."""
    return len(pending(url)) == len(_migrations())


def _apply_in_turn(dialect: "_Dialect", wait_seconds: float, tell: Tell) -> str | None:
    """As `_apply_next`, tried again while others use what it needs."""
    asked, pause = time.monotonic(), _PAUSE_SECONDS
    while True:
        try:
            return _apply_next(dialect)
        except DatabaseBusy:
            waited = time.monotonic() - asked
            if waited + pause > wait_seconds:
                raise
            tell(None, waited)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _apply_next(dialect: "_Dialect") -> str | None:
    """Applies the first that is missing, on a connection of its own, whose end undoes what was not committed."""
    with dialect.connection() as connection:
        dialect.begin(connection)
        recorded = _recorded(dialect, connection)
        missing = _missing(recorded)
        if not missing:
            return None
        dialect.apply(connection, missing[0], recorded)
        applied_at = datetime.now(UTC).replace(tzinfo=None).isoformat()
        connection.execute(dialect.record, (missing[0].hash, missing[0].id, applied_at))
        dialect.commit(connection)
        return str(missing[0].id)


@cache
def _files() -> Any:
    """All of them, only their names read."""
    with as_file(files("mshield.store") / "migrations") as folder:
        return read_migrations(str(folder))


@cache
def _migrations() -> tuple[Any, ...]:
    """All of them, each after those that it depends on: to know that, each is parsed."""
    return tuple(topological_sort(_files()))


def _missing(recorded: set[str]) -> list[Any]:
    """Migrations to apply, in order. Names alone are compared first: at most starts and commands there are none."""
    if recorded.issuperset(migration.id for migration in _files()):
        return []
    return [migration for migration in _migrations() if migration.id not in recorded]


def _recorded(dialect: "_Dialect", connection: Any) -> set[str]:
    if not connection.execute(dialect.has_ledger).fetchone()[0]:
        return set()
    return {name for (name,) in connection.execute("SELECT migration_id FROM _yoyo_migration")}


@dataclass(frozen=True, slots=True)
class _Transaction:
    """What yoyo runs a migration's steps on: the transaction is begun and ended around them."""

    connection: Any
    DatabaseError: ClassVar = (sqlite3.Error, psycopg.Error)
    has_transactional_ddl: ClassVar = True

    def transaction(self) -> AbstractContextManager[None]:
        return nullcontext()

    def cursor(self) -> Any:
        return self.connection.cursor()


def _make_ledger(connection: Any) -> None:
    for statement in _LEDGER.split(";"):
        connection.execute(statement)


def _run(connection: Any, migration: Any) -> None:
    migration.process_steps(_Transaction(connection), "apply")


class _Dialect(Protocol):
    has_ledger: ClassVar[str]
    record: ClassVar[str]

    def connection(self) -> AbstractContextManager[Any]:
        """A connection that commits by itself outside of transactions. Raises DatabaseBusy, Unavailable."""

    def begin(self, connection: Any) -> None:
        """Begins a transaction that holds off all others who migrate."""

    def apply(self, connection: Any, migration: Any, recorded: set[str]) -> None:
        """Carries out the migration's steps. Raises MigrationFailed."""

    def commit(self, connection: Any) -> None:
        """Commits, durably. Raises Unavailable."""


def _dialect(url: str, wait_seconds: float) -> _Dialect:
    if url.startswith(_SQLITE):
        return _Sqlite(url.removeprefix(_SQLITE), wait_seconds)
    return _Postgresql(url, max(1, int(min(wait_seconds, LOCK_SECONDS) * 1000)))  # 0 would be for ever


class _Connection(psycopg.Connection[Any]):
    """Ends where psycopg would send a cancel: a commit whose wait for the standby is cancelled is kept (ADR 65)."""

    __module__ = psycopg.__name__  # by which migrations tell the two databases apart

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """What `gen` returns. psycopg takes each of its waits through here."""
        try:
            return waiting.wait(gen, self.pgconn.socket, interval=interval, timeout=timeout)
        except KeyboardInterrupt:
            self.close()
            raise


@dataclass(frozen=True, slots=True)
class _Postgresql:
    url: str
    lock_ms: int
    has_ledger: ClassVar = "SELECT to_regclass('_yoyo_migration') IS NOT NULL"
    record: ClassVar = "INSERT INTO _yoyo_migration VALUES (%s, %s, %s)"

    @contextmanager
    def connection(self) -> Iterator[Any]:
        try:
            # pgbouncer gives each transaction another connection, which doesn't know what was prepared on this one.
            with closing(
                _Connection.connect(
                    self.url, autocommit=True, prepare_threshold=None, connect_timeout=_CONNECT_SECONDS
                )
            ) as connection:
                yield connection
        except psycopg.Error as error:
            raise (DatabaseBusy if isinstance(error, _BUSY) else Unavailable)(str(error)) from error

    def begin(self, connection: Any) -> None:
        connection.execute("BEGIN")
        # Others who migrate are waited for however long they take: this lock ends with its transaction.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('mshield migrate'))")
        connection.execute(f"SET LOCAL lock_timeout = {self.lock_ms}")

    def apply(self, connection: Any, migration: Any, recorded: set[str]) -> None:  # noqa: ARG002  # the other database's wants it
        try:
            _make_ledger(connection)
            _run(connection, migration)
        except psycopg.OperationalError:  # a lock that wasn't given, a connection that is gone
            raise
        except psycopg.Error as error:
            raise MigrationFailed(migration.id, str(error).partition("\n")[0]) from error

    def commit(self, connection: Any) -> None:
        notices: list[str | None] = []
        connection.add_notice_handler(lambda notice: notices.append(notice.sqlstate))
        connection.execute("COMMIT")
        if _WARNING in notices:
            raise Unavailable("the commit was let through before the standby had it")


@dataclass(frozen=True, slots=True)
class _Sqlite:
    path: str
    wait_seconds: float
    has_ledger: ClassVar = "SELECT COUNT(*) FROM sqlite_master WHERE name = '_yoyo_migration'"
    record: ClassVar = "INSERT INTO _yoyo_migration VALUES (?, ?, ?)"

    @contextmanager
    def connection(self) -> Iterator[Any]:
        try:
            # The journal's mode stays as it is: two that change it at once don't wait for each other.
            with closing(
                sqlite3.connect(self.path, timeout=self.wait_seconds, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA foreign_keys = OFF")  # a table that is made anew is dropped before
                yield connection
        except sqlite3.Error as error:
            raise (DatabaseBusy if _is_busy(error) else Unavailable)(str(error)) from error

    def begin(self, connection: Any) -> None:
        connection.execute("BEGIN IMMEDIATE")

    def apply(self, connection: Any, migration: Any, recorded: set[str]) -> None:
        _make_ledger(connection)
        connection.execute("SAVEPOINT steps")
        try:
            _run(connection, migration)
        except sqlite3.Error as error:
            if not connection.in_transaction:  # the disk is full, or fails
                raise
            connection.execute("ROLLBACK TO steps")
            # yoyo wrote the record in a second transaction: a kill or a busy database left the first one alone.
            if _schema(connection) != _schema_after({*recorded, migration.id}):
                raise MigrationFailed(migration.id, str(error)) from error

    def commit(self, connection: Any) -> None:
        connection.execute("COMMIT")


def _is_busy(error: sqlite3.Error) -> bool:
    """An extended code has the plain one in its last byte; Python's own errors have none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def _schema_after(recorded: set[str]) -> set[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        for migration in _migrations():
            if migration.id in recorded:
                _run(connection, migration)
        return _schema(connection)


def _schema(connection: sqlite3.Connection) -> set[tuple[str, ...]]:
    """Its tables and indexes, as they were made; those of the record aside."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {tuple(row) for row in rows if not row[0].startswith(("_yoyo", "yoyo_", "sqlite_"))}
