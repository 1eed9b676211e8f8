"""Staff of the organisation that runs this service (console): roles, scopes and limits."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, Literal

from mshield.server.errors import Forbidden
from mshield.wire.messages import AnswerMessage
from mshield.wire.times import MINUTE_MS


class StaffRole(StrEnum):
    """Role of a staff member at the console."""

    FILING_OFFICER = "filing_officer"
    CUSTOMER_SERVICE = "customer_service"
    SECURITY_OFFICER = "security_officer"
    AUDITOR = "auditor"


class StaffScope(StrEnum):
    """Permission of a program's token for acts that need a second factor from a person; each is granted by name."""

    FILING_IMPORT = "filing_import"
    FILING_EXPORT = "filing_export"


CONFIRM_MS: Final = 5 * MINUTE_MS
"""Time for which a second factor remains sufficient for critical acts."""

TOKEN_DAYS: Final = 90
MAX_TOKEN_DAYS: Final = 366
MAX_TOKEN_OVERLAP_HOURS: Final = 168
MAX_TOKENS: Final = 20
"""Maximum number of valid tokens per member."""

QUESTION_BOX: Final = "approval"
"""Purpose of the box with the details of an approval."""


def question_context(approval_id: str, subject: str, asked_by: str) -> bytes:
    """Returns the context to which the box of an approval is bound."""
    return f"{approval_id} {subject} {asked_by}".encode()


def require(held: Iterable[StaffRole], allowed: Iterable[StaffRole]) -> None:
    """Raises Forbidden unless at least one held role is allowed."""
    if not set(held) & set(allowed):
        raise Forbidden


Kind = Literal["totp", "webauthn"]
"""Kind of a second factor."""


class OwnSessionMessage(AnswerMessage, frozen=True):
    """One of the caller's sessions; `browser` is its User-Agent. Times in ms."""

    id: str
    is_this: bool
    address: str
    browser: str
    created_at: int
    used_at: int
    expires_at: int
