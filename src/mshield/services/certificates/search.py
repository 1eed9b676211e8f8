"""Staff find certificates, and see one with all that happened to it and its chain; id numbers are masked.

The end of a number is looked for by its last four characters, of an id number by their keyed hash; whoever has them is
compared with the whole end, so many at most in one call. `next` leads on, also where a page is empty.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.certificates import shield
from mshield.domain.certificates.renewal import EXPIRING, expiring, half_year_after
from mshield.domain.certificates.states import CertificateState, Hold, gravest_first, parse_holds, shown_state
from mshield.domain.id_numbers import END, FILING_BOX
from mshield.domain.identity import mask_id_number, mask_phone, normalise_id_number
from mshield.keys.authority import Authorities
from mshield.keys.errors import NoAuthority
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.services.filing.search_words import end_hash
from mshield.store.certificates import search as store
from mshield.store.certificates.search import EventOf, FoundRow, Place, SearchTerms, Sibling, WholeRow
from mshield.store.database.interface import Database
from mshield.store.filing.search_words import enterprises_of

__all__ = [
    "EventOf",
    "FindCertificates",
    "FoundLine",
    "NumberEnd",
    "OneCertificate",
    "Place",
    "SearchTerms",
    "Sibling",
]

LAST_TIME: Final = 2**63 - 1
MOST_COMPARED: Final = 1000
"""Certificates whose numbers one call compares at most: some ten milliseconds."""

MOST_ENTERPRISES: Final = 2_000
"""Enterprises whose certificates are put in order; where more have a word, each few hundredth certificate is theirs."""

Part = Literal["certificate", "issuing", "root"]


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line of a search."""

    row: FoundRow
    id_number_masked: str
    holds: tuple[Hold, ...]
    state: str
    """As people see it: `expired` where the clock says so, else what is stored."""

    expiring: bool
    """Usable, with under half a year left (R11)."""


@dataclass(frozen=True, slots=True)
class NumberEnd:
    """The last characters, four or more, of an id number, or (not `only_id`) of a phone or shield number too."""

    text: str
    only_id: bool = False


@dataclass(frozen=True, slots=True)
class OneCertificate:
    """A certificate with its story. `filing_changed`: the filing differs from what it says (R22)."""

    row: WholeRow
    line: FoundLine
    phone_masked: str
    filing_changed: bool
    events: tuple[EventOf, ...]
    others: tuple[Sibling, ...]
    chain: tuple[Certificate, ...]
    """The certificate, the CA that issued it, the root; empty where it was never signed."""


@dataclass(frozen=True, slots=True)
class FindCertificates:
    """What staff look up."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    authorities: Authorities
    zone: dt.tzinfo

    async def page(
        self,
        terms: SearchTerms,
        *,
        end: NumberEnd | None = None,
        before: Place | None = None,
        limit: int,
        now: int,
    ) -> tuple[list[FoundLine], Place | None]:
        """Certificates, the newest first, and where the next page begins.

        Those that have expired come by their end, the last one first; those about to, the next one first.
        """
        terms = _in_one_form(terms)
        text = None if end is None else normalise_id_number(end.text)
        ends = None if text is None or end is None else self._ends(text, only_id=end.only_id)
        if before is None:
            before = _first(terms, ends)
        size = limit + 1 if ends is None else MOST_COMPARED
        page = store.Page(before=before, size=size, now=now, due=half_year_after(now, self.zone))
        codes = () if terms.name is None else await enterprises_of(self.db, terms.name, most=MOST_ENTERPRISES)
        places = await store.places(self.db, terms=terms, ends=ends, credit_codes=codes, page=page)
        rows = await store.lines(self.db, [serial for _, serial in places])
        times = {serial: at for at, serial in places}
        lines: list[FoundLine] = []
        for row in rows:
            if len(lines) == limit:  # there are more
                return lines, before
            id_number = self._id_number(row)
            before = (times[row.serial], row.serial)
            if text is None or end is None or _ends_so(row, id_number, text, only_id=end.only_id):
                lines.append(self._line(row, id_number, now=now))
        return lines, before if len(places) == size else None

    def _ends(self, text: str, *, only_id: bool) -> store.Ends:
        last = text[-END:]
        number = end_hash(self.lookup, text)
        if only_id or not last.isdecimal():
            return store.Ends(id_number=number)
        return store.Ends(id_number=number, phone=last, shield_number=last)

    async def one(self, serial: str, *, now: int) -> OneCertificate:
        """One certificate. Raises NotFound."""
        row = await store.find(self.db, serial=serial.lower())
        if row is None:
            raise errors.NotFound
        return OneCertificate(
            row=row,
            line=self._line(row, self._id_number(row), now=now),
            phone_masked=mask_phone(row.phone),
            filing_changed=row.ended_at is not None or bool(row.filing_changed),
            events=tuple(await store.events(self.db, serial=row.serial)),
            others=tuple(await store.of_device(self.db, serial=row.serial)),
            chain=await self._chain(row),
        )

    async def part(self, serial: str, part: Part) -> Certificate:
        """A certificate of its chain. Raises NotFound, also where it was never signed."""
        row = await store.find(self.db, serial=serial.lower())
        chain = () if row is None else await self._chain(row)
        if not chain:
            raise errors.NotFound
        return chain[("certificate", "issuing", "root").index(part)]

    async def _chain(self, row: WholeRow) -> tuple[Certificate, ...]:
        if row.der is None:
            return ()
        certificate = parse_certificate(row.der)
        try:
            return (certificate, *self.authorities.chain_of(certificate))
        except NoAuthority:  # issued by a CA that was made since this process last looked
            await self.authorities.refresh(self.db)
            return (certificate, *self.authorities.chain_of(certificate))

    def _line(self, row: FoundRow, id_number: str, *, now: int) -> FoundLine:
        state, holds = CertificateState(row.state), parse_holds(row.holds)
        return FoundLine(
            row=row,
            id_number_masked=mask_id_number(id_number),
            holds=tuple(gravest_first(holds)),
            state=shown_state(state=state, not_after=row.not_after, now=now),
            expiring=expiring(state=state, holds=holds, not_after=row.not_after, zone=self.zone, now=now),
        )

    def _id_number(self, row: FoundRow) -> str:
        return self.keyring.open(
            row.id_number_box, purpose=FILING_BOX, context=row.person_id.encode()
        ).decode()


def _in_one_form(terms: SearchTerms) -> SearchTerms:
    number = terms.shield_number
    return replace(
        terms,
        shield_number=None if number is None else shield.parse_number(number) or number,
        serial=None if terms.serial is None else terms.serial.lower().replace(":", ""),
        credit_code=None if terms.credit_code is None else terms.credit_code.upper(),
    )


def _first(terms: SearchTerms, ends: store.Ends | None) -> Place:
    """Before every place of its list."""
    return (0, "") if terms.state == EXPIRING and store.is_by_end(terms, ends) else (LAST_TIME, "")


def _ends_so(row: FoundRow, id_number: str, text: str, *, only_id: bool) -> bool:
    numbers = (id_number,) if only_id else (id_number, row.phone, row.shield_number)
    return any(number.endswith(text) for number in numbers)
