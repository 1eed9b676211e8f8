"""Sources of filing records: the interface, the service's own table, and an outside filing system over HTTP.

Each query to a source is for one person in one role. Its answer is validated like a line of a list before use.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from mshield.server.database.interface import Database
from mshield.server.filing.rows import filing as store
from mshield.server.filing.rules import FIELDS, FilingRow
from mshield.server.runtime.external.call import OutsideSystem


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingQuestion:
    """Query for a person in a role; all three values normalised."""

    credit_code: str
    role: str
    id_number: str = field(repr=False)


class FilingSource(Protocol):
    """Source of filing records."""

    @property
    def outside(self) -> bool:
        """Whether the records are kept elsewhere, so that answers must be stored here."""

    @property
    def name(self) -> str:
        """Name of the source for people."""

    async def look_up(self, question: FilingQuestion) -> FilingRow | None:
        """Returns the record, or None if there is none. Raises: OutsideError."""


@dataclass(frozen=True, slots=True)
class FiledTable:
    """The service's own filing table."""

    db: Database
    hash_id_number: Callable[[str], bytes]
    outside: bool = False
    name: str = ""

    async def look_up(self, question: FilingQuestion) -> FilingRow | None:
        """Returns the current record in the table, if any."""
        person = await store.find_person(
            self.db,
            credit_code=question.credit_code,
            role=question.role,
            id_number_hash=self.hash_id_number(question.id_number),
        )
        enterprise = await store.find_enterprise(self.db, credit_code=question.credit_code)
        if person is None or enterprise is None or person.ended_at is not None:
            return None
        return FilingRow(
            line=0,
            enterprise=enterprise.name,
            credit_code=person.credit_code,
            name=person.name,
            id_type=person.id_type,
            id_number=question.id_number,
            role=person.role,
            phone=person.phone or "",
        )


class _Filed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    enterprise: str
    credit_code: str
    name: str
    id_type: str
    id_number: str
    role: str
    phone: str | msgspec.UnsetType | None = msgspec.UNSET


class _FiledAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    filed: _Filed | None


@dataclass(frozen=True, slots=True)
class HttpFilingSource(OutsideSystem):
    """Outside filing system: `url` answers a query with a record or null."""

    outside: bool = True

    @property
    def name(self) -> str:
        """Host of the outside system."""
        return urlsplit(self.url).hostname or ""

    async def look_up(self, question: FilingQuestion) -> FilingRow | None:
        """Returns the outside system's record. Raises: OutsideError (anything but a complete answer to this query)."""
        document = {name: getattr(question, name) for name in ("credit_code", "role", "id_number")}
        answer = await self.ask_json(document, _FiledAnswer)
        return None if answer.filed is None else _row(answer.filed)


def _row(filed: _Filed) -> FilingRow:
    # A system that omits the phone number doesn't manage phone numbers, so the filed one remains; null means
    # that there is none.
    phone = None if filed.phone is msgspec.UNSET else filed.phone or ""
    return FilingRow(line=0, phone=phone, **{name: getattr(filed, name) for name in FIELDS})
