"""Whether a phone number is registered with its carrier under a name and an id number (运营商三要素), asked over HTTP.

An answer names the question that it is for: one that was meant for somebody else is not believed.
"""

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from mshield.gateways.outside import OutsideError, ask_json

_OK: Final = 200


class Finding(StrEnum):
    """What the carrier says: the same, another holder, or that it knows nothing of this number."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealNameQuestion:
    """Who is asked about: all in their one form."""

    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    phone: str = field(repr=False)


class RealNameCheck(Protocol):
    """Knows who holds a phone number."""

    async def check(self, question: RealNameQuestion) -> Finding:
        """What is on file with the carrier. Raises OutsideError."""


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question_id: str
    result: Finding


@dataclass(frozen=True, slots=True)
class HttpRealNameCheck:
    """An outside service: `POST url` with the question as JSON and a bearer secret.

    A repeat after a failure has the same `question_id`, so that the service counts it once.
    """

    url: str
    secret: str = field(repr=False)
    seconds: float

    async def check(self, question: RealNameQuestion) -> Finding:
        """What the service says. Raises OutsideError for anything but a whole answer to this question."""
        question_id = secrets.token_hex(16)
        document = {
            "question_id": question_id,
            "name": question.name,
            "id_type": question.id_type,
            "id_number": question.id_number,
            "phone": question.phone,
        }
        said = await ask_json(self.url, self.secret, document, _Answer, seconds=self.seconds)
        if said.question_id != question_id:
            raise OutsideError("an answer to another question")
        return said.result
