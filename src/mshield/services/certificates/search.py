"""Staff find certificates, and see one with all that happened to it and its chain; id numbers are masked.

The last digits of an id number are looked for by opening sealed numbers one by one, so many at most in one call; `next`
leads on, also where a page is empty.
"""

from dataclasses import dataclass
from typing import Final, Literal

from mshield.domain import errors
from mshield.domain.certificates import shield
from mshield.domain.certificates.states import Hold, gravest_first, parse_holds
from mshield.domain.id_numbers import FILING_BOX
from mshield.domain.identity import mask_id_number, mask_phone, normalise_id_number
from mshield.keys.authority import Authorities
from mshield.keys.errors import NoAuthority
from mshield.keys.keyring import Keyring
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.store.certificates import search as store
from mshield.store.certificates.search import EventOf, FoundRow, SearchTerms, Sibling, WholeRow
from mshield.store.database.interface import Database

__all__ = ["EventOf", "FindCertificates", "FoundLine", "OneCertificate", "Place", "SearchTerms", "Sibling"]

Place = tuple[int, str]
"""Issue time in ms and serial: where a page begins."""

FIRST: Final[Place] = (2**63 - 1, "")
MOST_OPENED: Final = 1000
"""Id numbers that one call opens at most: some ten milliseconds."""

Part = Literal["certificate", "issuing", "root"]


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line of a search."""

    row: FoundRow
    id_number_masked: str
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class OneCertificate:
    """A certificate with its story. `filing_changed`: the filing differs from what it says (R22)."""

    row: WholeRow
    id_number_masked: str
    phone_masked: str
    holds: tuple[Hold, ...]
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
    authorities: Authorities

    async def page(
        self, terms: SearchTerms, *, id_number_end: str | None, before: Place = FIRST, limit: int, now: int
    ) -> tuple[list[FoundLine], Place | None]:
        """Certificates, the newest first, and where the next page begins."""
        number = terms.shield_number
        parsed = None if number is None else shield.parse_number(number) or number
        normal = SearchTerms(
            state=terms.state,
            hold=terms.hold,
            shield_number=parsed,
            serial=None if terms.serial is None else terms.serial.lower().replace(":", ""),
            credit_code=None if terms.credit_code is None else terms.credit_code.upper(),
            name=terms.name,
        )
        end = None if id_number_end is None else normalise_id_number(id_number_end)
        size = limit + 1 if end is None else MOST_OPENED
        rows = await store.page(self.db, before=before, terms=normal, page_size=size, now=now)
        lines: list[FoundLine] = []
        for row in rows:
            if len(lines) == limit:  # there are more
                break
            id_number = self._id_number(row)
            before = (row.issued_at, row.serial)
            if end is None or id_number.endswith(end):
                lines.append(FoundLine(row, mask_id_number(id_number), _holds(row)))
        else:
            return lines, before if len(rows) == size else None
        return lines, before

    async def one(self, serial: str) -> OneCertificate:
        """One certificate. Raises NotFound."""
        row = await store.find(self.db, serial=serial.lower())
        if row is None:
            raise errors.NotFound
        return OneCertificate(
            row=row,
            id_number_masked=mask_id_number(self._id_number(row)),
            phone_masked=mask_phone(row.phone),
            holds=_holds(row),
            filing_changed=row.ended_at is not None
            or row.filing_version != row.person_version + row.enterprise_version,
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

    def _id_number(self, row: FoundRow) -> str:
        return self.keyring.open(
            row.id_number_box, purpose=FILING_BOX, context=row.person_id.encode()
        ).decode()


def _holds(row: FoundRow) -> tuple[Hold, ...]:
    return tuple(gravest_first(parse_holds(row.holds)))
