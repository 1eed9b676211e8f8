"""The tests' own databases: no test sees what another one left."""

import psycopg
import pytest

from tests.support.databases import Databases

_ROW = (
    "INSERT INTO enterprises (credit_code, name, version, created_at, changed_at) VALUES ('x', 'x', 1, 0, 0)"
)
_ROWS = "INSERT INTO enterprises (credit_code, name, version, created_at, changed_at) SELECT n, 'x', 1, 0, 0"


def _one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    "left", [_ROW, f"{_ROWS} FROM generate_series(1, 30000) AS n", "DELETE FROM migrations"]
)
def test_reused_database_equals_a_new_one(postgresql_databases: Databases, left: str) -> None:
    url = postgresql_databases.take()
    migrations = _one(url, "SELECT count(*) FROM migrations")
    with psycopg.connect(url) as connection:
        connection.execute(left)
    postgresql_databases.give_back(url)
    assert postgresql_databases.take() == url
    assert _one(url, "SELECT count(*) FROM enterprises") == 0
    assert _one(url, "SELECT count(*) FROM migrations") == migrations
    postgresql_databases.give_back(url)


def test_open_connections_are_closed(postgresql_databases: Databases) -> None:
    url = postgresql_databases.take()
    connection = psycopg.connect(url)
    connection.execute(_ROW)  # in an open transaction with locks
    postgresql_databases.give_back(url)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE accounts ADD COLUMN more TEXT",
        "ALTER TABLE accounts ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE accounts DROP CONSTRAINT accounts_pkey CASCADE",
        "ALTER TABLE accounts ADD CHECK (name <> 'x')",
        "ALTER TABLE accounts DISABLE TRIGGER ALL",
        "CREATE TABLE more (id TEXT)",
        "CREATE INDEX more ON accounts (name)",
        "DROP VIEW IF EXISTS usable_certificates CASCADE; CREATE SCHEMA more",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ],
)
def test_database_with_another_schema_is_not_reused(postgresql_databases: Databases, change: str) -> None:
    url = postgresql_databases.take()
    with psycopg.connect(url) as connection:
        connection.execute(change)
    postgresql_databases.give_back(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)
