"""People on file: paged, exported as a list that can be imported again, and removed from the file.

When a person leaves (e.g. an operator), the record ends with a new version. Nobody can apply or renew with an
ended record, its certificates no longer log in or sign at business systems (R22), and the legal person
revokes them.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.database.interface import Tx
from mshield.server.errors import NotFound
from mshield.server.filing.external.export import write_filing
from mshield.server.filing.origin import NOWHERE, Origin
from mshield.server.filing.rows import filing as store
from mshield.server.filing.rules import FilingRecord
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.sealed_data import SearchableData
from mshield.server.runtime.external.table_files import ListFormat
from mshield.server.runtime.list_thread import run_in_thread
from mshield.server.values.id_numbers import FILING_BOX, LOOKUP
from mshield.server.values.ids import require_id
from mshield.server.values.lines import checked_reason
from mshield.server.values.names import IdType, check_credit_code, normalise_id_number
from mshield.wire.identity import Role

PAGE: Final = 50
NOT_ON_FILE: Final = "备案系统中已没有此人 no longer on file at the outside system"
"""Reason of an end that an outside filing system reports."""
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(store.FiledPerson):
    """A record with its enterprise's name and the id number in the clear."""

    enterprise: str
    id_type: IdType
    id_number: str
    role: Role


@dataclass(frozen=True, slots=True)
class Ended:
    """A record that has ended, and the shields issued from it, which the legal person has to revoke."""

    person_id: str
    shield_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FiledPeople(SearchableData):
    """Lists, exports and ends records."""

    async def page(
        self,
        *,
        credit_code: str | None = None,
        id_number: str | None = None,
        ended_too: bool = False,
        after: str = "",
        most: int = PAGE,
    ) -> list[Person]:
        """Returns records in the order of filing, after the one with the id `after`. Raises: InvalidCreditCode."""
        rows = await store.list_people(
            self.db,
            credit_code=None if credit_code is None else check_credit_code(credit_code),
            id_number_hash=None if id_number is None else self._hash(id_number),
            ended_too=ended_too,
            after=after,
            most=most,
        )
        return [opened(self.keyring, row) for row in rows]

    async def export(
        self, kind: ListFormat, *, credit_code: str | None = None, by: By = SERVICE, now: int
    ) -> bytes:
        """Exports everybody on file, or the people of one enterprise, as a list.

        It has id and phone numbers, so it is recorded as an act. Raises: InvalidCreditCode.
        """
        people = [person async for person in self._everybody(credit_code)]
        data = await run_in_thread(write_filing, map(_record, people), kind)
        details = {"people": len(people), "format": kind, "credit_code": credit_code}
        await self.db.write(
            lambda tx: acts.record(tx, by=by, act="filing.export", subject="filing", details=details, now=now)
        )
        return data

    async def end(self, person_id: str, *, reason: str, by: By = SERVICE, now: int) -> Ended:
        """Ends a person's record. Raises: InvalidRequest (no reason), NotFound (not on file)."""
        why = checked_reason(reason)
        require_id(person_id)
        return await self.db.write(lambda tx: end_record(tx, person_id, reason=why, by=by, now=now))

    async def _everybody(self, credit_code: str | None) -> AsyncIterator[Person]:
        after = ""
        while people := await self.page(credit_code=credit_code, after=after, most=_BATCH):
            for person in people:
                yield person
            after = people[-1].id

    def _hash(self, id_number: str) -> bytes:
        return self.lookup.lookup_hash(LOOKUP, normalise_id_number(id_number))


def opened(keyring: Keyring, row: store.ListedPerson) -> Person:
    """Returns the record with its id number in the clear."""
    number = keyring.open(row.id_number_box, purpose=FILING_BOX, context=row.id.encode())
    return Person(
        id=row.id,
        enterprise=row.enterprise,
        credit_code=row.credit_code,
        name=row.name,
        id_type=IdType(row.id_type),
        id_number=number.decode(),
        role=Role(row.role),
        phone=row.phone,
        version=row.version,
        ended_at=row.ended_at,
    )


async def end_record(
    tx: Tx, person_id: str, *, reason: str, by: By, origin: Origin = NOWHERE, now: int
) -> Ended:
    """Ends a record like `FiledPeople.end`, but inside the caller's transaction. Raises: NotFound."""
    await store.lock_imports(tx, now=now)
    if await store.end_person(tx, person_id=person_id, now=now) is None:
        raise NotFound
    shields = await store.live_shields(tx, person_id=person_id)
    details = {"reason": reason, "shields": shields, **origin.details()}
    await acts.record(tx, by=by, act="filing.end", subject=person_id, details=details, now=now)
    return Ended(person_id, tuple(shields))


def _record(person: Person) -> FilingRecord:
    return FilingRecord(
        line=0,
        enterprise=person.enterprise,
        credit_code=person.credit_code,
        name=person.name,
        id_type=person.id_type,
        id_number=person.id_number,
        role=person.role,
        phone=person.phone or "",
    )
