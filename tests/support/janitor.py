"""Connections for cleaning and filling the tests' PostgreSQL databases: one per database, reused between tests.

Opening a connection costs PostgreSQL as much as cleaning, and a new one must look up each table again.
"""

from typing import Final

import psycopg

_OPEN: Final[dict[str, psycopg.Connection]] = {}
"""Connections of this process by address; each in autocommit mode and idle while a test runs."""


def janitor(url: str) -> psycopg.Connection:
    """Returns the connection of this database; opens a new one if a test has ended it."""
    connection = _OPEN.get(url)
    if connection is not None:
        try:
            connection.execute("SELECT")
        except psycopg.OperationalError:
            connection.close()
        else:
            return connection
    connection = _OPEN[url] = psycopg.connect(url, autocommit=True)
    return connection


def dismiss(url: str) -> None:
    """Closes the connection of a database that is no longer used."""
    if (connection := _OPEN.pop(url, None)) is not None:
        connection.close()
