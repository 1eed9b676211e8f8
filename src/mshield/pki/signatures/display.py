"""What a phone shows of a document, as bytes: the display, which is signed or logged, and what was shown in the end.

A display of version 2 also says by which view (展示规则) the content was drawn, and as what. Version 1 is read for
good, and no longer made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import msgspec

from mshield.gm.sm3 import sm3

DISPLAY_TYPES: Final = ("mshield-display/v1", "mshield-display/v2")
SHOWN_TYPES: Final = ("mshield-shown/v1", "mshield-shown/v2")
MAX_PAGES: Final = 100_000
Confirmed = Literal["none", "mismatch", "unread"]
"""What the person confirmed besides: that the asker's words differ from the content, or that not all was seen."""

Wanted = Literal["mismatch", "unread"]
"""What has to be confirmed: that the asker's words differ from the content, or that no phone shows it."""

_SORTING: Final = msgspec.json.Encoder(order="sorted")
CONFIRMED: Final = frozenset[str](get_args(Confirmed))


@dataclass(frozen=True, slots=True)
class Drawing:
    """The view that draws a content, and the drawn lines: SM3 of each, 32 bytes; both None without one."""

    view: bytes | None = None
    drawn: bytes | None = None


class Pages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pages of a document were on the phone's screen, where not all were: spans from 1, first and last page."""

    count: int
    shown: tuple[tuple[int, int], ...]

    @property
    def is_of_form(self) -> bool:
        """Whether they are within the document, in order, apart from each other, and not all of it."""
        edges = [0, *(page for span in self.shown for page in span), self.count + 1]
        # A span begins two pages after the one before it ended: else it would be the same one.
        gaps = [1, *([2] * (len(self.shown) - 1)), 1] if self.shown else [1]
        starts, ends = edges[1::2], edges[0::2]
        apart = [start - end for start, end in zip(starts, ends, strict=True)]
        spans = all(first <= last for first, last in self.shown)
        fits = all(one >= least for one, least in zip(apart, gaps, strict=True))
        return 1 <= self.count <= MAX_PAGES and spans and fits and self.shown != ((1, self.count),)

    def text(self) -> str:
        """As it is kept: canonical JSON."""
        return _SORTING.encode(self).decode()


def read_pages(text: str) -> Pages:
    """The pages of a row. ValueError for what no service writes."""
    pages = msgspec.json.decode(text, type=Pages)
    if not pages.is_of_form or pages.text() != text:
        raise ValueError(text)
    return pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What of a document is bound beside its words; 32 bytes each.

    `compared` is SM3 of how the asker's words stand to the content, None where nothing could be compared.
    """

    content: bytes
    display: bytes
    drawing: Drawing
    compared: bytes | None

    def shown(self, confirmed: Confirmed, pages: Pages | None = None) -> bytes:
        """SM3 of what was shown and confirmed, which phone and service work out each for itself; v1 without pages."""
        drawing = self.drawing
        shown: dict[str, object] = {
            "compared": _hex(self.compared),
            "confirmed": confirmed,
            "content": self.content.hex(),
            "display": self.display.hex(),
            "drawn": _hex(drawing.drawn),
            "type": SHOWN_TYPES[0] if pages is None else SHOWN_TYPES[1],
            "view": _hex(drawing.view),
        }
        if pages is not None:
            shown["pages"] = pages
        return sm3(_canonical(shown))


def display_bytes(
    *,
    title: str,
    media_type: str,
    size: int,
    lines: Sequence[tuple[str, str]],
    drawing: Drawing | None = None,
) -> bytes:
    """The display as canonical JSON: names sorted, no spaces, UTF-8. Lines are (label, value); v1 without `drawing`."""
    shown: dict[str, object] = {
        "lines": [{"label": label, "value": value} for label, value in lines],
        "media_type": media_type,
        "size": size,
        "title": title,
        "type": DISPLAY_TYPES[0] if drawing is None else DISPLAY_TYPES[1],
    }
    if drawing is not None:
        shown |= {"drawn": _hex(drawing.drawn), "view": _hex(drawing.view)}
    return _canonical(shown)


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _canonical(value: dict[str, object]) -> bytes:
    return _SORTING.encode(value)  # names are ours and of ASCII, so there is one order


# Learned while it is imported, by one thread: two that read it first crash the process.
msgspec.json.Decoder(Pages)
