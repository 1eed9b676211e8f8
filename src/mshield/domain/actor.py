"""Who acts: every act and every change of a certificate is recorded with the one who caused it (R14)."""

from dataclasses import dataclass
from typing import Final, Literal

Actor = Literal["service", "user", "legal_person", "staff"]
"""Who may cause something; two of the staff stop a shield where no legal person can."""


@dataclass(frozen=True, slots=True)
class By:
    """Who acts: `id` is the account of a user or legal person, the staff member, or None for the service itself."""

    kind: Actor
    id: str | None = None


SERVICE: Final = By("service")
