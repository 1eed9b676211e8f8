"""Check with the carrier whether a phone number is registered under a name and id number (运营商三要素), over HTTP.

An answer must contain the id of its query, so that an answer about somebody else isn't accepted.
"""

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import msgspec

from mshield.server.runtime.external.call import OutsideError, OutsideSystem


class Finding(StrEnum):
    """Result: same person, another holder, or no record of the number."""

    MATCH = "match"
    MISMATCH = "mismatch"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealNameQuestion:
    """Person and phone number to check, all normalised."""

    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    phone: str = field(repr=False)


class RealNameCheck(Protocol):
    """Checker of phone number holders."""

    async def check(self, question: RealNameQuestion) -> Finding:
        """Returns the carrier's finding. Raises: OutsideError."""


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question_id: str
    result: Finding


@dataclass(frozen=True, slots=True)
class HttpRealNameCheck(OutsideSystem):
    """Outside checking service: `POST url` with the question as JSON and a bearer secret.

    A retry has the same `question_id`, so that the service counts it once.
    """

    async def check(self, question: RealNameQuestion) -> Finding:
        """Returns the service's finding. Raises: OutsideError (anything but a complete answer to this question)."""
        question_id = secrets.token_hex(16)
        document = {
            "question_id": question_id,
            "name": question.name,
            "id_type": question.id_type,
            "id_number": question.id_number,
            "phone": question.phone,
        }
        answer = await self.ask_json(document, _Answer)
        if answer.question_id != question_id:
            raise OutsideError("an answer to a different query")
        return answer.result
