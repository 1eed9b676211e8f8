"""The connections by which tests' PostgreSQL databases are cleaned and filled: one for each, kept from test to test.

To start one costs PostgreSQL as much as cleaning does, and a new one must look up each table again.
"""

from typing import Final

import psycopg

_OPEN: Final[dict[str, psycopg.Connection]] = {}
"""Of this process, by address; each in autocommit mode and idle while a test runs."""


def janitor(url: str) -> psycopg.Connection:
    """The connection of this database; a new one where a test has ended it."""
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
    """Closes the connection of a database that is given up."""
    if (connection := _OPEN.pop(url, None)) is not None:
        connection.close()
