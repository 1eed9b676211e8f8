"""Fixtures of all tests: databases, engines, keyring, clock.

One PostgreSQL serves the whole run, started by the first test that needs it and stopped by the process that
started pytest. A test whose needs are not installed fails and says what to install; none is skipped.
"""

import fcntl
import gc
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import segno
from argon2 import PasswordHasher
from hypothesis import settings

from mshield.gm.engine import Engine, load_engine
from mshield.keys.keyring import Keyring
from mshield.services.accounts import passwords
from mshield.settings import load_settings
from mshield.store.database.interface import Database
from mshield.store.database.migrate import migrate
from mshield.store.database.opening import open_database
from tests.support.clock import Clock
from tests.support.databases import TEMPLATE, Databases
from tests.support.memory import folder_in_memory
from tests.support.migrated import migrated_file
from tests.support.once import share
from tests.support.order import long_first
from tests.support.postgresql import Server, start_server
from tests.support.rewriting import rewrite_share
from tests.support.sdf.machine import Fault, Machine, compiled_machine
from tests.support.seals import SEALER
from tests.support.soft_hsm import SoftHsm, make_soft_hsm

if TYPE_CHECKING:
    from tests.support.application import Application, Device
    from tests.support.intruder import Intruder
    from tests.support.signing import World

# The same examples in each run, so that a red run means a change; `HYPOTHESIS_PROFILE=explore` looks for new ones.
# No example has a time limit of its own: on a busy machine it would tell of the machine. A whole test has one.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))

_TESTS: Final = Path(__file__).parent
_SHARED: Final = pytest.StashKey[Path]()


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
    """Tells a worker where the shared folder is."""
    node.workerinput["mshield_shared"] = str(node.config.stash[_SHARED])  # type: ignore[attr-defined]  # xdist has no types


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the PostgreSQL and removes the folder, in the process that made it."""
    if hasattr(config, "workerinput"):
        return
    shared = config.stash[_SHARED]
    if (shared / "server.json").exists():
        _read_server(shared).stop()
    shutil.rmtree(shared, ignore_errors=True)


def _read_server(shared: Path) -> Server:
    found = json.loads((shared / "server.json").read_text())
    return Server(Path(found["data"]), found["port"])


@pytest.fixture(scope="session")
def postgresql_server(pytestconfig: pytest.Config) -> Server:
    """The run's PostgreSQL, not durable, with a migrated template."""
    shared = pytestconfig.stash[_SHARED]
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "server.json").exists():
            server = start_server(shared / "data", durable=False)
            place = json.dumps({"data": str(server.data), "port": server.port})
            (shared / "server.json").write_text(place)
            migrate(server.create(TEMPLATE))
        return _read_server(shared)


# ---- what is read at all ----


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collects no garbage meanwhile, nor later looks through the tests themselves, which live to the end."""
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
    """A run of the slow tests leaves files without one unread, which are most: each process reads all the others."""
    return True if _is_left_unread(collection_path, config) else None


def _is_left_unread(file: Path, config: pytest.Config) -> bool:
    is_slow_run = config.option.markexpr == "slow" and file.match("test_*.py")
    return is_slow_run and "mark.slow" not in file.read_text()


# ---- in which order ----


@pytest.hookimpl(trylast=True)  # after -m and -k have chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Has each process begin with its part of the long tests; of the short ones processes take from each other."""
    worker: dict[str, int] = getattr(config, "workerinput", {})
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = long_first(
        [item for item in items if item not in set(long)], long, worker.get("workercount", 1)
    )


def pytest_runtest_setup() -> None:
    """Each test reads its own settings: what one before it read from another environment is forgotten."""
    load_settings.cache_clear()


# ---- databases ----


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_server: Server) -> Databases:
    """The databases of this worker's tests, one test after the other in each."""
    return Databases(postgresql_server, TEMPLATE)


@pytest.fixture
def postgresql_url(postgresql_databases: Databases) -> Iterator[str]:
    """A clean migrated PostgreSQL database."""
    url = postgresql_databases.take()
    yield url
    postgresql_databases.give_back(url)


@pytest.fixture
def empty_postgresql_url(postgresql_server: Server) -> Iterator[str]:
    """A fresh PostgreSQL database without any schema."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgresql_server.create(name)
    postgresql_server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without any schema, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    return str(request.getfixturevalue("empty_postgresql_url"))


@pytest.fixture
def durable_postgresql(pytestconfig: pytest.Config) -> Iterator[Server]:
    """A PostgreSQL of this test's own whose commits reach the disk; it may be killed and started again.

    Its migrated database is `server.url("mshield")`.
    """
    # Not in `tmp_path`: each pytest that starts closes the folder above all of them to others, so to `postgres`.
    folder = Path(tempfile.mkdtemp(prefix="durable-", dir=pytestconfig.stash[_SHARED]))
    server = start_server(folder / "postgresql", durable=True)
    migrate(server.create("mshield"))
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """The run's migrated SQLite file, to be copied."""
    return migrated_file()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh migrated SQLite file."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'mshield.db')}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh migrated database, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """An open database, once of each kind."""
    database = await open_database(database_url, pool_size=4)
    database.sealer = SEALER
    yield database
    await database.close()


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> "World":
    """A phone with a certificate, and its services without HTTP."""
    from tests.support.signing import make_world

    return await make_world(db, keyring, clock)


# ---- everything else ----


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """The same hash with the least parameters, in this process: what is tested around it need not wait for it."""
    with pytest.MonkeyPatch.context() as patch:
        least = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_HASHER", least)
        yield


@pytest.fixture(autouse=True, scope="session")
def _cheap_pictures() -> Iterator[None]:
    """QR codes with the first mask, not the best of eight, in this process: as good to read for a program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segno, "make", partial(segno.make, mask=0))
        yield


@pytest.fixture(params=["botan", "openssl"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each SM2 engine; a missing library is a failure that says what to install."""
    return load_engine(request.param)


@pytest.fixture
def keyring() -> Keyring:
    """A ring of one new master key."""
    return Keyring.generate()


@pytest.fixture(scope="session")
def soft_hsm_of_process(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    """Tokens of SoftHSM2, for the whole process: its library is begun once."""
    return make_soft_hsm(tmp_path_factory.mktemp("soft-hsm"))


@pytest.fixture
def soft_hsm(soft_hsm_of_process: SoftHsm) -> Iterator[SoftHsm]:
    """Tokens of SoftHSM2, to which nobody is logged in."""
    yield soft_hsm_of_process
    soft_hsm_of_process.log_out()


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A cipher machine in software, with nothing wrong."""
    compiled = compiled_machine()
    yield compiled
    compiled.fault(Fault.NONE)


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at START."""
    return Clock()


# ---- what needs more than a database; imported only where it is asked for ----


@pytest.fixture
async def application(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator["Application"]:
    """A running application in this process, nobody registered, once on each kind of database."""
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
    """Someone who changes the test's database behind the service's back."""
    from tests.support.intruder import Intruder

    with closing(Intruder(database_url)) as intruder:
        yield intruder
