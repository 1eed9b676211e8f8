"""`mshield restore declare` on a really restored database: without it neither service nor jobs start."""

import asyncio
import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import uvicorn
from click.testing import CliRunner, Result

from mshield.cli.main import main
from mshield.server.acts.rows.acts import ActRow
from mshield.server.database.opening import open_database
from mshield.server.settings.settings import load_settings
from tests.support.acts import acts_on
from tests.support.janitor import dismiss
from tests.support.live_service import LiveService
from tests.support.ports import free_ports
from tests.support.postgresql import Server

pytestmark = pytest.mark.slow


class Restored:
    """A service's database that was used and then replaced by an older copy."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, live: LiveService) -> None:
        self.monkeypatch, self.live = monkeypatch, live
        self.use(live.database)

    def use(self, url: str) -> None:
        """Switches to this database."""
        self.live.database = url
        for name, value in self.live.environment().items():
            self.monkeypatch.setenv(name, value)

    def run(self, *arguments: str, answer: str | None = None) -> Result:
        load_settings.cache_clear()
        return CliRunner().invoke(main, ["--lang", "en", *arguments], input=answer)

    def ok(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refusals(self) -> list[str]:
        """Returns the refusals of serving and of running jobs."""
        started = [
            self.run("serve", "--port", str(free_ports(1)), "--json"),
            self.run("jobs", "run", "--once", "--json"),
        ]
        assert [each.exit_code for each in started] == [1, 1]
        return [json.loads(each.stderr)["error"]["code"] for each in started]

    def checked(self) -> dict[str, object]:
        """Returns the check of `mshield doctor`."""
        check: dict[str, object] = json.loads(self.run("doctor", "--json").stdout)["checks"]["restore"]
        return check

    def starts(self) -> bool:
        """Reports whether `mshield serve` gets as far as serving."""
        served: list[str] = []
        self.monkeypatch.setattr(uvicorn, "run", lambda application, **_: served.append(application))
        self.ok("serve", "--port", str(free_ports(1)))
        return bool(served)

    def acts(self) -> list[ActRow]:
        """Returns the declarations recorded in the database."""

        async def read() -> list[ActRow]:
            db = await open_database(self.live.database, pool_size=1)
            try:
                return await acts_on(db, subject="database")
            finally:
                await db.close()

        return asyncio.run(read())


@pytest.fixture(params=["sqlite", "postgresql"])
def restored(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Restored]:
    """A service whose log had grown since the copy was made."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    service = Restored(monkeypatch, LiveService(tmp_path, url))
    for command in (("keys", "init"), ("ca", "init"), ("jobs", "run", "--once")):
        service.ok(*command)
    if request.param == "sqlite":
        file, copy = Path(url.removeprefix("sqlite:///")), tmp_path / "copy.db"
        shutil.copy(file, copy)
        service.ok("ca", "renew-issuing")
        service.ok("jobs", "run", "--once")
        for leftover in file.parent.glob(f"{file.name}-*"):
            leftover.unlink()
        shutil.copy(copy, file)
        yield service
    else:
        server: Server = request.getfixturevalue("postgresql_server")
        name = f"test_{uuid.uuid4().hex}"
        dismiss(url)  # PostgreSQL copies no database with open connections
        copied = server.create(name, template=url.rpartition("/")[2])
        service.ok("ca", "renew-issuing")
        service.ok("jobs", "run", "--once")
        service.use(copied)
        yield service
        server.drop(name)
    load_settings.cache_clear()


def test_service_and_jobs_refuse_an_undeclared_restore(restored: Restored) -> None:
    assert restored.refusals() == ["restore_undeclared"] * 2
    assert not restored.checked()["ok"]
    declared = json.loads(restored.ok("restore", "declare", "--yes", "--json"))
    assert declared["keys"] == 0
    (act,) = restored.acts()
    assert (act.act, act.actor, act.details["mark"]) == ("restore.declare", "service", declared["mark"])
    restored.ok("jobs", "run", "--once")
    assert restored.checked()["ok"]
    assert restored.starts()


def test_database_restored_under_a_running_service_stops_it(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Like a failover to a replica that lags behind."""
    live = LiveService(tmp_path, request.getfixturevalue("postgresql_url"))
    live.prepare()
    live.start()
    assert live.process is not None
    try:
        with psycopg.connect(live.database, autocommit=True) as connection:
            connection.execute("UPDATE high_water SET mark = mark - 1")
        assert live.process.wait(60) is not None  # its jobs write every second
    finally:
        live.stop()
    assert "as after a restore from a backup" in live.log.read_text()
    assert live.refused("serve", "--port", str(free_ports(1)))["code"] == "restore_undeclared"


def test_log_continues_under_another_name_and_verifies(restored: Restored) -> None:
    before = json.loads(restored.ok("log", "key", "--json"))["vkey"]
    size = json.loads(restored.ok("log", "verify", "--json"))["size"]
    restored.ok("restore", "declare", "--yes")
    after = json.loads(restored.ok("log", "key", "--json"))["vkey"]
    assert after.partition("+")[0] == f"{before.partition('+')[0]}/2"
    restored.ok("jobs", "run", "--once", "--job", "log")
    found = json.loads(restored.ok("log", "verify", "--json"))
    # The declaration is an act and is logged.
    assert (found["holds"], found["findings"], found["waiting"]) == (True, [], 0)
    assert found["size"] > size


def test_unconfirmed_declaration_changes_nothing(restored: Restored) -> None:
    asked = restored.run("restore", "declare", answer="n\n")
    assert asked.exit_code == 1
    assert "two PIN attempts left" in asked.stderr
    assert restored.acts() == []
    assert restored.refusals() == ["restore_undeclared"] * 2


def test_second_declaration_records_another_act(restored: Restored) -> None:
    marks = [json.loads(restored.ok("restore", "declare", "--yes", "--json"))["mark"] for _ in range(2)]
    assert marks[0] < marks[1]
    assert len(restored.acts()) == 2
    restored.ok("jobs", "run", "--once")
