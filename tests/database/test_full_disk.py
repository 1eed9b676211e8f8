"""A full database: writes are refused as unavailable, and work again once there is space."""

import asyncio
import os
from pathlib import Path

import psycopg
import pytest

from mshield.server.database.interface import StoreError, Tx, Unavailable
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement
from mshield.server.database.sqlite import SqliteDatabase, connect
from mshield.server.runtime.rows import probing
from mshield.server.runtime.rows.probing import probe_of
from tests.support.postgresql import Server

_INSERT = Query("insert", None, Statement("INSERT INTO kept VALUES (?1)", ("octets",)))
_COUNT = Query("count", None, Statement("SELECT count(*) AS kept FROM kept", ()))
_SECONDS = 20
_FAIL = Query("fail", Statement("SELECT failing($1)", ("code",)), None)
_WHO = Query("who", Statement("SELECT pg_backend_pid() AS pid", ()), None)


def _leave_room(db: SqliteDatabase, pages: int) -> None:
    """Limits the file's size by SQLite's own setting, which fails like a full disk."""
    (count,) = db._writer.execute("PRAGMA page_count").fetchone()
    db._writer.execute(f"PRAGMA max_page_count = {count + pages}")


async def _write(db: SqliteDatabase, company: int) -> list[BaseException]:
    """Writes many rows at once, each larger than a page; returns the errors."""
    async with asyncio.timeout(_SECONDS):
        writes = (db.run(_INSERT, octets=os.urandom(9_000)) for _ in range(company))
        outcomes = await asyncio.gather(*writes, return_exceptions=True)
    return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


@pytest.mark.parametrize("company", [1, 2, 30])
async def test_full_sqlite_refuses_writes(tmp_path: Path, company: int) -> None:
    file = str(tmp_path / "full.db")
    made = connect(file)
    made.execute("CREATE TABLE kept (octets BLOB UNIQUE)")
    made.close()
    db = SqliteDatabase(file)
    try:
        _leave_room(db, 1)
        for _ in range(3):
            failed = await _write(db, company)
            assert len(failed) == company
            assert all(isinstance(error, Unavailable) for error in failed)
        _leave_room(db, 2_000)
        assert await _write(db, company) == []
        row = await db.one(_COUNT)
        assert row is not None
        assert row["kept"] == company  # exactly what was acknowledged
    finally:
        await db.close()


@pytest.fixture
def failing_url(own_postgresql: Server) -> str:
    """The address of a database with a function that fails as configured."""
    url = own_postgresql.url("own")
    with psycopg.connect(url) as made:
        made.execute(
            "CREATE OR REPLACE FUNCTION failing(code text) RETURNS int LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = code; END $$"
        )
    return url


async def test_disk_found_full_by_calls_stops_writes(
    failing_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this case the server's log has space and its tables have none."""
    db = await open_database(failing_url, pool_size=1)
    probe = probe_of(db, failing_url)
    try:
        await probe.write()
        with pytest.raises(Unavailable):
            await db.one(_FAIL, code="53100")
        with pytest.raises(Unavailable, match="full"):
            await probe.write()
        monkeypatch.setattr(probing, "FULL_SECONDS", 0.0)
        await probe.write()
    finally:
        probe.close()
        await db.close()


@pytest.mark.usefixtures("statements")
@pytest.mark.parametrize("code", ["53100", "53200", "25006", "57014", "58030"])
@pytest.mark.parametrize("amid", [False, True])
async def test_temporary_postgresql_error_is_unavailable_and_reconnects(
    failing_url: str, *, code: str, amid: bool
) -> None:
    """The server itself reports: disk full, out of memory, read only, cancelled, a failing disk."""
    db = await open_database(failing_url, pool_size=1)

    async def work(tx: Tx) -> None:
        await tx.one(_WHO)
        await tx.one(_FAIL, code=code)

    try:
        before = await db.one(_WHO)
        with pytest.raises(Unavailable):
            await (db.write(work) if amid else db.one(_FAIL, code=code))
        after = await db.one(_WHO)
        assert before != after
        with pytest.raises(StoreError, match="no"):  # other errors don't affect the connection
            await db.one(_FAIL, code="P0001")
        assert await db.one(_WHO) == after
    finally:
        await db.close()
