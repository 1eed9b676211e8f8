"""Actors: every act and every change of a certificate is recorded with the actor who caused it (R14)."""

from dataclasses import dataclass
from typing import Final, Literal

Actor = Literal["service", "user", "legal_person", "staff"]
"""Kinds of actor. Two members of staff together can stop a shield where no legal person can."""


@dataclass(frozen=True, slots=True)
class By:
    """Actor: `id` is the account of a user or legal person, a staff member's id, or None for the service itself."""

    kind: Actor
    id: str | None = None


SERVICE: Final = By("service")


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """Member of staff who confirmed a command at the server by their own second factor."""

    id: str
    name: str

    @property
    def details(self) -> dict[str, str]:
        """The member in the details of the command's act."""
        return {"second_person": self.name, "second_person_id": self.id}
