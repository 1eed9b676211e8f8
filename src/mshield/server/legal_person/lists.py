"""Lists for the legal person: an enterprise's filed people (R19), and its shields with their history (R14).

Pages continue from the key of the previous page's last row, so that later pages are as fast as the first.
"""

import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mshield.server.certificates.rules.renewal import EXPIRING, expiring, half_year_after
from mshield.server.certificates.rules.states import shown_state, usable
from mshield.server.database.interface import Database
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.filing.search_words import end_hash
from mshield.server.identity.of_people import ProofsOfPeople
from mshield.server.identity.proofs import Proofs
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.legal_person.rows import people
from mshield.server.legal_person.rows import shields as managed_shields
from mshield.server.legal_person.rows.people import FiledPersonRow, NumberEnd, SealedNumber
from mshield.server.legal_person.rows.shields import (
    HistoryRow,
    HistoryTerms,
    ShieldCount,
    ShieldRow,
    ShieldTerms,
)
from mshield.server.legal_person.session import LegalPerson, ManagedEnterprise
from mshield.server.values.id_numbers import END, FILING_BOX
from mshield.server.values.names import mask_id_number, normalise_id_number
from mshield.wire import shield_number as shield
from mshield.wire.portal import EventMessage, FiledPersonMessage, PersonProofMessage

__all__ = [
    "HistoryRow",
    "HistoryTerms",
    "ManagedLists",
    "PeopleTerms",
    "ShieldCount",
    "ShieldRow",
    "ShieldTerms",
    "shown",
]

FIRST: Final = (2**63 - 1, "")
"""Sorts before every shield: start of the first page."""

NEWEST: Final = "z"
"""Sorts after every event id: start of the history's first page."""

_SCAN: Final = 500
MOST_COUNTED: Final = 10_000
"""Number of shields counted exactly; above that, a larger enterprise only sees that it has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTerms:
    """Search criteria for people; None doesn't restrict.

    `id_number_end` is the last characters of an id number, `end` four or more of an id, phone or shield
    number.
    """

    name: str | None = None
    role: str | None = None
    on_file: bool | None = None
    shield_number: str | None = None
    id_number_end: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class ManagedLists:
    """Lists for the legal person. Their `enterprise` arguments must come from the method `enterprise`."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    proofs: Proofs
    proofs_of_people: ProofsOfPeople
    zone: dt.tzinfo

    async def enterprise(self, person: LegalPerson, credit_code: str, *, now: int) -> ManagedEnterprise:
        """Returns the enterprise if the person is currently filed and proven as its legal person.

        Raises: NotFound (unknown enterprise, or another's).
        """
        managed = await self.proofs.managed(self.db, person.account_id, now=now)
        enterprise = next(
            (enterprise for enterprise in managed if enterprise.credit_code == credit_code), None
        )
        if enterprise is None:
            raise NotFound
        return enterprise

    async def people(
        self, enterprise: ManagedEnterprise, terms: PeopleTerms, *, after: str, limit: int, now: int
    ) -> list[FiledPersonMessage]:
        """Returns filed people after the id `after`; a search by an id number's end opens the numbers that may match.

        Raises: InvalidRequest (an end that has only separators, or is too short).
        """
        end = None if terms.id_number_end is None else normalise_id_number(terms.id_number_end)
        if end == "":
            raise InvalidRequest(fields=["id_number_end"])
        any_end = await self._end(enterprise, terms.end)
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
                end=any_end,
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
    ) -> AsyncIterator[FiledPersonMessage]:
        """Yields the lines of all pages."""
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
        """Returns a page of the enterprise's shields, newest first."""
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
        """Counts the enterprise's shields, and the usable ones.

        A count above MOST_COUNTED only means that there are more than that.
        """
        return await managed_shields.count(
            self.db, credit_code=enterprise.credit_code, most=MOST_COUNTED + 1, now=now
        )

    def is_expiring(self, row: ShieldRow, *, now: int) -> bool:
        """Reports whether the shield is usable and has less than half a year left (R11)."""
        standing = row.standing
        return expiring(
            state=standing.state, holds=standing.holds, not_after=row.not_after, zone=self.zone, now=now
        )

    async def all_shields(
        self, enterprise: ManagedEnterprise, terms: ShieldTerms, *, now: int
    ) -> AsyncIterator[ShieldRow]:
        """Yields the lines of all pages."""
        before = FIRST
        while page := await self.shields(enterprise, terms, before=before, limit=_SCAN, now=now):
            for row in page:
                yield row
            before = (page[-1].issued_at, page[-1].serial)

    async def shield(
        self, enterprise: ManagedEnterprise, number: str
    ) -> tuple[list[ShieldRow], list[EventMessage]]:
        """Returns the shield's certificates, the current one first, and their events, oldest first.

        Raises: NotFound (unknown number, or another enterprise's shield).
        """
        parsed = _number(number) or number
        code = enterprise.credit_code
        rows = await managed_shields.certificates(self.db, credit_code=code, shield_number=parsed)
        if not rows:
            raise NotFound
        return rows, await managed_shields.events(self.db, credit_code=code, shield_number=parsed)

    async def proofs_of(
        self, enterprise: ManagedEnterprise, person_id: str, *, now: int
    ) -> Sequence[PersonProofMessage]:
        """Returns the proofs of a filed person's accounts, also ended ones, newest first."""
        proofs = await self.proofs_of_people(
            [person_id], credit_code=enterprise.credit_code, with_ended=True, now=now
        )
        return proofs.get(person_id, ())

    async def history(
        self, enterprise: ManagedEnterprise, terms: HistoryTerms, *, before: str = NEWEST, limit: int
    ) -> list[HistoryRow]:
        """Returns a page of the history of the enterprise's shields, newest first."""
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
        """Yields the lines of all pages."""
        before = NEWEST
        while page := await self.history(enterprise, terms, before=before, limit=_SCAN):
            for row in page:
                yield row
            before = page[-1].id

    async def _end(self, enterprise: ManagedEnterprise, text: str | None) -> NumberEnd | None:
        """Finds numbers with this end; of the sealed id numbers, it opens those with the same last four characters.

        Raises: InvalidRequest, if fewer than four characters are left without brackets: such an end would
        match everything, or test a single hidden character.
        """
        if text is None:
            return None
        end = normalise_id_number(text)
        if len(end) < END:
            raise InvalidRequest(fields=["end"])
        rows = await people.with_end(
            self.db, credit_code=enterprise.credit_code, id_number_end=end_hash(self.lookup, end)
        )
        ids = [row.id for row in rows if len(end) == END or self._id_number(row).endswith(end)]
        return NumberEnd(end, ids)

    def _id_number(self, row: FiledPersonRow | SealedNumber) -> str:
        return self.keyring.open(row.id_number_box, purpose=FILING_BOX, context=row.id.encode()).decode()


def shown(row: ShieldRow, *, zone: dt.tzinfo, now: int) -> str:
    """Returns the shield's state as lists and workbooks show it.

    For a usable shield the state includes what prevents its use, or that it ends soon.
    """
    state, holds = row.standing.state, row.standing.holds
    if usable(state=state, holds=holds, not_after=row.not_after, now=now):
        if row.filing_ended:
            return "filing_ended"
        if row.filing_changed:
            return "filing_changed"
        if expiring(state=state, holds=holds, not_after=row.not_after, zone=zone, now=now):
            return EXPIRING
    return shown_state(state=state, not_after=row.not_after, now=now)


def _line(row: FiledPersonRow, id_number: str, proofs: Sequence[PersonProofMessage]) -> FiledPersonMessage:
    return FiledPersonMessage(
        id=row.id,
        name=row.name,
        id_type=row.id_type,
        id_number_masked=mask_id_number(id_number),
        role=row.role,
        on_file=row.ended_at is None,
        filed_at=row.created_at,
        changed_at=row.changed_at,
        ended_at=row.ended_at,
        shields=row.shields,
        proofs=tuple(proofs),
    )


def _number(text: str | None) -> str | None:
    """Returns the entered shield number normalised; other text stays as it is and matches nothing."""
    return None if text is None else shield.parse_number(text) or text
