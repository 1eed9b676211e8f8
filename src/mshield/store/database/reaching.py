"""What answers at PostgreSQL's address: a primary or a standby, itself or a pooler; and waiting for a primary."""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg

from mshield.store.database.connections import UNREACHABLE, Connection
from mshield.store.database.hosts import Hosts
from mshield.store.database.interface import StoreError, Unavailable
from mshield.store.database.limits import CONNECT_SECONDS

START_SECONDS: Final = 60.0
"""How long a service that starts waits for its database, as while another server takes over."""

_PAUSE_SECONDS: Final = 0.5
_POSTGRESQL: Final = ("postgresql://", "postgres://")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answering:
    """The server that answers, with its version; it `writes` unless it is a standby or read only."""

    version: str
    standby: bool
    writes: bool
    pooled: bool
    """Whether something stands before the server that gives its sessions to others in between."""


async def who_answers(url: str) -> Answering:
    """Who answers at an address of PostgreSQL. Raises Unavailable, StoreError."""
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
        raise Unavailable(f"{type(error).__name__}: {error}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise StoreError(str(error)) from error
    return Answering(
        version=f"{version.major}.{version.minor}",
        standby=row["standby"],
        writes=not (row["standby"] or row["read_only"]),
        pooled=row["pid"] != pid,
    )


Unfit = Literal["statements", "prepared", "few"]
"""What a pooler lacks: whole transactions, statements that stay prepared, or a second session beside the first."""


async def what_pooler_lacks(url: str) -> Unfit | None:
    """Why the service can't work through the pooler at this address; None where it can. Raises Unavailable.

    A statement is prepared at one session, and carried out while somebody else has that one for a transaction: a pooler
    that lends sessions by the transaction has to know it at the next session too.
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
        # PgBouncer, where it lends by the statement, ends who begins a transaction.
        if "transaction blocks not allowed" in str(error):
            return "statements"
        raise Unavailable(f"{type(error).__name__}: {error}") from error
    return None


async def _session(url: str, held: AsyncExitStack) -> Any:
    # With names for what it prepares, as the service's sessions have.
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS, connection_class=Connection)
    held.callback(connection.terminate)
    return connection


async def wait_for_primary(url: str, *, seconds: float = START_SECONDS) -> None:
    """Returns once a server that takes writes answers at this address. Raises Unavailable after so many seconds.

    Returns at once for SQLite, and where a server refuses in a way that no waiting mends.
    """
    if not url.startswith(_POSTGRESQL):
        return
    loop = asyncio.get_running_loop()
    deadline, announced = loop.time() + seconds, False
    while True:
        try:
            if (await who_answers(url)).writes:
                return
            last = Unavailable("only a standby, or a server that is read only, answers")
        except Unavailable as error:
            last = error
        except StoreError:
            return  # whoever opens the database tells why
        if loop.time() >= deadline:
            raise last
        if not announced:
            _log.warning("no database takes writes yet (%s); waiting %.0f s at most", last, seconds)
            announced = True
        await asyncio.sleep(_PAUSE_SECONDS)
