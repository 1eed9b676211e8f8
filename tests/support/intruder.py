"""An attacker who changes the database directly."""

import sqlite3
from typing import Any

import psycopg
from psycopg.rows import dict_row


class Intruder:
    """Attacker with the database's password but no keys, not limited by constraints between tables."""

    def __init__(self, url: str) -> None:
        self._connection: Any
        if url.startswith("sqlite"):
            self._connection = sqlite3.connect(
                url.removeprefix("sqlite:///"), isolation_level=None, timeout=10
            )
            self._connection.row_factory = sqlite3.Row
            self._mark = "?"
        else:
            self._connection = psycopg.connect(url, autocommit=True, row_factory=dict_row)
            self._connection.execute("SET session_replication_role = replica")
            self._mark = "%s"

    def run(self, sql: str, *values: object) -> int:
        count: int = self._connection.execute(sql.replace("?", self._mark), values).rowcount
        return count

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(sql.replace("?", self._mark), values)]

    def close(self) -> None:
        self._connection.close()
