"""A PostgreSQL for tests that reconfigure it, freeze it or fill its disk."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from mshield.server.database import connections
from tests.support.postgresql import Server, start_server


@pytest.fixture(scope="session")
def own_postgresql() -> Iterator[Server]:
    """A durable PostgreSQL for this process only; its database is `server.url("own")`."""
    folder = Path(tempfile.mkdtemp(prefix="mshield-own-"))
    server = start_server(folder / "postgresql", durable=True)
    with psycopg.connect(server.create("own"), autocommit=True) as connection:
        connection.execute("CREATE TABLE answered (call INT NOT NULL)")
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(params=[False, True], ids=["own", "plain"])
def statements(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs statements through the service's own path to PostgreSQL, and through asyncpg's."""
    monkeypatch.setattr(connections, "_PLAIN", request.param)


@pytest.fixture(params=["sqlite", "postgresql", "postgresql-plain"])
def database_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh migrated database of each kind, and one more by asyncpg's own path."""
    kind, _, plain = request.param.partition("-")
    monkeypatch.setattr(connections, "_PLAIN", bool(plain))
    url: str = request.getfixturevalue(f"{kind}_url")
    return url
