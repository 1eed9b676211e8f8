"""Stores the answers of an outside filing system; changes of proven people wait for two officers.

A person is proven if they have a proven account or a shield. Each of these changes is submitted for approval, and
the record stays as it is until one officer has asked for the change and another one has approved it:

- another name, document type or phone number of a proven person, or the end of their record;
- a record of a proven person for another role or enterprise, with other data;
- a new or another legal person of an enterprise that has or had one;
- another name of an enterprise, if that stops usable shields.

A change isn't submitted again while it waits, nor within thirty days of its decision.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts, approvals
from mshield.server.database.interface import Database, SealBroken, Tx
from mshield.server.filing.comparing import renames, takes_two
from mshield.server.filing.external.source import FilingQuestion
from mshield.server.filing.import_cache import ImportCache
from mshield.server.filing.import_list import Held, ImportFiling, act_details, act_name, filed_data
from mshield.server.filing.origin import Origin
from mshield.server.filing.people import NOT_ON_FILE, end_record
from mshield.server.filing.proposals import LegalPersons
from mshield.server.filing.report import LineReport
from mshield.server.filing.rows import filing as store
from mshield.server.filing.rows import phone_changes
from mshield.server.filing.rules import FilingRecord
from mshield.server.values.names import IdType
from mshield.wire.identity import Role
from mshield.wire.ids import new_id
from mshield.wire.times import DAY_MS, HOUR_MS

NAME: Final = "filing.source"
"""The act that two officers decide."""

REASON: Final = "filing_source"
WAITING_MS: Final = 72 * HOUR_MS
QUIET_MS: Final = 30 * DAY_MS
"""Time for which a decided change isn't submitted again."""

_MOST: Final = 100
_LINE: Final = 1
_SUBJECT: Final = "filing-source"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    """Result of comparing an answer with the filed data.

    `person` is the record on file. `takes` and `ends`: the record is imported or ended at once. `held` is the
    change to submit for approval, with `details`. `outdated` are waiting requests that the answer contradicts.
    `rename` is the same for another name of the enterprise, if that is decided separately.
    """

    subject: str
    person: store.FiledPerson | None
    record: FilingRecord | None = None
    takes: bool = False
    ends: bool = False
    held: Held | None = None
    details: dict[str, Any]
    outdated: Sequence[approvals.ApprovalRow] = ()
    rename: "_Decision | None" = None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to write."""
        own = self.takes or self.ends or self.held or self.outdated
        return not own and (self.rename is None or self.rename.is_idle)


@dataclass(frozen=True, slots=True)
class KeepOutside:
    """Stores the answers of the outside system with the host `source`."""

    imports: ImportFiling
    source: str

    async def __call__(self, question: FilingQuestion, record: FilingRecord | None, *, now: int) -> None:
        """Stores the answer (None: nobody is on file) or submits it for approval."""
        if (await self._decide(self.imports.db, question, record, now=now)).is_idle:
            return

        async def work(tx: Tx) -> None:
            await store.lock_imports(tx, now=now)
            await approvals.expire(tx, now=now)
            decision = await self._decide(tx, question, record, now=now)
            for one in (decision, decision.rename):
                for row in () if one is None else one.outdated:
                    await self._withdraw(tx, row, now=now)
                if one is not None and one.held is not None:
                    await self._submit(tx, one, one.held, now=now)
            if decision.ends and decision.person is not None:
                origin = Origin(source=self.source)
                await end_record(
                    tx, decision.person.id, reason=NOT_ON_FILE, by=SERVICE, origin=origin, now=now
                )
            elif decision.takes and decision.record is not None:
                await self._take(tx, decision.record, now=now)

        await self.imports.db.write(work)

    async def _decide(
        self, db: Database | Tx, question: FilingQuestion, record: FilingRecord | None, *, now: int
    ) -> _Decision:
        cache = ImportCache(db)
        key = question.credit_code, question.role, self.imports.hash_id_number(question.id_number)
        await cache.read([key])
        person, is_proven = cache.person(key), bool(cache.accounts(key))
        subject = person.id if person is not None else self._unfiled(key)
        if record is None:
            ends = person is not None and person.ended_at is None
            decision = _Decision(subject=subject, person=person, ends=ends, details={"change": "end"})
            ended = _ended(question, person, cache.enterprise(question.credit_code))
            held = ended if ends and is_proven else None
            return await self._of_requests(db, cache, decision, held, now=now)
        enterprise = cache.enterprise(record.credit_code)
        rename = None
        if enterprise is not None and await _rename_waits(cache, enterprise, record, now=now):
            rename = await self._of_rename(db, cache, question, person, record.enterprise, now=now)
            record = replace(record, enterprise=enterprise.name)
        record = await _without_known_number(db, person, record)
        line = await self.imports.compare(cache, record)
        takes = not line.is_current
        decision = _Decision(
            subject=subject, person=person, record=record, takes=takes, details=act_details(line)
        )
        held = record if takes and await _takes_two(cache, line, person, record) else None
        decision = await self._of_requests(db, cache, decision, held, now=now)
        # What is stored first would overtake the rename, which the next answer then submits.
        return replace(decision, rename=None if decision.takes else rename)

    async def _of_rename(
        self,
        db: Database | Tx,
        cache: ImportCache,
        question: FilingQuestion,
        person: store.FiledPerson | None,
        name: str,
        *,
        now: int,
    ) -> _Decision | None:
        """Returns what the enterprise's other name takes; None if this person's record can't show it."""
        enterprise = cache.enterprise(question.credit_code)
        on_file = (
            None if person is None or person.ended_at is not None else _ended(question, person, enterprise)
        )
        if on_file is None:
            return None
        record = replace(on_file, enterprise=name)
        line = await self.imports.compare(cache, record)
        requests = [
            row
            for row in await approvals.about(
                db, act=NAME, subject=question.credit_code, since=now - QUIET_MS, most=_MOST, now=now
            )
            if row.state != "approved"  # It is done, or was overtaken and is submitted again.
        ]
        is_known = any(row.details["enterprise"] == name for row in requests)
        return _Decision(
            subject=question.credit_code,
            person=person,
            details=act_details(line),
            held=None if is_known else Held(record, filed_data(enterprise, person)),
            outdated=[
                row for row in requests if row.state == "waiting" and row.details["enterprise"] != name
            ],
        )

    async def _of_requests(
        self,
        db: Database | Tx,
        cache: ImportCache,
        decision: _Decision,
        record: FilingRecord | None,
        *,
        now: int,
    ) -> _Decision:
        """Adds the change to submit, and the outdated requests: those about the record that wait for another change."""
        held, digest = None, None
        if record is not None:
            before = filed_data(cache.enterprise(record.credit_code), decision.person)
            held = Held(replace(record, line=_LINE), before, ends=decision.ends)
            digest = self._proposals.digest([held])
        requests = await approvals.about(
            db, act=NAME, subject=decision.subject, since=now - QUIET_MS, most=_MOST, now=now
        )
        outdated = [row for row in requests if row.state == "waiting" and row.details["digest"] != digest]
        if held is None:
            return replace(decision, outdated=outdated)
        is_known = any(row.details["digest"] == digest for row in requests)
        return replace(decision, takes=False, ends=False, held=None if is_known else held, outdated=outdated)

    async def _submit(self, tx: Tx, decision: _Decision, held: Held, *, now: int) -> None:
        details = {
            **decision.details,
            "lines": 1,
            "name": held.record.name,
            "enterprise": held.record.enterprise,
            "role": held.record.role.value,
            "source": self.source,
            "digest": self._proposals.digest([held]),
        }
        details.pop("line", None)
        new = approvals.NewApproval(
            id=new_id(now),
            act=NAME,
            subject=decision.subject,
            details=details,
            reason=REASON,
            asked_by="",
            expires_at=now + WAITING_MS,
        )
        await approvals.insert(tx, new, now=now)
        await self._proposals.store_held(tx, new.id, [held], now=now)
        subject = held.record.credit_code if decision.person is None else decision.person.id
        recorded = {**details, "approval": new.id}
        del recorded["digest"]
        await acts.record(tx, by=SERVICE, act="filing.held", subject=subject, details=recorded, now=now)

    async def _withdraw(self, tx: Tx, row: approvals.ApprovalRow, *, now: int) -> None:
        if await approvals.drop(tx, approval_id=row.id, now=now):
            details = {"approval": row.id, "act": row.act, "source": self.source}
            await acts.record(
                tx, by=SERVICE, act="approval.withdraw", subject=row.subject, details=details, now=now
            )

    async def _take(self, tx: Tx, record: FilingRecord, *, now: int) -> None:
        origin = Origin(source=self.source)
        person_id, line = await self.imports.import_record(tx, record, origin, by=SERVICE, now=now)
        details = {**act_details(line), **origin.details()}
        act = act_name(line, "filing.take")
        await acts.record(tx, by=SERVICE, act=act, subject=person_id, details=details, now=now)

    def _unfiled(self, key: store.Key) -> str:
        """Returns the subject of requests about somebody who isn't on file."""
        code, role, number = key
        return self.imports.lookup.lookup_hash(_SUBJECT, f"{code} {role} {number.hex()}").hex()

    @property
    def _proposals(self) -> LegalPersons:
        imports = self.imports
        return LegalPersons(imports.db, imports.keyring, imports.lookup, imports)


async def _takes_two(
    cache: ImportCache, line: LineReport, person: store.FiledPerson | None, record: FilingRecord
) -> bool:
    """Reports whether two officers decide: it changes somebody proven, or who an enterprise's legal person is."""
    if line.takes_over or record.role is not Role.LEGAL_PERSON:
        return line.takes_over
    if person is None or person.ended_at is not None:
        return bool(await cache.with_legal_person({record.credit_code}))
    return takes_two(person, record)


async def _rename_waits(
    cache: ImportCache, enterprise: store.Enterprise, record: FilingRecord, *, now: int
) -> bool:
    """Reports whether the record renames an enterprise that had a legal person, which stops its usable shields."""
    code = record.credit_code
    if not renames(enterprise, record) or not await cache.with_legal_person({code}):
        return False
    return (await cache.usable_of_enterprises({code}, now=now))[code] > 0


async def _without_known_number(
    db: Database | Tx, person: store.FiledPerson | None, record: FilingRecord
) -> FilingRecord:
    """Returns the record without its number, if that is on file, or was approved and waits to be filed.

    Otherwise it would stop another number that two officers approved.
    """
    if person is None or record.phone is None:
        return record
    if record.phone == (person.phone or ""):
        return replace(record, phone=None)
    with suppress(SealBroken):  # It is never filed.
        waiting = await phone_changes.find_waiting(db, person_id=person.id)
        if waiting is not None and waiting.new_phone == record.phone:
            return replace(record, phone=None)
    return record


def _ended(
    question: FilingQuestion, person: store.FiledPerson | None, enterprise: store.Enterprise | None
) -> FilingRecord | None:
    """Returns the record on file, to show what would end."""
    if person is None or enterprise is None:
        return None
    return FilingRecord(
        line=_LINE,
        enterprise=enterprise.name,
        credit_code=person.credit_code,
        name=person.name,
        id_type=IdType(person.id_type),
        id_number=question.id_number,
        role=Role(person.role),
        phone=None,
    )
