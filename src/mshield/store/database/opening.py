"""Opens the database that an address names."""

from mshield.store.database.interface import Database
from mshield.store.database.postgresql import PostgresqlDatabase
from mshield.store.database.sqlite import SqliteDatabase


async def open_database(url: str, *, pool_size: int = 8) -> Database:
    """Opens `sqlite:///PATH` or `postgresql://…`; the schema must be current (`mshield migrate`)."""
    if url.startswith("sqlite:///"):
        return SqliteDatabase(url.removeprefix("sqlite:///"))
    if url.startswith(("postgresql://", "postgres://")):
        return await PostgresqlDatabase.connect(url, pool_size=pool_size)
    raise ValueError(f"not a database address: {url.partition(':')[0]}:… (sqlite:///PATH or postgresql://…)")
