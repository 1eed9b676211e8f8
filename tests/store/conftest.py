"""A PostgreSQL for tests that set it up otherwise, freeze it or fill its disk."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.postgresql import Server, start_server


@pytest.fixture(scope="session")
def own_postgresql() -> Iterator[Server]:
    """One of this process's own, whose commits reach the disk. Its database is `server.url("own")`."""
    folder = Path(tempfile.mkdtemp(prefix="mshield-own-"))
    server = start_server(folder / "postgresql", durable=True)
    with psycopg.connect(server.create("own"), autocommit=True) as connection:
        connection.execute("CREATE TABLE answered (call INT NOT NULL)")
    yield server
    server.stop()
    shutil.rmtree(folder)
