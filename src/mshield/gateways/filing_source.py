"""Where filing records come from: an interface, the service's own table, and an outside filing system over HTTP.

A source is asked for one person in one role; what it answers is checked like a line of a list before anything is made
of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from mshield.domain.filing import FIELDS, FilingRow
from mshield.gateways.outside import ask_json
from mshield.store.database.interface import Database
from mshield.store.filing import filing as store


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingQuestion:
    """Who is asked for: all three in their one form."""

    credit_code: str
    role: str
    id_number: str = field(repr=False)


class FilingSource(Protocol):
    """Tells who is on file."""

    @property
    def outside(self) -> bool:
        """Whether the records are kept elsewhere, so that what it tells has to be stored here."""

    async def look_up(self, question: FilingQuestion) -> FilingRow | None:
        """The record, or None where nobody is on file so. Raises OutsideError."""


@dataclass(frozen=True, slots=True)
class FiledTable:
    """The service's own records."""

    db: Database
    hash_id_number: Callable[[str], bytes]
    outside: bool = False

    async def look_up(self, question: FilingQuestion) -> FilingRow | None:
        """The record in the table."""
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
class HttpFilingSource:
    """An outside filing system: a question to `url` is answered by a record or null."""

    url: str
    secret: str = field(repr=False)
    seconds: float
    outside: bool = True

    async def look_up(self, question: FilingQuestion) -> FilingRow | None:
        """What the outside system has on file. Raises OutsideError for anything but a whole answer to this question."""
        document = {name: getattr(question, name) for name in ("credit_code", "role", "id_number")}
        answer = await ask_json(self.url, self.secret, document, _FiledAnswer, seconds=self.seconds)
        return None if answer.filed is None else _row(answer.filed)


def _row(filed: _Filed) -> FilingRow:
    # A system that doesn't tell phone numbers has no say in them; null says that there is none.
    phone = None if filed.phone is msgspec.UNSET else filed.phone or ""
    return FilingRow(line=0, phone=phone, **{name: getattr(filed, name) for name in FIELDS})
