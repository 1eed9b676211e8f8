"""Used DPoP proofs of phones: each is valid once across all processes.

A proof is spent by its own statement, or together with the call's first reading statement (`Spending`).
"""

from typing import Final

import msgspec

from mshield.server.database.interface import Database, Row
from mshield.server.database.queries import Queries, Query, Statement
from mshield.server.errors import InvalidProof
from mshield.wire.times import MINUTE_MS

_SQL: Final = Queries("runtime", "proofs")
_SPENT: Final = """WITH spent AS (
  INSERT INTO dpop_proofs (proof_hash, expires_at) VALUES (${}::bytea, ${}::bigint)
  ON CONFLICT (proof_hash) DO NOTHING RETURNING 1)"""


class UnspentProof(msgspec.Struct, frozen=True):
    """Verified proof not yet checked against other processes; all regard it as expired from `expires_at` (ms) on."""

    proof_hash: bytes
    expires_at: int


class Spending:
    """Batched reading statement that can also spend a proof."""

    def __init__(self, query: Query) -> None:
        self._plain = query
        self._spending = _with_spending(query)

    async def __call__(self, db: Database, proof: UnspentProof | None, **values: object) -> list[Row]:
        """Returns the statement's rows and spends the proof. Raises: InvalidProof (already used, and there are rows).

        Without rows the caller refuses the call anyway; the proof is spent then too.
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
            raise InvalidProof(reason="jti")
        return rows


def _with_spending(query: Query) -> Query:
    """Prefixes the statement with one that spends a proof, which PostgreSQL executes whatever the rest finds."""
    read = query.on("postgresql")
    begin = "SELECT "
    if not read.sql.startswith(begin):
        raise ValueError(f"{query.name} isn't a reading statement")
    number = len(read.parameters)
    spent = _SPENT.format(number + 1, number + 2)
    sql = f"{spent} {begin}EXISTS (SELECT 1 FROM spent) AS proof_is_new, {read.sql.removeprefix(begin)}"  # noqa: S608  # of our own texts alone
    parameters = (*read.parameters, "proof_hash", "proof_expires_at")
    return Query(f"{query.name}.spending", Statement(sql, parameters), None)


async def spend(db: Database, proof: UnspentProof) -> None:
    """Spends a proof. Raises: InvalidProof (another process has used it).

    No-op on SQLite: it serves one process, which knows its own proofs, and a commit per call would make every
    call wait for the disk.
    """
    if db.dialect == "sqlite" or db.read_only:  # A replay could only read data that its phone has read.
        return
    values = {"proof_hash": proof.proof_hash, "expires_at": proof.expires_at}
    if not await db.write_together(_SQL["spend"], by=proof.proof_hash, **values):
        raise InvalidProof(reason="jti")


async def purge(db: Database, *, now: int) -> int:
    """Deletes expired proofs, with a minute's margin for slow clocks, and returns their number."""
    return await db.run(_SQL["purge"], before=now - MINUTE_MS)
