"""Draws a content by its view and compares the requester's words with it; pure, so that any process may run it."""

from functools import lru_cache
from typing import Final

import msgspec

from mshield.views import (
    Drawn,
    View,
    ViewError,
    Words,
    compare_words,
    draw,
    fitting,
    is_shown,
    kind_of,
    read_view,
)

MOST_TEXT_OCTETS: Final = 5 * 1024 * 1024
"""Maximum octets of a text that is compared with words; views have the same limit."""


class DrawingOrder(msgspec.Struct, frozen=True, array_like=True):
    """One content to draw, with the requester's words to compare and the registered views, as octets.

    `view` is the view that the document names. Without one, no view of `in_force` may fit the content.
    """

    title: str
    media_type: str
    lines: tuple[tuple[str, str], ...]
    view: bytes | None
    in_force: tuple[bytes, ...]


class Comparison(msgspec.Struct, frozen=True, array_like=True):
    """Result: the drawn lines and their SM3, the SM3 of the comparison, and whether the words contradict it.

    `fits` is the id of a view that the document should have named; `error` and `at` say why its view can't
    draw it. Then the other fields are empty.
    """

    drawing: bytes | None = None
    drawn: bytes | None = None
    compared: bytes | None = None
    is_seen: bool = True
    differs: bool = False
    fits: str | None = None
    error: str | None = None
    at: str = ""


def is_long_text(media_type: str, octets: bytes) -> bool:
    """Reports whether this is a plain text above the limit; XML and JSON above it are only shown, not compared."""
    return len(octets) > MOST_TEXT_OCTETS and kind_of(media_type) == "text"


def compare_content(order: DrawingOrder, content: bytes) -> Comparison:
    """Draws the content by the order's view, if any, and compares the words with it."""
    if order.view is None:
        fits = fitting([_read(view) for view in order.in_force], content) if order.in_force else []
        if fits:
            return Comparison(fits=fits[0].id)
        words = _words(order, content, None)
        is_seen = is_shown(order.media_type, content, by_view=False)
        return Comparison(compared=words.digest, is_seen=is_seen, differs=words.differ)
    try:
        drawn = draw(_read(order.view), content)
    except ViewError as error:
        return Comparison(error=error.code, at=error.at)
    words = _words(order, content, drawn)
    return Comparison(drawn.octets, drawn.digest, words.digest, differs=words.differ)


def _words(order: DrawingOrder, content: bytes, drawn: Drawn | None) -> Words:
    return compare_words(order.title, order.lines, content=content, media_type=order.media_type, drawn=drawn)


@lru_cache(maxsize=256)
def _read(octets: bytes) -> View:
    """Parses a registered view; it was validated when it was registered."""
    return read_view(octets)
