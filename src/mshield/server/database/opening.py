"""Opens the database at an address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mshield.server.database.interface import AtConnection, Database, StoreError, no_setup
from mshield.server.database.limits import WORK_SECONDS
from mshield.server.database.migrate import pending
from mshield.server.database.postgresql import PostgresqlDatabase
from mshield.server.database.sqlite import SqliteDatabase


class SchemaOld(StoreError):
    """The database lacks migrations that this program needs."""

    code = "schema_old"

    def __init__(self, missing: list[str]) -> None:
        self.zh = f"数据库缺少 {', '.join(missing)}：请先运行 mshield migrate"
        self.en = f"the database lacks {', '.join(missing)}: run `mshield migrate` first"
        super().__init__(self.en)


@asynccontextmanager
async def opened_database(
    url: str, *, pool_size: int, seconds: float = WORK_SECONDS, at_connection: AtConnection = no_setup
) -> AsyncIterator[Database]:
    """Opens a database with a current schema and closes it at the end. Raises: SchemaOld, Unavailable.

    On PostgreSQL `seconds` limits a statement or transaction, by default as for a command; `at_connection`
    checks each later connection before its first use. SQLite opens no later connections.
    """
    if missing := pending(url):
        raise SchemaOld(missing)
    db = await open_database(url, pool_size=pool_size, seconds=seconds)
    if isinstance(db, PostgresqlDatabase):
        db.at_connection = at_connection
    try:
        yield db
    finally:
        await db.close()


async def open_database(url: str, *, pool_size: int = 8, seconds: float = WORK_SECONDS) -> Database:
    """Opens `sqlite:///PATH` or `postgresql://…`, whatever its schema. Raises: Unavailable, ValueError."""
    if url.startswith("sqlite:///"):
        return SqliteDatabase(url.removeprefix("sqlite:///"))
    if url.startswith(("postgresql://", "postgres://")):
        return await PostgresqlDatabase.connect(url, pool_size=pool_size, seconds=seconds)
    raise ValueError(
        f"invalid database address {url.partition(':')[0]}:… (use sqlite:///PATH or postgresql://…)"
    )
