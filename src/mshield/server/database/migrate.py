"""Migrations: numbered SQL files in migrations/, applied to both databases in order.

`NNNN_name.sql` is for both; `NNNN_name.postgresql.sql` beside it follows on PostgreSQL. Each migration is one
transaction with its record, and that transaction is the only lock: if the process dies at any point, the
schema is either the old or the new one, and no lock remains.

On PostgreSQL a service may keep running meanwhile. Other sessions queue behind a migration that waits for a
table, so a migration waits only briefly, lets the others continue, and retries.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

import psycopg
from psycopg import waiting

from mshield.server.database.causes import known_cause, unavailable
from mshield.server.database.interface import StoreError, Unavailable
from mshield.server.database.server_detection import detect_server

WAIT_SECONDS: Final = 10
LOCK_SECONDS: Final = 0.3
"""Time in seconds that a migration waits for a table of PostgreSQL: others may queue behind it for as long."""

_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 5.0
_CONNECT_SECONDS: Final = 5  # each host
OnProgress = Callable[[str | None, float], None]
"""Progress callback: gets a migration that is done, or None and the seconds waited for others so far."""
_SQLITE: Final = "sqlite:///"
_BUSY: Final = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)
_WARNING: Final = "01000"
_POSTGRESQL_ONLY: Final = ".postgresql.sql"
_LEDGER: Final = "CREATE TABLE IF NOT EXISTS migrations (id TEXT PRIMARY KEY, applied_at BIGINT NOT NULL)"
_UNRELEASED_LEDGER: Final = "_yoyo_migration"


class DatabaseBusy(Unavailable):
    """Other sessions kept the database busy until the wait ended."""

    code = "database_busy"
    zh = "数据库正被其他程序占用，没有轮到迁移。请停止其他程序后重试"
    en = "the database was in use all the time, so nothing was migrated: stop the other processes and try again"


class MigrationFailed(StoreError):
    """The database refused a migration, which changed nothing."""

    code = "migration_failed"

    def __init__(self, migration_id: str, reason: str) -> None:
        self.zh = (
            f"迁移 {migration_id} 未能执行，数据库停留在此前的版本：{reason}。处理办法见 docs/operations.md"
        )
        self.en = (
            f"{migration_id} failed, and the schema is unchanged by it: {reason}. See docs/operations.md"
        )
        super().__init__(self.en)


class SchemaUnreleased(StoreError):
    """The database was made by a checkout from before the first release."""

    code = "schema_unreleased"
    zh = "数据库由首个版本发布前的程序创建，无法升级。请用原程序导出备案名单，再用 mshield init 新建数据库并导入"
    en = (
        "this database was made before the first release and can't be migrated: export the filing list with the program"
        " that made it, then create a new database with `mshield init` and import the list"
    )

    def __init__(self) -> None:
        super().__init__(self.en)


def no_progress(done: str | None, waited: float) -> None:
    """No-op progress callback."""


def migrate(
    url: str, *, wait_seconds: float = WAIT_SECONDS, on_progress: OnProgress = no_progress
) -> list[str]:
    """Brings the schema up to date and returns the names of the migrations that were applied.

    Each waits up to `wait_seconds` for others who use the database. Raises: DatabaseBusy, Unavailable,
    SchemaUnreleased, MigrationFailed; migrations before the refused one stay applied.
    """
    dialect = _dialect(url, wait_seconds)
    applied: list[str] = []
    while (migration_id := _apply_in_turn(dialect, wait_seconds, on_progress)) is not None:
        applied.append(migration_id)
        on_progress(migration_id, 0)
    return applied


def pending(url: str) -> list[str]:
    """Returns the names of the migrations that are still to be applied. Writes nothing.

    Raises: DatabaseBusy, Unavailable, SchemaUnreleased.
    """
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        return [migration.id for migration in _migrations()]  # connecting would create the file
    dialect = _dialect(url, WAIT_SECONDS)
    with dialect.connection() as connection:
        return [migration.id for migration in _missing(_recorded(dialect, connection))]


def is_new(url: str) -> bool:
    """Reports whether no migration was ever applied. Writes nothing. Raises: as `pending`."""
    return len(pending(url)) == len(_migrations())


def _apply_in_turn(dialect: "_Dialect", wait_seconds: float, on_progress: OnProgress) -> str | None:
    """Like `_apply_next`, but retries while others use what it needs."""
    asked, pause = time.monotonic(), _PAUSE_SECONDS
    while True:
        try:
            return _apply_next(dialect)
        except DatabaseBusy:
            waited = time.monotonic() - asked
            if waited + pause > wait_seconds:
                raise
            on_progress(None, waited)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def _apply_next(dialect: "_Dialect") -> str | None:
    """Applies the first missing migration on a connection of its own, whose end rolls back what was not committed."""
    with dialect.connection() as connection:
        dialect.begin(connection)
        missing = _missing(_recorded(dialect, connection))
        if not missing:
            return None
        connection.execute(_LEDGER)
        dialect.apply(connection, missing[0])
        connection.execute(dialect.record, (missing[0].id, time.time_ns() // 1_000_000))
        dialect.commit(connection)
        return missing[0].id


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration's name, its file for both databases, and what follows on PostgreSQL alone."""

    id: str
    common: Traversable
    postgresql: Traversable | None

    def sqlite_statements(self) -> Iterator[str]:
        """Yields the statements one by one: `executescript` would commit before the first."""
        statement = ""
        for line in self.common.read_text("utf-8").splitlines(keepends=True):
            statement += line
            if sqlite3.complete_statement(statement):
                yield statement
                statement = ""

    def postgresql_script(self) -> str:
        """Returns all statements for PostgreSQL."""
        parts = (self.common, *filter(None, (self.postgresql,)))
        return "\n".join(part.read_text("utf-8") for part in parts)


def folder() -> Traversable:
    """Returns the folder of the migrations."""
    return files("mshield.server.database") / "migrations"


@cache
def _migrations() -> tuple[Migration, ...]:
    """Returns all migrations in order. Only names are read: most starts and commands have none to apply."""
    found = {file.name: file for file in folder().iterdir() if file.name.endswith(".sql")}
    names = sorted(name.removesuffix(".sql") for name in found if not name.endswith(_POSTGRESQL_ONLY))
    return tuple(Migration(name, found[f"{name}.sql"], found.get(name + _POSTGRESQL_ONLY)) for name in names)


def _missing(recorded: set[str]) -> list[Migration]:
    """Returns the migrations to apply, in order."""
    return [migration for migration in _migrations() if migration.id not in recorded]


def _recorded(dialect: "_Dialect", connection: Any) -> set[str]:
    """Returns the names of the migrations that the database has. Raises: SchemaUnreleased."""
    if dialect.has_table(connection, "migrations"):
        return {name for (name,) in connection.execute("SELECT id FROM migrations")}
    if dialect.has_table(connection, _UNRELEASED_LEDGER):
        raise SchemaUnreleased
    return set()


class _Dialect(Protocol):
    record: ClassVar[str]

    def connection(self) -> AbstractContextManager[Any]:
        """Opens a connection in autocommit mode. Raises: DatabaseBusy, Unavailable."""

    def has_table(self, connection: Any, name: str) -> bool:
        """Reports whether the database has this table."""

    def begin(self, connection: Any) -> None:
        """Begins a transaction that blocks all other migrations."""

    def apply(self, connection: Any, migration: Migration) -> None:
        """Executes the migration's statements. Raises: MigrationFailed."""

    def commit(self, connection: Any) -> None:
        """Commits, durably. Raises: Unavailable."""


def _dialect(url: str, wait_seconds: float) -> _Dialect:
    if url.startswith(_SQLITE):
        return _Sqlite(url.removeprefix(_SQLITE), wait_seconds)
    return _Postgresql(url, max(1, int(min(wait_seconds, LOCK_SECONDS) * 1000)))  # 0 would mean forever


class _Connection(psycopg.Connection[Any]):
    """Closes where psycopg would cancel: cancelling a commit's wait for the standby keeps the commit (ADR 65)."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Returns the result of `gen`. psycopg passes each of its waits through here."""
        try:
            return waiting.wait(gen, self.pgconn.socket, interval=interval, timeout=timeout)
        except KeyboardInterrupt:
            self.close()
            raise


@dataclass(frozen=True, slots=True)
class _Postgresql:
    url: str
    lock_ms: int
    record: ClassVar = "INSERT INTO migrations VALUES (%s, %s)"

    @contextmanager
    def connection(self) -> Iterator[Any]:
        connection: _Connection | None = None
        try:
            # pgbouncer gives each transaction another connection, which lacks what was prepared on this one.
            with closing(
                _Connection.connect(
                    self.url, autocommit=True, prepare_threshold=None, connect_timeout=_CONNECT_SECONDS
                )
            ) as connection:
                yield connection
        except psycopg.Error as error:
            if isinstance(error, _BUSY):
                raise DatabaseBusy(str(error)) from error
            if error.sqlstate is None and connection is None:
                raise _why_unconnected(self.url, error) from error
            raise unavailable(error) from error

    def has_table(self, connection: Any, name: str) -> bool:
        return bool(connection.execute("SELECT to_regclass(%s) IS NOT NULL", (name,)).fetchone()[0])

    def begin(self, connection: Any) -> None:
        connection.execute("BEGIN")
        # Another migration may take any time, so wait without limit: the lock ends with its transaction.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('mshield migrate'))")
        connection.execute(f"SET LOCAL lock_timeout = {self.lock_ms}")

    def apply(self, connection: Any, migration: Migration) -> None:
        try:
            connection.execute(migration.postgresql_script())
        except psycopg.OperationalError:  # a lock that wasn't granted, a connection that is gone
            raise
        except psycopg.Error as error:
            if known_cause(error) is not None:
                raise
            raise MigrationFailed(migration.id, str(error).partition("\n")[0]) from error

    def commit(self, connection: Any) -> None:
        notices: list[str | None] = []
        connection.add_notice_handler(lambda notice: notices.append(notice.sqlstate))
        connection.execute("COMMIT")
        if _WARNING in notices:
            raise Unavailable("the commit was acknowledged before the standby had it")


@dataclass(frozen=True, slots=True)
class _Sqlite:
    path: str
    wait_seconds: float
    record: ClassVar = "INSERT INTO migrations VALUES (?, ?)"

    @contextmanager
    def connection(self) -> Iterator[Any]:
        try:
            # The journal mode isn't changed here: two processes changing it at once don't wait for each other.
            with closing(
                sqlite3.connect(self.path, timeout=self.wait_seconds, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA foreign_keys = OFF")  # rebuilding a table drops it first
                yield connection
        except sqlite3.Error as error:
            if _is_busy(error):
                raise DatabaseBusy(str(error)) from error
            raise unavailable(error) from error

    def has_table(self, connection: Any, name: str) -> bool:
        return (
            connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None
        )

    def begin(self, connection: Any) -> None:
        connection.execute("BEGIN IMMEDIATE")

    def apply(self, connection: Any, migration: Migration) -> None:
        try:
            for statement in migration.sqlite_statements():
                connection.execute(statement)
        except sqlite3.Error as error:
            if known_cause(error) is not None or not connection.in_transaction:  # the disk is full, or fails
                raise
            raise MigrationFailed(migration.id, str(error)) from error

    def commit(self, connection: Any) -> None:
        connection.execute("COMMIT")


def _why_unconnected(url: str, error: psycopg.Error) -> Unavailable:
    """Returns why no connection could be opened.

    libpq reports that only as a text in the server's language, so the other driver is asked. In a thread,
    because the caller may be in an event loop.
    """

    def ask() -> Unavailable:
        try:
            asyncio.run(detect_server(url))
        except Unavailable as cause:
            return cause
        except StoreError:
            pass
        return unavailable(error)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ask).result()


def _is_busy(error: sqlite3.Error) -> bool:
    """Reports whether SQLite was busy. An extended code has the plain one in its last byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
