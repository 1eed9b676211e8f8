"""Proofs of phones that were taken (DPoP), so that none counts at a second process.

A row lives for two minutes and says nothing after a crash that the phones' clocks don't: out of the write-ahead log.
"""

from typing import Any

from yoyo import step

__depends__ = {"0049_marks"}


def _set_unlogged(connection: Any) -> None:
    if type(connection).__module__.startswith("psycopg"):
        connection.cursor().execute("ALTER TABLE dpop_proofs SET UNLOGGED")


steps = [
    step("CREATE TABLE dpop_proofs (proof_hash BYTEA PRIMARY KEY, expires_at BIGINT NOT NULL)"),
    step("CREATE INDEX dpop_proofs_ends ON dpop_proofs (expires_at)"),
    step(_set_unlogged),
]
