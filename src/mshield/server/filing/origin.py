"""Where an imported line comes from: for the act of each changed record."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from mshield.server.acts.actor import SecondPerson
from mshield.server.filing.report import FieldChangeMessage, masked

MAX_NAME = 120
"""Maximum length of a file's name in an act."""


@dataclass(frozen=True, slots=True)
class Origin:
    """List of the lines, by its file's name and SHA-256 (hex), and who takes part; None for what isn't known.

    `source` is the host of the outside filing system that a line comes from instead.
    """

    file: str | None = None
    sha256: str | None = None
    asked_by: str | None = None
    approval_id: str | None = None
    second_person: SecondPerson | None = None
    source: str | None = None

    @classmethod
    def of_file(cls, content: bytes, name: str | None) -> "Origin":
        """Returns the origin of a list's lines; unprintable characters of the name are left out."""
        plain = "".join(filter(str.isprintable, name or ""))[:MAX_NAME]
        return cls(plain or None, hashlib.sha256(content).hexdigest())

    def approved(self, approval_id: str, *, asked_by: str) -> "Origin":
        """Returns the same for lines that a second officer approved."""
        return replace(self, approval_id=approval_id, asked_by=asked_by)

    def details(self) -> dict[str, Any]:
        """Returns the details for an act."""
        named = {
            "file": self.file,
            "sha256": self.sha256,
            "asked_by": self.asked_by,
            "approval": self.approval_id,
            "source": self.source,
        }
        two = {} if self.second_person is None else self.second_person.details
        return {name: value for name, value in named.items() if value is not None} | two


NOWHERE: Final = Origin()
"""Origin of a record that was not imported from a list."""


def changes_in_act(
    changes: Iterable[FieldChangeMessage], *, phone_waits: bool = False
) -> list[dict[str, str]]:
    """Returns old and new value of each field for an act; numbers are masked.

    The field of a number that waits is `phone_waits`, since it isn't filed by this act.
    """
    return [
        {
            "field": "phone_waits" if phone_waits and change.field == "phone" else change.field,
            "old": masked(change.field, change.old),
            "new": masked(change.field, change.new),
        }
        for change in changes
    ]
