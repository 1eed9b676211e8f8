"""Whether the database takes writes now, asked past the pool: a busy pool isn't taken for a lost database.

PostgreSQL is written to without a table: a message in its log, whose commit waits for the synchronous standby as any
other. The one that waits is left waiting, so that a probe a second doesn't leave a session a second at the server.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Literal, Protocol

import asyncpg

from mshield.store.database.connections import UNREACHABLE, Connection
from mshield.store.database.hosts import Hosts
from mshield.store.database.interface import Database, StoreError, Unavailable
from mshield.store.database.postgresql import PostgresqlDatabase
from mshield.store.database.queries import Queries

_ANSWER_SECONDS: Final = 5.0
FULL_SECONDS: Final = 10.0
"""For so long after it a full disk counts as full."""

_SQL: Final = Queries("process", "probing")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database is: `standby` and `read_only` take no writes.

    `behind` is whether a standby lags by more than ten seconds, `standbys` how many follow, as far as the service's
    user may know.
    """

    role: Literal["primary", "standby", "read_only"]
    behind: bool = False
    standbys: int = 0


class Probe(Protocol):
    """Asks one database."""

    async def look(self) -> Seen:
        """What it is. Raises Unavailable."""

    async def write(self) -> None:
        """Writes something, durably. Raises StoreError."""

    def close(self) -> None:
        """Ends its connections."""


def probe_of(db: Database, url: str) -> Probe:
    """The probe of an open database with this address."""
    if db.dialect == "sqlite":
        return _SqliteProbe(db)
    return _PostgresqlProbe(url, full_at=lambda: db.full_at if isinstance(db, PostgresqlDatabase) else -inf)


@dataclass(slots=True)
class _SqliteProbe:
    """Asks over the connections that everybody uses, the only ones that there are to the file."""

    db: Database

    async def look(self) -> Seen:
        return Seen("primary")

    async def write(self) -> None:
        await self.db.run(_SQL["write"])

    def close(self) -> None:
        pass


class _PostgresqlProbe:
    """Two connections, so that one can say who the database is while a commit waits at the other."""

    def __init__(self, url: str, *, full_at: Callable[[], float]) -> None:
        self._hosts, self._full_at = Hosts(url), full_at
        self._looking: Any = None
        self._writing: Any = None
        self._written: asyncio.Task[None] | None = None

    async def look(self) -> Seen:
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                self._looking = await self._open(self._looking)
                row = await self._looking.fetchrow(_SQL["look"].on("postgresql").sql)
        except UNREACHABLE as error:
            self.close()
            raise Unavailable(type(error).__name__) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self.close()
            raise StoreError(type(error).__name__) from error
        if row["standby"] or row["read_only"]:
            self.close()  # what is read only stays so to its end, and another host may be the primary by now
        role: Literal["primary", "standby", "read_only"] = "primary"
        if row["standby"]:
            role = "standby"
        elif row["read_only"]:
            role = "read_only"
        return Seen(role, behind=bool(row["behind"]), standbys=row["standbys"])

    async def write(self) -> None:
        # The log of a server may have room where its tables have none: what calls found counts.
        if time.monotonic() - self._full_at() < FULL_SECONDS:
            raise Unavailable("the server's disk was full just now")
        if self._written is None or self._written.done():
            self._written = asyncio.create_task(self._write())
            self._written.add_done_callback(_noticed)  # who asked may have gone
        await asyncio.shield(self._written)

    async def _write(self) -> None:
        try:
            self._writing = await self._open(self._writing)
            await self._writing.execute(_SQL["write"].on("postgresql").sql)
        except (*UNREACHABLE, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _end(self._writing)
            raise Unavailable(type(error).__name__) from error
        if self._writing.unreplicated:
            _end(self._writing)
            raise Unavailable("a commit was let through before the standby had it")

    async def _open(self, connection: Any) -> Any:
        if connection is not None and not connection.is_closed():
            return connection
        return await self._hosts.connect(
            connection_class=Connection,
            statement_cache_size=0,  # a pooler gives each transaction another session
            server_settings={"application_name": "mshield ready"},
        )

    def close(self) -> None:
        """Ends both: what waits at one that can't be reached any more waits for nothing."""
        _end(self._looking)
        _end(self._writing)


def _noticed(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()


def _end(connection: Any) -> None:
    if connection is not None:
        with contextlib.suppress(asyncpg.InterfaceError):
            connection.terminate()
