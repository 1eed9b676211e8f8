"""`mshield log` for operators and outsiders, beside a running service with one real signature."""

import asyncio
import json
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from click.testing import CliRunner

from mshield.cli.main import main
from mshield.client import Document
from mshield.server.database.opening import opened_database
from mshield.server.keys.keyring import load_keyring
from mshield.server.log.archived import read_archived
from mshield.server.log.open_log import open_log
from mshield.server.log.parts import CheckEnded, parts_of
from mshield.server.log.verify_rows import Part
from mshield.server.settings.settings import read_settings
from mshield.testkit.demo.people import OPERATOR
from tests.support.forked import run_forked
from tests.support.live_service import LiveService, enrolled

pytestmark = pytest.mark.slow  # starts its own services

_DOCUMENT = Document(title="报关单", media_type="text/plain", content="总价 126000 欧元".encode())


class Logged:
    """A service that logged a real enrolment and a signature."""

    def __init__(self, live: LiveService) -> None:
        self.live = live
        with enrolled(live) as phone, live.business() as business:
            created = business.request_signature([_DOCUMENT])
            request = phone.scan(created.qr)
            phone.approve(pin=OPERATOR.pin)
            self.sid = request.tasks[0].sid
        self.url = f"{live.origin}/log"
        self.vkey = str(live.command("log", "key")["vkey"])
        deadline = time.monotonic() + 60
        while live.command("log", "verify")["waiting"]:
            assert time.monotonic() < deadline, "nothing logs the rows"

    def run(self, *arguments: str, database: bool = True) -> subprocess.CompletedProcess[str]:
        environment = self.live.environment()
        if not database:
            environment = {name: value for name, value in environment.items() if "MSHIELD" not in name}
        return run_forked(("--lang", "en", "log", *arguments), environment)

    def outside(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(*arguments, "--url", self.url, "--key", self.vkey, database=False)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    folder = tmp_path_factory.mktemp("logged")
    live = LiveService(folder, f"sqlite:///{folder / 'mshield.db'}")
    live.prepare()
    live.start()
    yield Logged(live)
    live.stop()


def _json(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_operator_and_outsider_see_the_same_log(logged: Logged, tmp_path: Path) -> None:
    inside = logged.run("checkpoint")
    assert inside.stdout == logged.outside("checkpoint").stdout
    assert inside.stdout.startswith(logged.url.removeprefix("http://"))
    kept = tmp_path / "checkpoint"
    kept.write_text(inside.stdout)
    found = _json(logged.run("verify", "--since", str(kept), "--json"))
    assert (found["holds"], found["findings"]) == (True, [])
    grown = _json(logged.outside("verify", "--since", str(kept), "--sid", logged.sid, "--json"))
    assert (grown["since"], grown["entry"]["sid"], grown["entry"]["kind"]) == (True, logged.sid, "signature")


def test_a_proof_is_checked_offline(logged: Logged, tmp_path: Path) -> None:
    proof = tmp_path / "proof.json"
    made = logged.run("prove", "--sid", logged.sid)
    proof.write_text(made.stdout)
    assert json.loads(made.stdout) == _json(logged.outside("prove", "--sid", logged.sid))
    offline = ("verify", "--proof", str(proof), "--key", logged.vkey)
    assert _json(logged.run(*offline, "--json", database=False))["sid"] == logged.sid
    told = logged.run(*offline, "--sid", logged.sid, database=False)
    assert told.returncode == 0
    assert "is among the first" in told.stdout
    other = logged.run(*offline, "--sid", "00" * 16, database=False)
    assert other.returncode == 1
    assert "another signature" in other.stderr
    broken = json.loads(made.stdout)
    proof.write_text(json.dumps({**broken, "index": broken["index"] + 1}))
    assert logged.run(*offline, database=False).returncode == 1


def test_a_certificates_issue_is_proved(logged: Logged) -> None:
    file = logged.live.database.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as connection:
        (serial,) = connection.execute("SELECT serial FROM certificates").fetchone()
    assert "hashes" in _json(logged.run("prove", "--serial", serial.upper()))
    assert logged.run("prove", "--serial", "00" * 20).returncode == 1


def test_missing_entries_are_reported(logged: Logged) -> None:
    for command in (
        logged.run("prove", "--sid", "00" * 16),
        logged.run("prove", "--index", "99"),
        logged.outside("verify", "--sid", "00" * 16),
        logged.outside("prove", "--index", "99"),
    ):
        assert command.returncode == 1
        assert command.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("prove",),
        ("prove", "--sid", "12"),
        ("prove", "--sid", "00" * 16, "--index", "1"),
        ("verify", "--sid", "00" * 16),
        ("verify", "--url", "http://localhost"),
        ("verify", "--proof", __file__),
        ("verify", "--proof", __file__, "--key", "k", "--url", "u"),
    ],
)
def test_invalid_arguments_are_usage_errors(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(main, ["log", *arguments]).exit_code == 2


def test_invalid_log_key_is_reported(logged: Logged) -> None:
    done = logged.run("checkpoint", "--url", logged.url, "--key", "no key", database=False)
    assert done.returncode == 1
    assert "bad_log_form" in done.stderr


def test_tampering_is_named_and_fails(logged: Logged) -> None:
    file = logged.live.database.removeprefix("sqlite:///")
    update = "UPDATE signatures SET signed_at = signed_at + ? WHERE sid = ?"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(update, (1, bytes.fromhex(logged.sid)))
        done = logged.run("verify")
        found = logged.run("verify", "--json")
        connection.execute(update, (-1, bytes.fromhex(logged.sid)))
    assert (done.returncode, found.returncode) == (1, 1)
    assert f"signatures {logged.sid}" in done.stdout
    (finding,) = json.loads(found.stdout)["findings"]
    assert (finding["code"], finding["table"], finding["row"]) == ("row_changed", "signatures", logged.sid)
    assert logged.run("verify").returncode == 0


def test_parallel_check_finds_the_same_as_one_process(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in logged.live.environment().items():
        monkeypatch.setenv(name, value)

    async def check() -> tuple[list[Part], list[Part]]:
        settings = read_settings()
        async with opened_database(settings.database.url, pool_size=1) as db:
            log = await open_log(db, load_keyring(settings.keys), settings.site, now=0, begin=False)
            archived, _ = await read_archived(db)
            runs = [range(1)] * 5
            one = [part async for part in parts_of(log, archived, 1)(runs, 3)]
            return one, [part async for part in parts_of(log, archived, 2)(runs, 3)]

    one, two = asyncio.run(check())
    assert one == two
    assert [(part.findings, len(part.edge)) for part in two] == [([], 96)] * 5
    assert _json(logged.run("verify", "--processes", "2", "--json"))["holds"]


def test_check_with_a_killed_process_says_so(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in logged.live.environment().items():
        monkeypatch.setenv(name, value)

    async def kill() -> None:
        while not (helpers := _helpers()):  # noqa: ASYNC110  # another process tells of itself by being there
            await asyncio.sleep(0.01)
        helpers[0].kill()

    async def check() -> None:
        settings = read_settings()
        async with opened_database(settings.database.url, pool_size=1) as db:
            log = await open_log(db, load_keyring(settings.keys), settings.site, now=0, begin=False)
            archived, _ = await read_archived(db)
            killing = asyncio.create_task(kill())
            with pytest.raises(CheckEnded, match="--processes"):
                [part async for part in parts_of(log, archived, 2)([range(1)] * 5, 3)]
            await killing

    asyncio.run(check())


def _helpers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


def test_value_that_is_no_text_is_named(logged: Logged) -> None:
    file = logged.live.database.removeprefix("sqlite:///")
    update = "UPDATE certificate_events SET id = CAST(? AS TEXT) WHERE log_index = ?"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        was, place = connection.execute("SELECT id, log_index FROM certificate_events").fetchone()
        connection.execute(update, (b"\x1b[2J\xff", place))
        done = logged.run("verify")
        found = logged.run("verify", "--json")
        connection.execute(update, (was, place))
    assert (done.returncode, found.returncode) == (1, 1)
    assert "certificate_events \\x1b[2J\\udcff" in done.stdout
    assert [each["row"] for each in json.loads(found.stdout)["findings"]] == ["\\x1b[2J\\udcff"]
    assert logged.run("verify").returncode == 0
