"""Proofs of phones that some process has taken: none counts twice, wherever it comes.

A proof is spent by a statement of its own, or along with the first one that its call makes anyway (`Spending`).
"""

from typing import Final

import msgspec

from mshield.domain import errors
from mshield.domain.times import MINUTE_MS
from mshield.store.database.interface import Database, Row
from mshield.store.database.queries import Queries, Query, Statement

_SQL: Final = Queries("process", "proofs")
_SPENT: Final = """WITH spent AS (
  INSERT INTO dpop_proofs (proof_hash, expires_at) VALUES (${}::bytea, ${}::bigint)
  ON CONFLICT (proof_hash) DO NOTHING RETURNING 1)"""


class UnspentProof(msgspec.Struct, frozen=True):
    """A checked proof that no other process was asked about yet; too old for all from `expires_at` (ms) on."""

    proof_hash: bytes
    expires_at: int


class Spending:
    """A reading statement that goes together with others of its kind, and can spend a proof along with it."""

    def __init__(self, query: Query) -> None:
        self._plain = query
        self._spending = _spending(query)

    async def __call__(self, db: Database, proof: UnspentProof | None, **values: object) -> list[Row]:
        """Its rows. Raises InvalidProof where another process took the proof and there are rows.

        Where there are none its caller refuses the call anyway. The proof is spent also then.
        """
        if proof is None or db.dialect == "sqlite" or db.read_only:
            return await db.read_together(self._plain, **values)
        rows = await db.write_together(
            self._spending,
            by=proof.proof_hash,
            proof_hash=proof.proof_hash,
            proof_expires_at=proof.expires_at,
            **values,
        )
        if rows and not rows[0]["proof_is_new"]:
            raise errors.InvalidProof(reason="jti")
        return rows


def _spending(query: Query) -> Query:
    """The same statement with what spends a proof before it: PostgreSQL carries it out whatever the rest finds."""
    read = query.on("postgresql")
    begin = "SELECT "
    if not read.sql.startswith(begin):
        raise ValueError(f"{query.name} doesn't begin as a reading statement")
    number = len(read.parameters)
    spent = _SPENT.format(number + 1, number + 2)
    sql = f"{spent} {begin}EXISTS (SELECT 1 FROM spent) AS proof_is_new, {read.sql.removeprefix(begin)}"  # noqa: S608  # of our own texts alone
    parameters = (*read.parameters, "proof_hash", "proof_expires_at")
    return Query(f"{query.name}.spending", Statement(sql, parameters), None)


async def spend(db: Database, proof: UnspentProof) -> None:
    """Raises InvalidProof where another process took it.

    SQLite serves one process, which knows its own; a commit for each call would cost all of them a wait for the disk.
    """
    if db.dialect == "sqlite" or db.read_only:  # a repeat could only read what its phone has read
        return
    values = {"proof_hash": proof.proof_hash, "expires_at": proof.expires_at}
    if not await db.write_together(_SQL["spend"], by=proof.proof_hash, **values):
        raise errors.InvalidProof(reason="jti")


async def purge(db: Database, *, now: int) -> int:
    """Deletes those that are too old, also for a process whose clock is a minute late, and gives their number."""
    return await db.run(_SQL["purge"], before=now - MINUTE_MS)
