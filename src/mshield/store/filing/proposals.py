"""Records of legal persons that wait for a second officer, line by line under the question that shows them; sealed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Final

from mshield.store.database.interface import Database, Tx
from mshield.store.database.queries import Queries
from mshield.store.seals.many import insert_sealed
from mshield.store.seals.sealing import changing
from mshield.store.seals.tables import PROPOSALS

_SQL: Final = Queries("filing", "proposals")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProposal:
    """A record to put up; the hashes are keyed: of the record, and of what was on file when it was put up."""

    id: str
    approval_id: str
    line: int
    record_hash: bytes = field(repr=False)
    record_box: bytes = field(repr=False)
    before_hash: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow(NewProposal):
    """One that was put up; state `waiting`, `taken`, `refused`, or `overtaken` where another change came first."""

    state: str


_FIELDS: Final = tuple(field.name for field in fields(ProposalRow))


async def insert(tx: Tx, proposals: Sequence[NewProposal]) -> None:
    """Puts them up."""
    await insert_sealed(
        tx, PROPOSALS, _SQL["insert"], [{**asdict(proposal), "state": "waiting"} for proposal in proposals]
    )


async def waiting_of(tx: Tx, hashes: Sequence[tuple[bytes, bytes]], *, now: int) -> set[tuple[bytes, bytes]]:
    """Of these, each of a record and of what was on file, those of which just this waits already."""
    asked = [{"record_hash": record, "before_hash": before, "now": now} for record, before in hashes]
    rows = await tx.all_for(_SQL["waiting"], asked)
    return {(row["record_hash"], row["before_hash"]) for row in rows}


async def page(db: Database | Tx, *, approval_id: str, after: int = 0, most: int) -> list[ProposalRow]:
    """Those of a question with a greater line than `after`, in their order. Raises SealBroken."""
    rows = await db.all(_SQL["page"], approval_id=approval_id, after=after, most=most)
    for row in rows:
        PROPOSALS.check(db.sealer, row)
    return [ProposalRow(**{name: row[name] for name in _FIELDS}) for row in rows]


async def settle(tx: Tx, *, proposal_id: str, state: str) -> bool:
    """Whether one that waited is in this state by this."""
    async with changing(tx, PROPOSALS, proposal_id):
        return await tx.run(_SQL["settle"], id=proposal_id, state=state) == 1
