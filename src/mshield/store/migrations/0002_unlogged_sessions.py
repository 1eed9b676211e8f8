"""Keep open signing sessions out of PostgreSQL's write-ahead log.

They hold sealed one-time nonces, which must not live on in replicas and backups (protocol, "What may be kept").
SQLite has no such tables: there the seal alone protects them.
"""

from typing import Any

from yoyo import step

__depends__ = {"0001_initial"}


def _set_unlogged(connection: Any) -> None:
    if type(connection).__module__.startswith("psycopg"):
        connection.cursor().execute("ALTER TABLE signing_sessions SET UNLOGGED")


steps = [step(_set_unlogged)]
