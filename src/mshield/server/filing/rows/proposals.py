"""Proposed records of legal persons that wait for a second officer, one per line of an approval; sealed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Final

from mshield.server.database.interface import Database, Tx
from mshield.server.database.queries import Queries
from mshield.server.seals.many import insert_sealed
from mshield.server.seals.sealing import changing
from mshield.server.seals.tables import PROPOSALS

_SQL: Final = Queries("filing", "proposals")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProposal:
    """Record to propose. The keyed hashes are of the record, and of the filed data when it was proposed."""

    id: str
    approval_id: str
    line: int
    record_hash: bytes = field(repr=False)
    record_box: bytes = field(repr=False)
    before_hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow(NewProposal):
    """Stored proposal; state `waiting`, `taken`, `refused`, or `overtaken` if another change came first."""

    state: str


_FIELDS: Final = tuple(field.name for field in fields(ProposalRow))


async def insert(tx: Tx, proposals: Sequence[NewProposal]) -> None:
    """Inserts the proposals."""
    await insert_sealed(
        tx, PROPOSALS, _SQL["insert"], [{**asdict(proposal), "state": "waiting"} for proposal in proposals]
    )


async def waiting_of(tx: Tx, hashes: Sequence[tuple[bytes, bytes]], *, now: int) -> set[tuple[bytes, bytes]]:
    """Returns which of these pairs (hash of the record, hash of the filed data) are already waiting."""
    queries = [{"record_hash": record, "before_hash": before, "now": now} for record, before in hashes]
    rows = await tx.all_for(_SQL["waiting"], queries)
    return {(row["record_hash"], row["before_hash"]) for row in rows}


async def page(db: Database | Tx, *, approval_id: str, after: int = 0, most: int) -> list[ProposalRow]:
    """Returns an approval's proposals with lines after `after`, in order. Raises: SealBroken."""
    rows = await db.all(_SQL["page"], approval_id=approval_id, after=after, most=most)
    for row in rows:
        PROPOSALS.check(db.sealer, row)
    return [ProposalRow(**{name: row[name] for name in _FIELDS}) for row in rows]


async def settle(tx: Tx, *, proposal_id: str, state: str) -> bool:
    """Moves a waiting proposal to this state; False if it isn't waiting."""
    async with changing(tx, PROPOSALS, proposal_id):
        return await tx.run(_SQL["settle"], id=proposal_id, state=state) == 1
