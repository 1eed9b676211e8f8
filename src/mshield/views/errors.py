"""The error of views: a stable code, and where in the view it arose."""

from typing import Literal

ErrorCode = Literal[
    "bad_view",
    "content",
    "other_document",
    "missing",
    "duplicate",
    "value",
    "code",
    "currency",
    "unlisted",
    "limit",
]


class ViewError(Exception):
    """A view or content that is refused; `at` is a JSON Pointer into the view, empty for one that can't be read."""

    def __init__(self, code: ErrorCode, at: str = "") -> None:
        super().__init__(f"{code} at {at}" if at else code)
        self.code: ErrorCode = code
        self.at = at

    @property
    def answer(self) -> dict[str, str]:
        """The answer in place of drawn lines."""
        return {"at": self.at, "error": self.code}
