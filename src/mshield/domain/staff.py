"""Staff of the organisation that runs this service (console): roles, and what each may do."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.domain import errors
from mshield.domain.times import MINUTE_MS


class StaffRole(StrEnum):
    """What somebody at the console is there for."""

    FILING_OFFICER = "filing_officer"
    CUSTOMER_SERVICE = "customer_service"
    SECURITY_OFFICER = "security_officer"
    AUDITOR = "auditor"


ROLE_NAMES: Final[Mapping[StaffRole, tuple[str, str]]] = MappingProxyType(
    {
        StaffRole.FILING_OFFICER: ("备案管理员", "Filing officer"),
        StaffRole.CUSTOMER_SERVICE: ("客服", "Customer service"),
        StaffRole.SECURITY_OFFICER: ("安全管理员", "Security officer"),
        StaffRole.AUDITOR: ("审计员", "Auditor"),
    }
)
"""Chinese and English name of each role."""


class StaffScope(StrEnum):
    """What a program's token may do that a person does with a second factor; each is given by name."""

    FILING_IMPORT = "filing_import"
    FILING_EXPORT = "filing_export"


CONFIRM_MS: Final = 5 * MINUTE_MS
"""How long a second factor that was shown is enough for grave acts."""

TOKEN_DAYS: Final = 90
MAX_TOKEN_DAYS: Final = 366
MAX_TOKEN_OVERLAP_HOURS: Final = 168
MAX_TOKENS: Final = 20
"""Tokens of one member that are valid at a time."""

QUESTION_BOX: Final = "approval"
"""The purpose for which the box of a question to two people is sealed."""


def question_context(approval_id: str, subject: str, asked_by: str) -> bytes:
    """What the box of a question to two people is bound to."""
    return f"{approval_id} {subject} {asked_by}".encode()


def require(held: Iterable[StaffRole], allowed: Iterable[StaffRole]) -> None:
    """Raises Forbidden where none of the held roles is an allowed one."""
    if not set(held) & set(allowed):
        raise errors.Forbidden
