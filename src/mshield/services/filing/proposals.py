"""What of a list takes two people: legal persons (法人), and another name of an enterprise that has one.

Such lines wait, and are shown to the second.

What was shown is what is taken: each record is sealed with what was on file then, and where that has changed meanwhile
it is not taken.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.filing import FilingRecord
from mshield.domain.id_numbers import PROPOSAL_BOX
from mshield.domain.identity import IdType, Role
from mshield.domain.ids import new_id
from mshield.keys.errors import SealError
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.import_list import Held, ImportFiling, OnFile, in_parts
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import filing
from mshield.store.filing import proposals as store
from mshield.store.staff import acts

_RECORD_HASH: Final = "filing-proposal"
_BEFORE_HASH: Final = "filing-proposal-before"
_BATCH: Final = 1000
_ACTS: Final = {Role.LEGAL_PERSON: "filing.legal_person", Role.OPERATOR: "filing.take"}


@dataclass(frozen=True, slots=True)
class Proposed:
    """A line that waits or was decided: the record in the clear, what was on file then, and its state."""

    record: FilingRecord
    before: OnFile
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many were taken, and the lines that were not: refused, or overtaken by another change."""

    taken: int
    refused: tuple[int, ...]
    overtaken: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LegalPersons:
    """Puts them up, shows them, takes them."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    imports: ImportFiling

    async def unseen(self, tx: Tx, held: Sequence[Held], *, now: int) -> list[Held]:
        """Those of them that don't wait just so already, as when a list is imported twice."""
        unseen: list[Held] = []
        for some in in_parts(held):
            await tx.give_way()
            hashes = [(self._record_hash(person.record), self._before_hash(person.before)) for person in some]
            waiting = await store.waiting_of(tx, hashes, now=now)
            unseen += [person for person, both in zip(some, hashes, strict=True) if both not in waiting]
        return unseen

    async def put_up(self, tx: Tx, approval_id: str, held: Sequence[Held], *, now: int) -> None:
        """Keeps them for the question of this id."""
        for some in in_parts(held):
            await tx.give_way()
            await store.insert(tx, [self._proposal(approval_id, person, now=now) for person in some])

    def _proposal(self, approval_id: str, person: Held, *, now: int) -> store.NewProposal:
        proposal_id = new_id(now)
        plain = json.dumps({"record": _document(person.record), "before": asdict(person.before)})
        return store.NewProposal(
            id=proposal_id,
            approval_id=approval_id,
            line=person.record.line,
            record_hash=self._record_hash(person.record),
            record_box=self.keyring.seal(plain.encode(), purpose=PROPOSAL_BOX, context=proposal_id.encode()),
            before_hash=self._before_hash(person.before),
        )

    def digest(self, held: Sequence[Held]) -> str:
        """A keyed hash of all that is shown, for the act: it tells nothing of an id number, and binds each."""
        whole = b"".join(
            self._record_hash(person.record) + self._before_hash(person.before) for person in held
        )
        return self.lookup.lookup_hash(_RECORD_HASH, whole.hex()).hex()

    async def page(self, approval_id: str, *, after: int, most: int) -> list[Proposed]:
        """Those of a question, in the order of their lines."""
        rows = await store.page(self.db, approval_id=approval_id, after=after, most=most)
        return [self._proposed(row) for row in rows]

    async def stops(self, shown: Sequence[Proposed], *, now: int) -> dict[int, int]:
        """By line, for those that wait: the person's shields that would stop now (ms), or a renamed enterprise's."""
        waiting = [person.record for person in shown if person.state == "waiting"]
        lines = await self.imports.compare_waiting(waiting, now=now)
        return {line.line: line.enterprise_stops or line.stops for line in lines}

    async def narrow(self, tx: Tx, approval_id: str, lines: frozenset[int]) -> None:
        """Refuses all but these lines. Raises InvalidRequest where there are none, or others."""
        rows = await self._all(tx, approval_id)
        if not lines or not lines <= {row.line for row in rows}:
            raise errors.InvalidRequest(fields=["lines"])
        for row in rows:
            if row.line not in lines:
                await store.settle(tx, proposal_id=row.id, state="refused")

    async def take(
        self, tx: Tx, approval_id: str, *, asked_by: str, digest: str, by: By, now: int
    ) -> Outcome:
        """Takes those that wait, each as it was shown, or not at all. Raises Conflict where a row isn't as asked."""
        await filing.lock_imports(tx, now=now)
        taken, refused, overtaken = 0, [], []
        rows = await self._all(tx, approval_id)
        proposed = [self._proposed(row) for row in rows]
        if self.digest([Held(person.record, person.before) for person in proposed]) != digest:
            raise errors.Conflict
        # Looked at before any is taken: the first of several lines gives their enterprise its new name.
        standing = await self.imports.on_file(tx, [person.record for person in proposed])
        for row, shown, now_on_file in zip(rows, proposed, standing, strict=True):
            if row.state != "waiting":
                refused.append(row.line)
            elif now_on_file != shown.before:
                await store.settle(tx, proposal_id=row.id, state="overtaken")
                overtaken.append(row.line)
            else:
                await store.settle(tx, proposal_id=row.id, state="taken")
                person_id, line = await self.imports.take_in(tx, shown.record, now=now)
                details = {
                    "approval": approval_id,
                    "asked_by": asked_by,
                    "change": line.change,
                    "enterprise_change": line.enterprise_change,
                }
                await acts.record(
                    tx, by=by, act=_ACTS[shown.record.role], subject=person_id, details=details, now=now
                )
                taken += 1
        return Outcome(taken, tuple(refused), tuple(overtaken))

    async def _all(self, tx: Tx, approval_id: str) -> list[store.ProposalRow]:
        rows: list[store.ProposalRow] = []
        while True:
            after = rows[-1].line if rows else 0
            page = await store.page(tx, approval_id=approval_id, after=after, most=_BATCH)
            if not page:
                return rows
            rows += page

    def _proposed(self, row: store.ProposalRow) -> Proposed:
        try:
            plain = self.keyring.open(row.record_box, purpose=PROPOSAL_BOX, context=row.id.encode())
        except SealError as error:  # another row's, or none of ours
            raise errors.Conflict from error
        document = json.loads(plain)
        if document["record"]["line"] != row.line:
            raise errors.Conflict
        return Proposed(_record(document["record"]), OnFile(**document["before"]), row.state)

    def _record_hash(self, record: FilingRecord) -> bytes:
        document = _document(record)
        del document["line"]
        return self.lookup.lookup_hash(_RECORD_HASH, json.dumps(document, sort_keys=True))

    def _before_hash(self, before: OnFile) -> bytes:
        return self.lookup.lookup_hash(_BEFORE_HASH, json.dumps(asdict(before), sort_keys=True))


def _document(record: FilingRecord) -> dict[str, Any]:
    return {**asdict(record), "id_type": record.id_type.value, "role": record.role.value}


def _record(document: dict[str, Any]) -> FilingRecord:
    return FilingRecord(
        **{**document, "id_type": IdType(document["id_type"]), "role": Role(document["role"])}
    )
