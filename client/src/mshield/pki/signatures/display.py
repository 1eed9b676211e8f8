"""Bytes of what a phone shows of a document: the display, which is signed or logged, and what was finally shown.

A display of version 2 also names the view (展示规则) that rendered the content, and the result. Version 1 remains
readable, but is no longer written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from mshield.gm.sm3 import sm3

DISPLAY_TYPES: Final = ("mshield-display/v1", "mshield-display/v2")
SHOWN_TYPES: Final = ("mshield-shown/v1", "mshield-shown/v2")
MAX_PAGES: Final = 100_000
Confirmed = Literal["none", "mismatch", "unread"]
"""Extra confirmation by the user: the requester's description contradicts the content, or not all pages were seen."""

Wanted = Literal["mismatch", "unread"]
"""Required confirmation: the requester's description contradicts the content, or no phone can show it."""

_SORTING: Final = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class Drawing:
    """The view that renders a content, and the rendered lines: SM3 of each, 32 bytes; both None without a view."""

    view: bytes | None = None
    drawn: bytes | None = None


class Pages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pages of a document that were on the phone's screen, if not all were: spans of first and last page, from 1."""

    count: int
    shown: tuple[tuple[int, int], ...]

    @property
    def is_of_form(self) -> bool:
        """Whether the spans are within the document, in order, not adjacent, and don't cover all of it."""
        edges = [0, *(page for span in self.shown for page in span), self.count + 1]
        # A span begins at least two pages after the previous one ends; otherwise they would be one span.
        gaps = [1, *([2] * (len(self.shown) - 1)), 1] if self.shown else [1]
        starts, ends = edges[1::2], edges[0::2]
        apart = [start - end for start, end in zip(starts, ends, strict=True)]
        spans = all(first <= last for first, last in self.shown)
        fits = all(one >= least for one, least in zip(apart, gaps, strict=True))
        return 1 <= self.count <= MAX_PAGES and spans and fits and self.shown != ((1, self.count),)

    def text(self) -> str:
        """Returns the pages as canonical JSON, as stored."""
        return _SORTING.encode(self).decode()


def read_pages(text: str) -> Pages:
    """Parses the pages of a database row. Raises: ValueError if they aren't in the stored form."""
    pages = msgspec.json.decode(text, type=Pages)
    if not pages.is_of_form or pages.text() != text:
        raise ValueError(text)
    return pages


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundDisplay:
    """Digests of a document that are bound by the signature beside its description, 32 bytes each.

    `compared` is SM3 of the comparison between the requester's description and the content, None if nothing
    was comparable.
    """

    content: bytes
    display: bytes
    drawing: Drawing
    compared: bytes | None

    def shown(self, confirmed: Confirmed, pages: Pages | None = None) -> bytes:
        """Returns SM3 of what was shown and confirmed, computed separately by phone and service; v1 without pages."""
        drawing = self.drawing
        record: dict[str, object] = {
            "compared": _hex(self.compared),
            "confirmed": confirmed,
            "content": self.content.hex(),
            "display": self.display.hex(),
            "drawn": _hex(drawing.drawn),
            "type": SHOWN_TYPES[0] if pages is None else SHOWN_TYPES[1],
            "view": _hex(drawing.view),
        }
        if pages is not None:
            record["pages"] = pages
        return sm3(_canonical(record))


def display_bytes(
    *,
    title: str,
    media_type: str,
    size: int,
    lines: Sequence[tuple[str, str]],
    drawing: Drawing | None = None,
) -> bytes:
    """Encodes the display as canonical JSON: names sorted, no spaces, UTF-8; v1 without `drawing`.

    `lines` are (label, value) pairs.
    """
    display: dict[str, object] = {
        "lines": [{"label": label, "value": value} for label, value in lines],
        "media_type": media_type,
        "size": size,
        "title": title,
        "type": DISPLAY_TYPES[0] if drawing is None else DISPLAY_TYPES[1],
    }
    if drawing is not None:
        display |= {"drawn": _hex(drawing.drawn), "view": _hex(drawing.view)}
    return _canonical(display)


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _canonical(value: dict[str, object]) -> bytes:
    return _SORTING.encode(value)  # all names are our own and ASCII, so their order is unambiguous


# Build the decoder at import: msgspec crashes if two threads build it at once.
msgspec.json.Decoder(Pages)
