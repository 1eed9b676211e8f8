"""What answers at PostgreSQL's address: a primary or a standby, itself or a pooler; and waiting for a primary."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

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
    """Who answers: a server of this version; `writes` unless it is a standby or read only."""

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
