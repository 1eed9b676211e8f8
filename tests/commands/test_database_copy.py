"""`mshield database copy`: copies all of SQLite's rows to PostgreSQL and compares each, or none; the service moves."""

import asyncio
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from click.testing import CliRunner

from mshield.cli.main import main
from mshield.server.database import copying
from mshield.server.database.copying import NotCopied, copy_database
from mshield.server.jobs import JOBS
from mshield.server.main import create_app
from mshield.server.runtime.jobs.runner import Runner
from mshield.server.runtime.rows.known_mark import RestoreUndeclared
from mshield.server.settings.settings import Settings
from tests.support.application import ORIGIN, Device, running
from tests.support.clock import Clock
from tests.support.conformance import Conforming
from tests.support.shield_over_http import Shield


@dataclass(frozen=True)
class Source:
    """A service that was used and stopped, with a logged-in phone."""

    settings: Settings
    clock: Clock
    device: Device

    @property
    def path(self) -> str:
        return self.settings.database.url.removeprefix("sqlite:///")


@pytest.fixture
async def source(sqlite_url: str, tmp_path: Path, clock: Clock) -> Source:
    async with running(sqlite_url, tmp_path, clock) as application:
        await application.registered()
        device = await application.logged_in()
        await Shield(application, device).enrol()
        for name in ("log", "crl"):
            assert (await Runner(application.context, JOBS).run_now(name)).state == "done"
        settings = application.context.settings
    return Source(settings, clock, device)


async def _count(url: str, table: str = "accounts") -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(f"SELECT COUNT(*) FROM {table}"))  # noqa: S608  # a table of ours
    finally:
        await connection.close()


def _quiet(*_: object) -> None: ...


async def _command(source: Source, target: str) -> tuple[int, Any, str]:
    environment = {
        "MSHIELD_DATABASE": source.settings.database.url,
        "MSHIELD_MASTER_KEY_FILE": str(source.settings.keys.master_key_file),
        "MSHIELD_MODE": "demo",
        "MSHIELD_COPY_TO": target,
    }
    arguments = ["database", "copy", "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, main, arguments, env=environment)
    return result.exit_code, result.stdout, result.stderr


async def test_every_row_is_copied_and_the_service_continues_there(
    source: Source, postgresql_url: str
) -> None:
    code, output, progress = await _command(source, postgresql_url)
    assert code == 0, progress
    copied = json.loads(output)
    assert (copied["holds"], copied["findings"]) == (True, [])
    assert "compared certificates: 1 of 1" in progress
    by_name = {table["name"]: table for table in copied["tables"]}
    with closing(sqlite3.connect(source.path)) as before, before:
        for name, table in by_name.items():
            (rows,) = before.execute(f"SELECT COUNT(*) FROM {name}").fetchone()  # noqa: S608  # the same
            assert table["rows"] == rows, name
    assert {"accounts", "keys", "certificates", "acts", "log_tiles", "secrets", "high_water"} <= {
        name for name, table in by_name.items() if table["rows"]
    }
    # The deferred constraint is restored.
    assert await _count(postgresql_url, "pg_constraint WHERE contype = 'f' AND condeferrable") == 0
    app = create_app(source.settings.changed(database=postgresql_url), clock=source.clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=Conforming(app), base_url=ORIGIN) as http,
    ):
        here = Device(http, source.clock, source.device.key, source.device.token)
        assert (await here.call("GET", "/api/phone/me")).status_code == 200
        assert (await here.call("GET", "/api/phone/certificate")).json()["state"] == "active"
        here.token = None
        assert (await Runner(app.state.context, JOBS).run_now("log")).state == "done"
    # The old database can't be used any more after its copy went on.
    old = create_app(source.settings, clock=source.clock)
    with pytest.raises(RestoreUndeclared):
        async with old.router.lifespan_context(old):
            pass


async def test_target_in_use_is_refused(source: Source, postgresql_url: str) -> None:
    assert (await _command(source, postgresql_url))[0] == 0
    code, _, error = await _command(source, postgresql_url)
    assert (code, json.loads(error)["error"]["code"]) == (1, "target_not_empty")


async def test_concurrent_write_aborts_the_copy(source: Source, postgresql_url: str) -> None:
    def write(step: str, name: str, _done: int, _total: int) -> None:
        if (step, name) == ("compare", "accounts"):
            with closing(sqlite3.connect(source.path)) as writer, writer:
                writer.execute("UPDATE accounts SET name = name || '丙'")

    with pytest.raises(NotCopied) as caught:
        await copy_database(source.settings.database.url, postgresql_url, progress=write)
    assert caught.value.code == "source_written"
    assert await _count(postgresql_url) == 0


async def test_differing_row_rolls_back_the_copy(source: Source, postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    await connection.execute(
        "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NEW.name = NEW.name || ' '; RETURN NEW; END $$"
    )
    await connection.execute(
        "CREATE TRIGGER other BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION other()"
    )
    try:
        with pytest.raises(NotCopied) as caught:
            await copy_database(source.settings.database.url, postgresql_url, progress=_quiet)
        assert caught.value.code == "rows_differ"
        assert await _count(postgresql_url) == 0
    finally:
        await connection.execute("DROP TRIGGER other ON accounts")
        await connection.execute("DROP FUNCTION other()")
        await connection.close()


async def test_value_refused_by_postgresql_is_named(source: Source, postgresql_url: str) -> None:
    with closing(sqlite3.connect(source.path)) as writer, writer:
        writer.execute("UPDATE accounts SET name = 'a' || char(0)")
    with pytest.raises(NotCopied) as caught:
        await copy_database(source.settings.database.url, postgresql_url, progress=_quiet)
    assert caught.value.code == "not_copied"
    assert await _count(postgresql_url) == 0


async def test_many_rows_go_in_batches_in_the_same_order(
    source: Source, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 3)
    with closing(sqlite3.connect(source.path)) as writer, writer:
        names = [f"{word}{number}" for word in ("a", "B", "é", "中", "_") for number in range(4)]
        writer.executemany(
            "INSERT INTO enterprises (credit_code, name, version, created_at, changed_at) VALUES (?, 'x', 1, 1, 1)",
            [(name,) for name in names],
        )
    tables = await copy_database(source.settings.database.url, postgresql_url, progress=_quiet)
    assert {table.name: table.rows for table in tables}["enterprises"] > len(names)
    connection = await asyncpg.connect(postgresql_url)
    known = await connection.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'enterprises'")
    await connection.close()
    assert known > len(names)  # so that later plans are made for these rows


@pytest.mark.parametrize("pair", [("postgresql://a", "postgresql://b"), ("sqlite:///x", "sqlite:///y")])
async def test_copy_from_postgresql_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(NotCopied):
        await copy_database(*pair, progress=_quiet)
