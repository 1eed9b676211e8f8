"""Each cause of a database that doesn't answer has its own code and sentence, the same in all commands."""

import contextlib
import functools
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.server import main as service
from mshield.server.database import causes
from mshield.server.database.interface import Unavailable
from mshield.server.database.migrate import migrate, pending
from mshield.server.database.opening import open_database
from mshield.server.database.queries import Query, Statement
from mshield.server.database.server_detection import detect_server, wait_for_primary
from mshield.server.settings.settings import load_settings
from tests.support.ports import free_ports
from tests.support.postgresql import Server

_FULL_TRIGGER = """
CREATE FUNCTION no_room() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;
CREATE EVENT TRIGGER no_room ON ddl_command_start EXECUTE FUNCTION no_room();
"""
_CREATE = Query("create", Statement("CREATE TABLE new (a int)", ()), Statement("CREATE TABLE new (a)", ()))
_ALL = [
    each
    for each in vars(causes).values()
    if isinstance(each, type) and issubclass(each, Unavailable) and each is not Unavailable
]


@pytest.fixture(autouse=True)
def _no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "wait_for_primary", functools.partial(wait_for_primary, seconds=0))


@contextlib.contextmanager
def _password_required(server: Server) -> Iterator[None]:
    """Requires the password of the user `secretive` meanwhile."""
    rules = server.data / "pg_hba.conf"
    before = rules.read_text()
    with psycopg.connect(server.url("postgres"), autocommit=True) as operator:
        operator.execute("CREATE ROLE secretive LOGIN PASSWORD 'right'")
        rules.write_text(f"host all secretive 127.0.0.1/32 scram-sha-256\n{before}")
        operator.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            rules.write_text(before)
            operator.execute("DROP ROLE secretive")
            operator.execute("SELECT pg_reload_conf()")


@contextlib.contextmanager
def _address(server: Server, cause: str) -> Iterator[str]:
    """Yields an address whose database doesn't answer for this cause."""
    url = server.url("own")
    match cause:
        case "database_refused":
            yield f"postgresql://mshield@127.0.0.1:{free_ports(1)}/own"
        case "database_refused by name":
            yield f"postgresql://mshield@localhost:{free_ports(1)}/own"
        case "database_down":
            yield "postgresql://mshield@database.invalid/own"
        case "database_missing":
            yield server.url("absent")
        case "database_login_refused":
            with _password_required(server):
                yield url.replace("mshield@", "secretive:wrong@")
        case "database_read_only":
            with psycopg.connect(server.url("postgres"), autocommit=True) as operator:
                operator.execute("ALTER DATABASE own SET default_transaction_read_only = on")
                try:
                    yield url
                finally:
                    operator.execute("ALTER DATABASE own RESET default_transaction_read_only")
        case _:
            with psycopg.connect(url, autocommit=True) as operator:
                operator.execute(_FULL_TRIGGER)
                try:
                    yield url
                finally:
                    operator.execute("DROP EVENT TRIGGER no_room; DROP FUNCTION no_room")


_UNCONNECTED = [
    "database_refused",
    "database_refused by name",
    "database_down",
    "database_missing",
    "database_login_refused",
]


@pytest.mark.parametrize("cause", _UNCONNECTED)
async def test_both_drivers_report_the_same_cause(own_postgresql: Server, cause: str) -> None:
    code = cause.partition(" ")[0]
    with _address(own_postgresql, cause) as url:
        for call in (migrate, pending):
            with pytest.raises(Unavailable) as raised:
                call(url)
            assert raised.value.code == code, call
        for connect in (detect_server, open_database, functools.partial(wait_for_primary, seconds=0)):
            with pytest.raises(Unavailable) as raised:
                await connect(url)
            assert raised.value.code == code, connect


async def test_wrong_password_is_not_waited_for(own_postgresql: Server) -> None:
    with (
        _address(own_postgresql, "database_login_refused") as url,
        pytest.raises(causes.DatabaseLoginRefused),
    ):
        await wait_for_primary(url, seconds=3600)


@pytest.mark.parametrize("cause", ["database_read_only", "database_full"])
async def test_refused_writes_have_a_cause(own_postgresql: Server, cause: str) -> None:
    with _address(own_postgresql, cause) as url:
        with pytest.raises(Unavailable) as raised:
            migrate(url)
        assert raised.value.code == cause
        db = await open_database(url, pool_size=1)
        try:
            with pytest.raises(Unavailable) as raised:
                await db.run(_CREATE)
            assert raised.value.code == cause
        finally:
            await db.close()


def _connecting_with(pragma: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect

    def limited(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.execute(f"PRAGMA {pragma}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", limited)


@pytest.mark.parametrize(
    ("pragma", "code"), [("max_page_count = 3", "database_full"), ("query_only = 1", "database_read_only")]
)
async def test_sqlite_reports_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pragma: str, code: str
) -> None:
    file = tmp_path / "small.db"
    made = sqlite3.connect(file)
    made.executescript("PRAGMA journal_mode = WAL; CREATE TABLE one (a); CREATE TABLE two (a)")
    made.close()
    _connecting_with(pragma, monkeypatch)
    with pytest.raises(Unavailable) as raised:
        migrate(f"sqlite:///{file}")
    assert raised.value.code == code
    db = await open_database(f"sqlite:///{file}")
    try:
        with pytest.raises(Unavailable) as raised:
            await db.run(_CREATE)
        assert raised.value.code == code
    finally:
        await db.close()


async def test_sqlite_file_that_does_not_open_is_named(tmp_path: Path) -> None:
    with pytest.raises(causes.DatabaseFileClosed):
        pending(f"sqlite:///{tmp_path}")
    with pytest.raises(causes.DatabaseFileClosed):
        await open_database(f"sqlite:///{tmp_path}")


def test_each_cause_has_its_own_sentences() -> None:
    assert len(_ALL) == 8
    for name in ("code", "zh", "en"):
        assert len({getattr(each, name) for each in [*_ALL, Unavailable]}) == len(_ALL) + 1


@pytest.fixture
def settings_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    for name, value in {
        "MASTER_KEY_FILE": str(tmp_path / "master.key"),
        "HIGH_WATER_FOLDER": str(tmp_path / "high-water"),
        "MODE": "demo",
    }.items():
        monkeypatch.setenv(f"MSHIELD_{name}", value)
    load_settings.cache_clear()
    yield monkeypatch
    load_settings.cache_clear()


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("cause", ["database_refused", "database_login_refused"])
def test_commands_report_the_same_sentence(
    own_postgresql: Server, settings_at: pytest.MonkeyPatch, cause: str, lang: str
) -> None:
    (expected,) = (getattr(each, lang) for each in _ALL if each.code == cause)
    with _address(own_postgresql, cause) as url:
        settings_at.setenv("MSHIELD_DATABASE", url)
        load_settings.cache_clear()
        assert _run("keys", "init").exit_code == 0
        for command in ("serve", "migrate"):
            options = ("--port", str(free_ports(1))) if command == "serve" else ()
            refused = _run(command, *options, "--json", "--lang", lang)
            error = json.loads(refused.stderr.splitlines()[-1])["error"]
            assert (refused.exit_code, error["code"], error["message"]) == (1, cause, expected)
        checks = json.loads(_run("doctor", "--json", "--lang", lang).stdout)["checks"]
        assert checks["database"] == {"ok": False, "text": f"{cause}: {expected}"}
