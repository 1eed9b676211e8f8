"""Search for certificates by staff, and a certificate's details with its events and chain; id numbers are masked.

A search by a number's end first looks up its last four characters (for an id number their keyed hash), and
then compares the whole end, for a limited number of rows per call. `next` continues the search, even after an
empty page.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final, Literal

from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.server.authorities.chains import Chains
from mshield.server.certificates.rows import search as store
from mshield.server.certificates.rows.search import FoundRow, Place, SearchTerms, WholeRow
from mshield.server.certificates.rules.messages import CertificateEventMessage, OtherCertificateMessage
from mshield.server.certificates.rules.renewal import EXPIRING, expiring, half_year_after
from mshield.server.certificates.rules.states import (
    CertificateState,
    Hold,
    most_severe_first,
    parse_holds,
    shown_state,
)
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.filing.rows.search_words import enterprises_of
from mshield.server.filing.search_words import end_hash
from mshield.server.keys.errors import NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.secrets import LookupKey
from mshield.server.values.id_numbers import END, FILING_BOX
from mshield.server.values.names import mask_id_number, mask_phone, normalise_id_number
from mshield.wire import shield_number

__all__ = [
    "FindCertificates",
    "FoundLine",
    "NumberEnd",
    "OneCertificate",
    "Place",
    "SearchTerms",
]

LAST_TIME: Final = 2**63 - 1
MOST_COMPARED: Final = 1000
"""Number of certificates that one call compares, some ten milliseconds' worth."""

MOST_ENTERPRISES: Final = 2_000
"""Number of enterprises whose certificates are sorted.

If more match a word, about one in a few hundred certificates matches, so scanning in order finds enough.
"""

Part = Literal["certificate", "issuing", "root"]


@dataclass(frozen=True, slots=True)
class FoundLine:
    """Line of a search result."""

    row: FoundRow
    id_number_masked: str
    holds: tuple[Hold, ...]
    state: str
    """State as displayed: `expired` if the clock says so, else the stored one."""

    expiring: bool
    """Usable, with less than half a year left (R11)."""


@dataclass(frozen=True, slots=True)
class NumberEnd:
    """Last characters, four or more, of an id number, or (not `only_id`) of a phone or shield number too.

    If `whole`, the whole number.
    """

    text: str
    only_id: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class OneCertificate:
    """A certificate with its history. `filing_changed`: the filing differs from the certificate's data (R22)."""

    row: WholeRow
    line: FoundLine
    phone_masked: str
    filing_changed: bool
    events: tuple[CertificateEventMessage, ...]
    others: tuple[OtherCertificateMessage, ...]
    chain: tuple[Certificate, ...]
    """The certificate, its issuing CA and the root; empty if it was never signed."""


@dataclass(frozen=True, slots=True)
class FindCertificates:
    """Searches certificates for staff."""

    db: Database
    keyring: Keyring
    lookup: LookupKey
    chains: Chains
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
        """Returns a page of certificates, newest first, and the place where the next page begins.

        Expired ones are sorted by their end, latest first; expiring ones by their end, nearest first.
        """
        terms = _normalised(terms)
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
            if len(lines) == limit:  # there is another page
                return lines, before
            id_number = self._id_number(row)
            before = (times[row.serial], row.serial)
            if text is None or end is None or _has_end(row, id_number, text, end):
                lines.append(self._line(row, id_number, now=now))
        return lines, before if len(places) == size else None

    def _ends(self, text: str, *, only_id: bool) -> store.Ends:
        last = text[-END:]
        number = end_hash(self.lookup, text)
        if only_id or not last.isdecimal():
            return store.Ends(id_number=number)
        return store.Ends(id_number=number, phone=last, shield_number=last)

    async def one(self, serial: str, *, now: int) -> OneCertificate:
        """Returns one certificate. Raises: NotFound."""
        row = await store.find(self.db, serial=serial.lower())
        if row is None:
            raise NotFound
        return OneCertificate(
            row=row,
            line=self._line(row, self._id_number(row), now=now),
            phone_masked=mask_phone(row.phone),
            filing_changed=row.ended_at is not None or bool(row.filing_changed),
            events=tuple(await store.events(self.db, serial=row.serial)),
            others=tuple(await store.of_device(self.db, serial=row.serial, now=now)),
            chain=await self._chain(row),
        )

    async def part(self, serial: str, part: Part) -> Certificate:
        """Returns a certificate of its chain. Raises: NotFound (also if it was never signed)."""
        row = await store.find(self.db, serial=serial.lower())
        chain = () if row is None else await self._chain(row)
        if not chain:
            raise NotFound
        return {"certificate": chain[0], "issuing": chain[1], "root": chain[-1]}[part]

    async def _chain(self, row: WholeRow) -> tuple[Certificate, ...]:
        if row.der is None:
            return ()
        certificate = parse_certificate(row.der)
        try:
            return (certificate, *await self.chains.chain_of(certificate))
        except NoAuthority:  # Its CA was created after this process last refreshed.
            await self.chains.authorities.refresh(self.db)
            return (certificate, *await self.chains.chain_of(certificate))

    def _line(self, row: FoundRow, id_number: str, *, now: int) -> FoundLine:
        state, holds = CertificateState(row.state), parse_holds(row.holds)
        return FoundLine(
            row=row,
            id_number_masked=mask_id_number(id_number),
            holds=tuple(most_severe_first(holds)),
            state=shown_state(state=state, not_after=row.not_after, now=now),
            expiring=expiring(state=state, holds=holds, not_after=row.not_after, zone=self.zone, now=now),
        )

    def _id_number(self, row: FoundRow) -> str:
        return self.keyring.open(
            row.id_number_box, purpose=FILING_BOX, context=row.person_id.encode()
        ).decode()


def _normalised(terms: SearchTerms) -> SearchTerms:
    number = terms.shield_number
    return replace(
        terms,
        shield_number=None if number is None else shield_number.parse_number(number) or number,
        serial=None if terms.serial is None else terms.serial.lower().replace(":", ""),
        credit_code=None if terms.credit_code is None else terms.credit_code.upper(),
    )


def _first(terms: SearchTerms, ends: store.Ends | None) -> Place:
    """Returns a position before all others of the list."""
    return (0, "") if terms.state == EXPIRING and store.is_by_end(terms, ends) else (LAST_TIME, "")


def _has_end(row: FoundRow, id_number: str, text: str, end: NumberEnd) -> bool:
    digits = row.shield_number.removeprefix(shield_number.PREFIX)
    numbers = (id_number,) if end.only_id else (id_number, row.phone, digits)
    return any(number == text if end.whole else number.endswith(text) for number in numbers)
