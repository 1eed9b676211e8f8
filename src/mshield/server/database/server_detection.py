"""Detection of the server at a PostgreSQL address (primary or standby, direct or pooled), and waiting for a primary."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg

from mshield.server.database.causes import SETTLED, DatabaseReadOnly, known_cause, unavailable
from mshield.server.database.connections import UNREACHABLE, Connection
from mshield.server.database.hosts import Hosts
from mshield.server.database.interface import StoreError, Unavailable
from mshield.server.database.limits import CONNECT_SECONDS

START_SECONDS: Final = 60.0
"""Time for which a starting service waits for its database, for example during a failover."""

_PAUSE_SECONDS: Final = 0.5
_POSTGRESQL: Final = ("postgresql://", "postgres://")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DetectedServer:
    """Server that answers, with its version; `writes` is false for a standby or a read-only server."""

    version: str
    standby: bool
    writes: bool
    pooled: bool
    """Whether there is a pooler that shares sessions in front of the server."""


async def detect_server(url: str) -> DetectedServer:
    """Returns the server at a PostgreSQL address. Raises: Unavailable, StoreError."""
    try:
        connection = await Hosts(url).connect(connection_class=Connection, statement_cache_size=0)
        version, pid = connection.get_server_version(), connection.get_server_pid()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                row = await connection.fetchrow(
                    "SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS standby,"
                    " current_setting('transaction_read_only') = 'on' AS read_only"
                )
        finally:
            connection.terminate()
    except UNREACHABLE as error:
        raise unavailable(error) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise (known_cause(error) or StoreError)(str(error)) from error
    return DetectedServer(
        version=f"{version.major}.{version.minor}",
        standby=row["standby"],
        writes=not (row["standby"] or row["read_only"]),
        pooled=row["pid"] != pid,
    )


Unfit = Literal["statements", "prepared", "few"]
"""Deficiency of a pooler: no whole transactions, no prepared statements across them, or only a single session."""


async def pooler_fault(url: str) -> Unfit | None:
    """Returns why the service can't work through the pooler at this address; None if it can. Raises: Unavailable.

    Prepares a statement in one session and runs it while another client holds that session in a transaction:
    a pooler that assigns sessions per transaction must provide the statement in the next session too.
    """
    try:
        async with AsyncExitStack() as held:
            one, other = [await _session(url, held) for _ in range(2)]
            prepared = await one.prepare("SELECT 1")
            async with asyncio.timeout(CONNECT_SECONDS):
                await prepared.fetchval()
                await other.execute("BEGIN")
                await other.fetchval("SELECT 1")
                await prepared.fetchval()
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError):
        return "prepared"
    except TimeoutError:
        return "few"
    except UNREACHABLE as error:
        # PgBouncer in statement mode ends a connection that begins a transaction.
        if "transaction blocks not allowed" in str(error):
            return "statements"
        raise unavailable(error) from error
    return None


async def _session(url: str, held: AsyncExitStack) -> Any:
    # With named prepared statements, like the service's sessions.
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS, connection_class=Connection)
    held.callback(connection.terminate)
    return connection


async def wait_for_primary(url: str, *, seconds: float = START_SECONDS) -> None:
    """Returns once a server that accepts writes answers at this address. Raises: Unavailable (after `seconds`).

    Returns immediately for SQLite, and if a server answers with an unknown error. Raises at once what waiting
    can't remove.
    """
    if not url.startswith(_POSTGRESQL):
        return
    loop = asyncio.get_running_loop()
    deadline, announced = loop.time() + seconds, False
    while True:
        try:
            if (await detect_server(url)).writes:
                return
            last: Unavailable = DatabaseReadOnly("only a standby or a read-only server answers")
        except SETTLED:
            raise
        except Unavailable as error:
            last = error
        except StoreError:
            return  # opening the database will report why
        if loop.time() >= deadline:
            raise last
        if not announced:
            _log.warning("no database accepts writes yet (%s); waiting %.0f s at most", last, seconds)
            announced = True
        await asyncio.sleep(_PAUSE_SECONDS)
