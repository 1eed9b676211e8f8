"""Waiting for a writable database, and several hosts in one address."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from urllib.parse import quote

import psycopg
import pytest

from mshield.server.database.causes import DatabaseMissing
from mshield.server.database.interface import Unavailable
from mshield.server.database.notifying import Link
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement
from mshield.server.database.server_detection import detect_server, wait_for_primary
from tests.support.ports import free_ports
from tests.support.postgresql import Server

_ONE = Query("one", Statement("SELECT 1 AS one", ()), None)


async def test_start_waits_for_the_primary(own_postgresql: Server) -> None:
    own_postgresql.stop()
    waiting = asyncio.create_task(wait_for_primary(own_postgresql.url("own")))
    try:
        await asyncio.sleep(1.0)
        assert not waiting.done()
    finally:
        await asyncio.to_thread(own_postgresql.start)
    await asyncio.wait_for(waiting, 20)


async def test_waiting_ends_if_no_server_is_writable(own_postgresql: Server) -> None:
    with psycopg.connect(own_postgresql.url("postgres"), autocommit=True) as operator:
        operator.execute("ALTER DATABASE own SET default_transaction_read_only = on")
        try:
            server = await detect_server(own_postgresql.url("own"))
            assert (server.writes, server.standby, server.pooled) == (False, False, False)
            with pytest.raises(Unavailable, match="read-only"):
                await wait_for_primary(own_postgresql.url("own"), seconds=0.3)
        finally:
            operator.execute("ALTER DATABASE own RESET default_transaction_read_only")


@pytest.mark.parametrize("database", ["nothing-like-it", ""])
async def test_permanent_error_is_not_waited_for(own_postgresql: Server, database: str) -> None:
    begun = time.monotonic()
    with pytest.raises(DatabaseMissing) if database else contextlib.nullcontext():
        await wait_for_primary(own_postgresql.url(database or "own"))
    assert time.monotonic() - begun < 5


@contextlib.asynccontextmanager
async def _pooler(server: Server) -> AsyncIterator[str]:
    """Yields an address of a proxy that reports another backend id than the server's, like connection poolers."""

    writers: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_server = await asyncio.open_connection("127.0.0.1", server.port)
        writers.extend((writer, to_server[1]))

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while octets := await source.read(65536):
                key = octets.find(b"K\x00\x00\x00\x0c")  # BackendKeyData
                if key >= 0:
                    octets = octets[: key + 5] + b"\x7f\xff\xff\xff" + octets[key + 9 :]
                sink.write(octets)
            sink.close()

        await asyncio.gather(
            pass_on(reader, to_server[1]), pass_on(to_server[0], writer), return_exceptions=True
        )

    line = await asyncio.start_server(carry, "127.0.0.1", 0)
    async with line:
        yield f"postgresql://mshield@127.0.0.1:{line.sockets[0].getsockname()[1]}/own"
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def test_pooler_is_detected_and_not_used_for_notifications(own_postgresql: Server) -> None:
    async with _pooler(own_postgresql) as url:
        server = await detect_server(url)
        assert (server.pooled, server.writes) == (True, True)
        heard = asyncio.Event()
        for address, connected in ((url, False), (own_postgresql.url("own"), True)):
            heard.clear()
            link = Link(address, hear=lambda _: None, hear_all=heard.set)
            keeping = asyncio.create_task(link.keep())
            await asyncio.wait_for(heard.wait(), 20)
            assert link.connected is connected
            keeping.cancel()
            await asyncio.wait({keeping})


async def test_a_frozen_server_is_given_up(own_postgresql: Server) -> None:
    with own_postgresql.frozen():
        with pytest.raises(Unavailable):
            await asyncio.wait_for(wait_for_primary(own_postgresql.url("own"), seconds=0), 10)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(open_database(own_postgresql.url("own")), 15)


@pytest.mark.parametrize("form", ["authority", "parameters"])
async def test_one_of_several_hosts_is_enough(own_postgresql: Server, form: str) -> None:
    dead, port = free_ports(1), own_postgresql.port
    hosts, ports = quote("127.0.0.1,127.0.0.1", safe=","), f"{dead},{port}"
    url = {
        "authority": f"postgresql://mshield@127.0.0.1:{dead},127.0.0.1:{port}/own?target_session_attrs=read-write",
        "parameters": f"postgresql://mshield@/own?host={hosts}&port={ports}&target_session_attrs=read-write",
    }[form]
    await wait_for_primary(url, seconds=5)
    db = await open_database(url, pool_size=1)
    try:
        assert (await db.one(_ONE) or {})["one"] == 1
    finally:
        await db.close()
