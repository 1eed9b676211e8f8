"""Imported lines that need two people: legal persons (法人), and a new name of an enterprise that has or had one.

So do changes of proven people, also those that an outside filing system reports (filing/outside_changes.py). Such
lines wait for a second person, who sees them. Exactly what was shown is imported: each record is sealed
together with the filed data at that time, and isn't imported if the filed data have changed since.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from mshield.server.acts.actor import By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import Conflict, InvalidRequest
from mshield.server.filing.import_cache import key_of
from mshield.server.filing.import_list import Held, ImportFiling, OnFile, act_details, act_name, in_parts
from mshield.server.filing.origin import Origin
from mshield.server.filing.people import NOT_ON_FILE, end_record
from mshield.server.filing.report import LineReport
from mshield.server.filing.rows import filing
from mshield.server.filing.rows import proposals as store
from mshield.server.filing.rules import FilingRecord
from mshield.server.keys.errors import SealError
from mshield.server.keys.sealed_data import SearchableData
from mshield.server.values.id_numbers import PROPOSAL_BOX
from mshield.server.values.names import IdType
from mshield.wire.identity import Role
from mshield.wire.ids import new_id

_RECORD_HASH: Final = "filing-proposal"
_BEFORE_HASH: Final = "filing-proposal-before"
_BATCH: Final = 1000
_ACTS: Final = {Role.LEGAL_PERSON: "filing.legal_person", Role.OPERATOR: "filing.take"}


@dataclass(frozen=True, slots=True)
class Proposed:
    """A line that is waiting or was decided: the record as it was held, in the clear, and its state."""

    held: Held
    state: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Number of lines imported, and the line numbers not imported: refused, or overtaken by another change."""

    taken: int
    refused: tuple[int, ...]
    overtaken: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LegalPersons(SearchableData):
    """Stores proposals, shows them, and imports approved ones."""

    imports: ImportFiling

    async def unseen(self, tx: Tx, held: Sequence[Held], *, now: int) -> list[Held]:
        """Returns the records that aren't already waiting in the same form, e.g. because a list was imported twice."""
        unseen: list[Held] = []
        for batch in in_parts(held):
            await tx.give_way()
            hashes = [(self._record_hash(person), self._before_hash(person.before)) for person in batch]
            waiting = await store.waiting_of(tx, hashes, now=now)
            unseen += [person for person, pair in zip(batch, hashes, strict=True) if pair not in waiting]
        return unseen

    async def store_held(self, tx: Tx, approval_id: str, held: Sequence[Held], *, now: int) -> None:
        """Stores the records for the approval with this id."""
        for batch in in_parts(held):
            await tx.give_way()
            await store.insert(tx, [self._proposal(approval_id, person, now=now) for person in batch])

    def _proposal(self, approval_id: str, person: Held, *, now: int) -> store.NewProposal:
        proposal_id = new_id(now)
        plain = json.dumps(
            {
                "record": _document(person.record),
                "before": asdict(person.before),
                "ends": person.ends,
                "stops_phone": person.stops_phone,
            }
        )
        return store.NewProposal(
            id=proposal_id,
            approval_id=approval_id,
            line=person.record.line,
            record_hash=self._record_hash(person),
            record_box=self.keyring.seal(plain.encode(), purpose=PROPOSAL_BOX, context=proposal_id.encode()),
            before_hash=self._before_hash(person.before),
        )

    def digest(self, held: Sequence[Held]) -> str:
        """Returns a keyed hash of all displayed data, for the act: it binds every line and reveals no id number."""
        whole = b"".join(self._record_hash(person) + self._before_hash(person.before) for person in held)
        return self.lookup.lookup_hash(_RECORD_HASH, whole.hex()).hex()

    async def page(self, approval_id: str, *, after: int, most: int) -> list[Proposed]:
        """Returns a page of an approval's lines, in order."""
        rows = await store.page(self.db, approval_id=approval_id, after=after, most=most)
        return [self._proposed(row) for row in rows]

    async def stops(self, shown: Sequence[Proposed], *, now: int) -> dict[int, int]:
        """Returns the number of shields that each waiting line would stop at `now` (ms).

        These are the shields of the person, or all those of a renamed enterprise.
        """
        waiting = [proposed.held for proposed in shown if proposed.state == "waiting"]
        changing = [person.record for person in waiting if not person.ends]
        lines = await self.imports.compare_waiting(changing, now=now)
        stops = {line.line: line.enterprise_stops or line.stops for line in lines}
        for record in (person.record for person in waiting if person.ends):
            person = await self._on_file(self.db, record)
            if person is not None:
                usable = await filing.usable_of_people(self.db, [person.id], now=now)
                stops[record.line] = usable.get(person.id, 0)
        return stops

    async def narrow(self, tx: Tx, approval_id: str, lines: frozenset[int]) -> None:
        """Refuses all lines but these. Raises: InvalidRequest (no lines, or unknown ones)."""
        rows = await self._all(tx, approval_id)
        if not lines or not lines <= {row.line for row in rows}:
            raise InvalidRequest(fields=["lines"])
        for row in rows:
            if row.line not in lines:
                await store.settle(tx, proposal_id=row.id, state="refused")

    async def take(
        self, tx: Tx, origin: Origin, approval_id: str, *, digest: str, by: By, now: int
    ) -> Outcome:
        """Imports the waiting lines, each exactly as it was shown or not at all.

        Raises: Conflict (a row differs from the first person's request).
        """
        await filing.lock_imports(tx, now=now)
        taken, refused, overtaken = 0, [], []
        rows = await self._all(tx, approval_id)
        held = [self._proposed(row).held for row in rows]
        if self.digest(held) != digest:
            raise Conflict
        # Read this before importing anything: the first of several lines already changes the name of their
        # enterprise.
        current = await self.imports.on_file(tx, [person.record for person in held])
        for row, proposal, now_on_file in zip(rows, held, current, strict=True):
            if row.state != "waiting":
                refused.append(row.line)
            elif now_on_file != proposal.before:
                await store.settle(tx, proposal_id=row.id, state="overtaken")
                overtaken.append(row.line)
            else:
                await store.settle(tx, proposal_id=row.id, state="taken")
                taken += 1
                if proposal.ends:
                    person = await self._on_file(tx, proposal.record)
                    if person is None:
                        raise Conflict
                    await end_record(tx, person.id, reason=NOT_ON_FILE, by=by, origin=origin, now=now)
                    continue
                person_id, line = await self.imports.import_record(
                    tx, proposal.record, origin, by=by, now=now
                )
                details = {**act_details(line), **origin.details()}
                await acts.record(
                    tx, by=by, act=_act_of(proposal.record, line), subject=person_id, details=details, now=now
                )
        return Outcome(taken, tuple(refused), tuple(overtaken))

    async def _on_file(self, db: Database | Tx, record: FilingRecord) -> filing.FiledPerson | None:
        key = key_of(self.lookup, record)
        return (await filing.people_of(db, [key])).get(key)

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
        except SealError as error:  # The row was moved, or not created by this service.
            raise Conflict from error
        document = json.loads(plain)
        if document["record"]["line"] != row.line:
            raise Conflict
        before = OnFile(**document["before"])
        held = Held(_record(document["record"]), before, document["ends"], document["stops_phone"])
        return Proposed(held, row.state)

    def _record_hash(self, held: Held) -> bytes:
        document = _document(held.record) | {"ends": held.ends, "stops_phone": held.stops_phone}
        del document["line"]
        return self.lookup.lookup_hash(_RECORD_HASH, json.dumps(document, sort_keys=True))

    def _before_hash(self, before: OnFile) -> bytes:
        return self.lookup.lookup_hash(_BEFORE_HASH, json.dumps(asdict(before), sort_keys=True))


def _act_of(record: FilingRecord, line: LineReport) -> str:
    name = _ACTS[record.role]
    return name if record.role is Role.LEGAL_PERSON else act_name(line, name)


def _document(record: FilingRecord) -> dict[str, Any]:
    return {**asdict(record), "id_type": record.id_type.value, "role": record.role.value}


def _record(document: dict[str, Any]) -> FilingRecord:
    return FilingRecord(
        **{**document, "id_type": IdType(document["id_type"]), "role": Role(document["role"])}
    )
