"""Fixtures of all tests: databases, engines, keyring, clock.

A fixture imports what it makes, so that a test of arithmetic starts without the service and its databases.

One PostgreSQL serves the whole run, started by the first test that needs it and stopped by the process that
started pytest. A test whose requirements are not installed fails and says what to install; none is skipped.
"""

import fcntl
import gc
import json
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.clock import Clock
from tests.support.clock_steps import ClockSteps
from tests.support.memory import folder_in_memory
from tests.support.once import share
from tests.support.order import long_first
from tests.support.rewriting import rewrite_share

if TYPE_CHECKING:
    from mshield.gm.engine import Engine
    from mshield.server.database.interface import Database
    from mshield.server.keys.keyring import Keyring
    from tests.support.application import Application, Device
    from tests.support.databases import Databases
    from tests.support.intruder import Intruder
    from tests.support.postgresql import Server
    from tests.support.sdf.machine import Machine
    from tests.support.signing import World
    from tests.support.soft_hsm import SoftHsm

_TESTS: Final = Path(__file__).parent
_SHARED: Final = pytest.StashKey[Path]()
_LEAST_MEMORY_KIB: Final = 8
_STEPS: Final = ClockSteps()


# ---- one folder and one PostgreSQL for all worker processes ----


def pytest_configure(config: pytest.Config) -> None:
    """Makes the run's shared folder; a worker gets its address from the controller, and pytest's own with it."""
    worker: dict[str, str] | None = getattr(config, "workerinput", None)
    if worker is None and "TMPDIR" not in os.environ:
        tempfile.tempdir = folder_in_memory()
    config.stash[_SHARED] = (
        Path(worker["mshield_shared"]) if worker else Path(tempfile.mkdtemp(prefix="mshield-tests-"))
    )
    share(config.stash[_SHARED])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tells a worker the path of the shared folder."""
    node.workerinput["mshield_shared"] = str(node.config.stash[_SHARED])  # type: ignore[attr-defined]  # xdist has no types


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the PostgreSQL and removes the folder, in the process that made it."""
    if hasattr(config, "workerinput"):
        return
    shared = config.stash[_SHARED]
    if (shared / "server.json").exists():
        _read_server(shared).stop()
    shutil.rmtree(shared, ignore_errors=True)


def _read_server(shared: Path) -> "Server":
    from tests.support.postgresql import Server

    found = json.loads((shared / "server.json").read_text())
    return Server(Path(found["data"]), found["port"])


@pytest.fixture(scope="session")
def postgresql_server(pytestconfig: pytest.Config) -> "Server":
    """The run's PostgreSQL, not durable, with a migrated template."""
    from mshield.server.database.migrate import migrate
    from tests.support.databases import TEMPLATE
    from tests.support.postgresql import start_server

    shared = pytestconfig.stash[_SHARED]
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "server.json").exists():
            server = start_server(shared / "data", durable=False)
            place = json.dumps({"data": str(server.data), "port": server.port})
            (shared / "server.json").write_text(place)
            migrate(server.create(TEMPLATE))
        return _read_server(shared)


# ---- collection ----


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Disables garbage collection, and excludes the tests themselves, which live to the end, from later ones."""
    config = session.config
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    gc.disable()
    try:
        if worker and [Path(arg).resolve() for arg in config.args] == [_TESTS]:
            files = [file for file in sorted(_TESTS.rglob("test_*.py")) if not _is_left_unread(file, config)]
            number = int(worker["workerid"].removeprefix("gw"))
            rewrite_share(config, files[number :: worker["workercount"]])
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skips files without slow tests in a run of the slow ones, to save each process reading them."""
    return True if _is_left_unread(collection_path, config) else None


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path) -> None:
    """Sets Hypothesis's profile before importing the first module that uses it, whose decorators read it."""
    if "hypothesis" not in sys.modules and b"hypothesis" in module_path.read_bytes():
        from hypothesis import settings

        # The same examples in each run, so that a red run means a change. No time limit per example: on a
        # busy machine it would measure the machine. A whole test has one.
        settings.register_profile("repeatable", derandomize=True, deadline=None)
        settings.register_profile("explore", max_examples=1000, deadline=None)
        settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def _is_left_unread(file: Path, config: pytest.Config) -> bool:
    is_slow_run = config.option.markexpr == "slow" and file.match("test_*.py")
    return is_slow_run and "mark.slow" not in file.read_text()


# ---- order ----


@pytest.hookimpl(trylast=True)  # after selection by -m and -k
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Gives each process its part of the long tests first; the short ones are distributed dynamically."""
    worker: dict[str, int] = getattr(config, "workerinput", {})
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = long_first(
        [item for item in items if item not in set(long)], long, worker.get("workercount", 1)
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Runs a test again if it failed because the machine's clock was set."""
    return _STEPS.run(item, nextitem)


def pytest_runtest_setup() -> None:
    """Prepares modules imported by now; a test that imports none of them takes no time for it."""
    modules = sys.modules
    if (settings := modules.get("mshield.server.settings.settings")) is not None:
        # Each test reads its own environment, so clear the cached settings.
        settings.load_settings.cache_clear()
    if (passwords := modules.get("mshield.server.accounts.passwords")) is not None:
        _cheapen_passwords(passwords)
    if (segno := modules.get("segno")) is not None and not isinstance(segno.make, partial):
        # Use the first of eight masks instead of the best one: equally readable for a program.
        segno.make = partial(segno.make, mask=0)  # type: ignore[attr-defined]  # a module by its name


def _cheapen_passwords(passwords: Any) -> None:
    """Gives the password hash its lowest cost, so that tests needn't wait for it."""
    hasher = type(passwords._HASHER)
    if passwords._HASHER.memory_cost > _LEAST_MEMORY_KIB:
        passwords._HASHER = hasher(time_cost=1, memory_cost=_LEAST_MEMORY_KIB, parallelism=1)


# ---- databases ----


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_server: "Server") -> "Databases":
    """The databases of this worker's tests, each used by one test after the other."""
    from tests.support.databases import TEMPLATE, Databases

    return Databases(postgresql_server, TEMPLATE)


@pytest.fixture
def postgresql_url(postgresql_databases: "Databases") -> Iterator[str]:
    """A clean migrated PostgreSQL database."""
    url = postgresql_databases.take()
    yield url
    postgresql_databases.give_back(url)


@pytest.fixture
def empty_postgresql_url(postgresql_server: "Server") -> Iterator[str]:
    """A fresh PostgreSQL database without any schema."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgresql_server.create(name)
    postgresql_server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any schema, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("empty_postgresql_url"))


@pytest.fixture
def durable_postgresql(pytestconfig: pytest.Config) -> "Iterator[Server]":
    """A PostgreSQL for this test only whose commits reach the disk; it may be killed and started again.

    Its migrated database is `server.url("mshield")`.
    """
    from mshield.server.database.migrate import migrate
    from tests.support.postgresql import start_server

    # Not in `tmp_path`: each pytest that starts makes the folder above inaccessible to others, and so to
    # `postgres`.
    folder = Path(tempfile.mkdtemp(prefix="durable-", dir=pytestconfig.stash[_SHARED]))
    server = start_server(folder / "postgresql", durable=True)
    migrate(server.create("mshield"))
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """The run's migrated SQLite file, for copying."""
    from tests.support.migrated import migrated_file

    return migrated_file()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite file."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'mshield.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def db(database_url: str) -> "AsyncIterator[Database]":
    """An open database of each kind."""
    from mshield.server.database.opening import open_database
    from tests.support.seals import SEALER

    database = await open_database(database_url, pool_size=4)
    database.sealer = SEALER
    yield database
    await database.close()


@pytest.fixture
async def world(db: "Database", keyring: "Keyring", clock: Clock) -> "World":
    """A phone with a certificate, and its services without HTTP."""
    from tests.support.signing import make_world

    return await make_world(db, keyring, clock)


# ---- everything else ----


@pytest.fixture(params=["botan", "openssl"])
def engine(request: pytest.FixtureRequest) -> "Engine":
    """Each SM2 engine; a missing library fails the test and says what to install."""
    from mshield.gm.engine import load_engine

    return load_engine(request.param)


@pytest.fixture
def keyring() -> "Keyring":
    """A ring of one new master key."""
    from mshield.server.keys.keyring import Keyring

    return Keyring.generate()


@pytest.fixture(scope="session")
def soft_hsm_of_process(tmp_path_factory: pytest.TempPathFactory) -> "SoftHsm":
    """Tokens of SoftHSM2 for the whole process, since its library is initialised once."""
    from tests.support.soft_hsm import make_soft_hsm

    return make_soft_hsm(tmp_path_factory.mktemp("soft-hsm"))


@pytest.fixture
def soft_hsm(soft_hsm_of_process: "SoftHsm") -> "Iterator[SoftHsm]":
    """Tokens of SoftHSM2, without a login."""
    yield soft_hsm_of_process
    soft_hsm_of_process.log_out()


@pytest.fixture
def machine() -> "Iterator[Machine]":
    """A cipher machine in software, without faults."""
    from tests.support.sdf.machine import Fault, compiled_machine

    compiled = compiled_machine()
    yield compiled
    compiled.fault(Fault.NONE)


@pytest.fixture
def clock() -> Clock:
    """A clock that is stopped at START."""
    return Clock()


# ---- fixtures that need more than a database; imported only on request ----


@pytest.fixture
async def application(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator["Application"]:
    """A running application in this process, without registered people, on each kind of database."""
    from tests.support.application import running

    async with running(database_url, tmp_path, clock) as application:
        yield application


@pytest.fixture
async def device(application: "Application") -> "Device":
    """A logged-in phone of the example's operator."""
    await application.registered()
    return await application.logged_in()


@pytest.fixture
def intruder(database_url: str) -> Iterator["Intruder"]:
    """An attacker who changes the test's database behind the service's back."""
    from tests.support.intruder import Intruder

    with closing(Intruder(database_url)) as intruder:
        yield intruder
