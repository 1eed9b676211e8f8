"""Probes whether the database accepts writes, outside the pool, so that a busy pool doesn't look like a lost database.

On PostgreSQL the probe writes no table, only a message to the WAL; its commit waits for the synchronous
standby like any other. A pending write is reused, so that probing every second doesn't occupy one more
session at the server each time.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Final, Literal, Protocol

import asyncpg

from mshield.server.database.connections import UNREACHABLE, Connection
from mshield.server.database.hosts import Hosts
from mshield.server.database.interface import Database, StoreError, Unavailable
from mshield.server.database.postgresql import PostgresqlDatabase
from mshield.server.database.queries import Queries

_ANSWER_SECONDS: Final = 5.0
FULL_SECONDS: Final = 10.0
"""Time for which a disk is regarded as full after a disk-full error."""

_SQL: Final = Queries("runtime", "probing")


@dataclass(frozen=True, slots=True)
class Seen:
    """Server state: `standby` and `read_only` accept no writes.

    `behind`: a standby lags by more than ten seconds. `standbys`: number of followers, as far as the
    service's user may see them.
    """

    role: Literal["primary", "standby", "read_only"]
    behind: bool = False
    standbys: int = 0


class Probe(Protocol):
    """Probe of one database."""

    async def look(self) -> Seen:
        """Reports whether the server is a primary or a standby. Raises: Unavailable."""

    async def write(self) -> None:
        """Writes something durably. Raises: StoreError."""

    def close(self) -> None:
        """Ends the probe's connections."""


def probe_of(db: Database, url: str) -> Probe:
    """Returns the probe for an open database at this address."""
    if db.dialect == "sqlite":
        return _SqliteProbe(db)
    return _PostgresqlProbe(url, full_at=lambda: db.full_at if isinstance(db, PostgresqlDatabase) else -inf)


@dataclass(slots=True)
class _SqliteProbe:
    """Probe over the shared connections, the only ones to the file."""

    db: Database

    async def look(self) -> Seen:
        return Seen("primary")

    async def write(self) -> None:
        await self.db.run(_SQL["write"])

    def close(self) -> None:
        pass


class _PostgresqlProbe:
    """Probe with two connections, so that one can query the server while a commit waits on the other."""

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
            self.close()  # The connection stays read-only until it ends, and another host may be the primary by now.
        role: Literal["primary", "standby", "read_only"] = "primary"
        if row["standby"]:
            role = "standby"
        elif row["read_only"]:
            role = "read_only"
        return Seen(role, behind=bool(row["behind"]), standbys=row["standbys"])

    async def write(self) -> None:
        # The WAL disk may have room when the tables' disk has none, so also consider disk-full errors of
        # calls.
        if time.monotonic() - self._full_at() < FULL_SECONDS:
            raise Unavailable("the server's disk was full a moment ago")
        if self._written is None or self._written.done():
            self._written = asyncio.create_task(self._write())
            self._written.add_done_callback(_consume_error)  # The caller may have gone.
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
            raise Unavailable("a commit was acknowledged before the standby had it")

    async def _open(self, connection: Any) -> Any:
        if connection is not None and not connection.is_closed():
            return connection
        return await self._hosts.connect(
            connection_class=Connection,
            statement_cache_size=0,  # a pooler gives each transaction another session
            server_settings={"application_name": "mshield ready"},
        )

    def close(self) -> None:
        """Ends both connections, since a wait at an unreachable server is pointless."""
        _end(self._looking)
        _end(self._writing)


def _consume_error(task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        task.exception()


def _end(connection: Any) -> None:
    if connection is not None:
        with contextlib.suppress(asyncpg.InterfaceError):
            connection.terminate()
