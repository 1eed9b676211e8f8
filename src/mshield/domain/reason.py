"""The reason (理由) that people give for an act: it stands in the history, and those concerned read it."""

from typing import Final

from mshield.domain import errors

MAX_REASON: Final = 200
"""Characters."""


def checked_reason(text: str) -> str:
    """The reason in one spacing. Raises InvalidRequest for an empty one, a longer one, or what can't be printed."""
    reason = " ".join(text.split())
    if not 1 <= len(reason) <= MAX_REASON or not reason.isprintable():
        raise errors.InvalidRequest(fields=["reason"])
    return reason
