"""Who is on file: looked up page by page, exported as a list that can be imported again, and taken off the file.

A person leaves (an operator goes): the record ends with a new version. Nobody applies or renews with an ended record,
its certificates no longer log in or sign at business systems (R22), and the legal person revokes them.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.filing import FilingRecord
from mshield.domain.id_numbers import FILING_BOX, LOOKUP
from mshield.domain.identity import IdType, Role, check_credit_code, normalise_id_number
from mshield.domain.ids import require_id
from mshield.domain.lines import checked_reason
from mshield.gateways.filing_export import write_filing
from mshield.gateways.table_files import ListFormat
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.aside import aside
from mshield.store.database.interface import Database, Tx
from mshield.store.filing import filing as store
from mshield.store.staff import acts

PAGE: Final = 50
_BATCH: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A record with id number and phone number in the clear; `ended_at` (ms) is None while the person is on file."""

    id: str
    enterprise: str
    credit_code: str
    name: str
    id_type: IdType
    id_number: str
    role: Role
    phone: str | None
    version: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A record that has ended, and the shields issued from it that the legal person has to revoke."""

    person_id: str
    shield_numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FiledPeople:
    """Looks up, exports and ends records."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def page(
        self,
        *,
        credit_code: str | None = None,
        id_number: str | None = None,
        ended_too: bool = False,
        after: str = "",
        most: int = PAGE,
    ) -> list[Person]:
        """Records in the order of filing, after the one with the id `after`. Raises InvalidCreditCode."""
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
        """Everybody on file, or of one enterprise, as a list. It holds id and phone numbers: the act is recorded.

        Raises InvalidCreditCode.
        """
        people = [person async for person in self._everybody(credit_code)]
        data = await aside(write_filing, map(_record, people), kind)
        details = {"people": len(people), "format": kind, "credit_code": credit_code}
        await self.db.write(
            lambda tx: acts.record(tx, by=by, act="filing.export", subject="filing", details=details, now=now)
        )
        return data

    async def end(self, person_id: str, *, reason: str, by: By = SERVICE, now: int) -> Ended:
        """Takes a person off the file. Raises InvalidRequest without a reason, NotFound where they aren't on it."""
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
    """A record with its id number in the clear."""
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


async def end_record(tx: Tx, person_id: str, *, reason: str, by: By, now: int) -> Ended:
    """`FiledPeople.end` inside of the caller's transaction. Raises NotFound."""
    await store.lock_imports(tx, now=now)
    if await store.end_person(tx, person_id=person_id, now=now) is None:
        raise errors.NotFound
    shields = await store.live_shields(tx, person_id=person_id)
    details = {"reason": reason, "shields": shields}
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
