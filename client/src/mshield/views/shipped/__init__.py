"""The shipped views, as examples for authors; contents for them are in `vectors/views`."""

from importlib.resources import files
from typing import Final

NAMES: Final = (
    "agency-agreement",
    "contract",
    "declaration",
    "single-window-export",
    "single-window-import",
    "vat-invoice",
)


def shipped_view(name: str) -> bytes:
    """Returns the file of a view, by one of `NAMES`."""
    return (files(__package__) / f"{name}.view.json").read_bytes()
