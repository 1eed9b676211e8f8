"""Staff of the organisation that runs this service (console): roles, and what each may do."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.domain import errors


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


QUESTION_BOX: Final = "approval"
"""The purpose for which the box of a question to two people is sealed."""


def question_context(approval_id: str, subject: str, asked_by: str) -> bytes:
    """What the box of a question to two people is bound to."""
    return f"{approval_id} {subject} {asked_by}".encode()


def require(held: Iterable[StaffRole], allowed: Iterable[StaffRole]) -> None:
    """Raises Forbidden where none of the held roles is an allowed one."""
    if not set(held) & set(allowed):
        raise errors.Forbidden
