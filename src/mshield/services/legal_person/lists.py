"""What the legal person looks up: the filed people of an enterprise (R19) and its shields with their history (R14).

Pages go by key: the last row of one is where the next begins, so that no page gets slower than the first.
"""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mshield.domain import errors
from mshield.domain.certificates import shield
from mshield.domain.certificates.renewal import EXPIRING, expiring, half_year_after
from mshield.domain.certificates.states import shown_state, usable
from mshield.domain.id_numbers import END, FILING_BOX
from mshield.domain.identity import mask_id_number, normalise_id_number
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.search_words import end_hash
from mshield.services.identity.of_people import PersonProof, ProofsOfPeople
from mshield.services.identity.proofs import Proofs
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.store.database.interface import Database
from mshield.store.legal_person import people
from mshield.store.legal_person import shields as managed_shields
from mshield.store.legal_person.people import FiledPersonRow, NumberEnd, SealedNumber
from mshield.store.legal_person.shields import (
    HistoryRow,
    HistoryTerms,
    PastEvent,
    ShieldCount,
    ShieldRow,
    ShieldTerms,
)

__all__ = [
    "HistoryRow",
    "HistoryTerms",
    "ManagedLists",
    "PastEvent",
    "PeopleTerms",
    "PersonLine",
    "ShieldCount",
    "ShieldRow",
    "ShieldTerms",
    "shown",
]

FIRST: Final = (2**63 - 1, "")
"""Before every shield: where the first page begins."""

NEWEST: Final = "z"
"""After every event's id: where the first page of the history begins."""

_SCAN: Final = 500
MOST_COUNTED: Final = 10_000
"""Shields that are counted: a larger enterprise reads that it has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTerms:
    """By what people are searched; a term that is None excludes nobody.

    `id_number_end` are an id number's last characters, `end` four or more of it or of a phone or shield number.
    """

    name: str | None = None
    role: str | None = None
    on_file: bool | None = None
    shield_number: str | None = None
    id_number_end: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One filed person; the id number is masked. Times in ms; `ended_at` is None while they are on file.

    `proofs` are those of their accounts that have not ended, the newest first.
    """

    id: str
    name: str
    id_type: str
    id_number_masked: str
    role: str
    filed_at: int
    changed_at: int
    ended_at: int | None
    shields: int
    proofs: tuple[PersonProof, ...]


@dataclass(frozen=True, slots=True)
class ManagedLists:
    """The legal person's lists. All take an enterprise that `enterprise` gave."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    proofs: Proofs
    proofs_of_people: ProofsOfPeople
    zone: dt.tzinfo

    async def enterprise(self, person: LegalPerson, credit_code: str, *, now: int) -> ManagedEnterprise:
        """The enterprise, if they are filed as its legal person now, and proven to be.

        Raises NotFound, for an unknown one as for another's.
        """
        managed = await self.proofs.managed(self.db, person.account_id, now=now)
        enterprise = next(
            (enterprise for enterprise in managed if enterprise.credit_code == credit_code), None
        )
        if enterprise is None:
            raise errors.NotFound
        return enterprise

    async def people(
        self, enterprise: ManagedEnterprise, terms: PeopleTerms, *, after: str, limit: int, now: int
    ) -> list[PersonLine]:
        """Filed people after this id; of an id number's end the sealed numbers are opened that may have it.

        Raises InvalidRequest for an end that has nothing but separators, or too little of any number.
        """
        end = None if terms.id_number_end is None else normalise_id_number(terms.id_number_end)
        if end == "":
            raise errors.InvalidRequest(fields=["id_number_end"])
        of_any = await self._end(enterprise, terms.end)
        size = limit if end is None else _SCAN
        matches: list[tuple[FiledPersonRow, str]] = []
        while len(matches) < limit:
            rows = await people.page(
                self.db,
                credit_code=enterprise.credit_code,
                after=after,
                name=terms.name,
                role=terms.role,
                on_file=terms.on_file,
                shield_number=_number(terms.shield_number),
                id_number_end=None if end is None or len(end) < END else end_hash(self.lookup, end),
                end=of_any,
                page_size=size,
            )
            for row in rows:
                number = self._id_number(row)
                if end is None or number.endswith(end):
                    matches.append((row, number))
            if len(rows) < size:
                break
            after = rows[-1].id
        proofs = await self.proofs_of_people(
            [row.id for row, _ in matches[:limit]], credit_code=enterprise.credit_code, now=now
        )
        return [_line(row, number, proofs.get(row.id, ())) for row, number in matches[:limit]]

    async def all_people(
        self, enterprise: ManagedEnterprise, terms: PeopleTerms, *, now: int
    ) -> AsyncIterator[PersonLine]:
        """All pages, one line after the other."""
        after = ""
        while page := await self.people(enterprise, terms, after=after, limit=_SCAN, now=now):
            for line in page:
                yield line
            after = page[-1].id

    async def shields(
        self,
        enterprise: ManagedEnterprise,
        terms: ShieldTerms,
        *,
        before: tuple[int, str] = FIRST,
        limit: int,
        now: int,
    ) -> list[ShieldRow]:
        """Shields of the enterprise, the newest first."""
        return await managed_shields.page(
            self.db,
            credit_code=enterprise.credit_code,
            before=before,
            terms=replace(terms, shield_number=_number(terms.shield_number)),
            end=await self._end(enterprise, terms.end),
            page_size=limit,
            due=half_year_after(now, self.zone),
            now=now,
        )

    async def count_shields(self, enterprise: ManagedEnterprise, *, now: int) -> ShieldCount:
        """How many shields the enterprise has, and how many can be used; above MOST_COUNTED there are just more."""
        return await managed_shields.count(
            self.db, credit_code=enterprise.credit_code, most=MOST_COUNTED + 1, now=now
        )

    def is_expiring(self, row: ShieldRow, *, now: int) -> bool:
        """Whether it can be used and has under half a year left (R11)."""
        standing = row.standing
        return expiring(
            state=standing.state, holds=standing.holds, not_after=row.not_after, zone=self.zone, now=now
        )

    async def all_shields(
        self, enterprise: ManagedEnterprise, terms: ShieldTerms, *, now: int
    ) -> AsyncIterator[ShieldRow]:
        """All pages, one line after the other."""
        before = FIRST
        while page := await self.shields(enterprise, terms, before=before, limit=_SCAN, now=now):
            for row in page:
                yield row
            before = (page[-1].issued_at, page[-1].serial)

    async def shield(
        self, enterprise: ManagedEnterprise, number: str
    ) -> tuple[list[ShieldRow], list[PastEvent]]:
        """All certificates of a shield, the one that stands for it first, and what happened to them, oldest first.

        Raises NotFound, for an unknown number as for another enterprise's shield.
        """
        parsed = _number(number) or number
        code = enterprise.credit_code
        rows = await managed_shields.certificates(self.db, credit_code=code, shield_number=parsed)
        if not rows:
            raise errors.NotFound
        return rows, await managed_shields.events(self.db, credit_code=code, shield_number=parsed)

    async def proofs_of(
        self, enterprise: ManagedEnterprise, person_id: str, *, now: int
    ) -> Sequence[PersonProof]:
        """What proved that a filed person's accounts are theirs, also what has ended, the newest first."""
        proofs = await self.proofs_of_people(
            [person_id], credit_code=enterprise.credit_code, with_ended=True, now=now
        )
        return proofs.get(person_id, ())

    async def history(
        self, enterprise: ManagedEnterprise, terms: HistoryTerms, *, before: str = NEWEST, limit: int
    ) -> list[HistoryRow]:
        """What happened to the enterprise's shields, the newest first."""
        return await managed_shields.history(
            self.db,
            credit_code=enterprise.credit_code,
            before=before,
            terms=replace(terms, shield_number=_number(terms.shield_number)),
            end=await self._end(enterprise, terms.end),
            page_size=limit,
        )

    async def all_history(
        self, enterprise: ManagedEnterprise, terms: HistoryTerms
    ) -> AsyncIterator[HistoryRow]:
        """All pages, one line after the other."""
        before = NEWEST
        while page := await self.history(enterprise, terms, before=before, limit=_SCAN):
            for row in page:
                yield row
            before = page[-1].id

    async def _end(self, enterprise: ManagedEnterprise, text: str | None) -> NumberEnd | None:
        """The end of any number; of id numbers, which are sealed, those with its last four characters are opened.

        Raises InvalidRequest where too little is left without brackets: it would fit all, or be one hidden character.
        """
        if text is None:
            return None
        end = normalise_id_number(text)
        if len(end) < END:
            raise errors.InvalidRequest(fields=["end"])
        rows = await people.with_end(
            self.db, credit_code=enterprise.credit_code, id_number_end=end_hash(self.lookup, end)
        )
        ids = [row.id for row in rows if len(end) == END or self._id_number(row).endswith(end)]
        return NumberEnd(end, ids)

    def _id_number(self, row: FiledPersonRow | SealedNumber) -> str:
        return self.keyring.open(row.id_number_box, purpose=FILING_BOX, context=row.id.encode()).decode()


def shown(row: ShieldRow, *, zone: dt.tzinfo, now: int) -> str:
    """The shield's state as lists and workbooks say it: what keeps a usable one from working, or that it ends soon."""
    state, holds = row.standing.state, row.standing.holds
    if usable(state=state, holds=holds, not_after=row.not_after, now=now):
        if row.filing_ended:
            return "filing_ended"
        if row.filing_changed:
            return "filing_changed"
        if expiring(state=state, holds=holds, not_after=row.not_after, zone=zone, now=now):
            return EXPIRING
    return shown_state(state=state, not_after=row.not_after, now=now)


def _line(row: FiledPersonRow, id_number: str, proofs: Sequence[PersonProof]) -> PersonLine:
    return PersonLine(
        id=row.id,
        name=row.name,
        id_type=row.id_type,
        id_number_masked=mask_id_number(id_number),
        role=row.role,
        filed_at=row.created_at,
        changed_at=row.changed_at,
        ended_at=row.ended_at,
        shields=row.shields,
        proofs=tuple(proofs),
    )


def _number(text: str | None) -> str | None:
    """The shield number that was typed, in its one form; another text stays as it is and matches nothing."""
    return None if text is None else shield.parse_number(text) or text
