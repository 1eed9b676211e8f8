"""Display of a bundle's document, rendered again by the view in the bundle only.

Signature and log have already proved that the view and the rendered lines are those that were shown.
"""

from dataclasses import dataclass, field, replace

import msgspec

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.display import BoundDisplay, Confirmed, Pages, display_bytes
from mshield.pki.signatures.evidence import EvidenceDocument, EvidenceShown
from mshield.views import (
    Compared,
    Drawn,
    ReadContent,
    View,
    ViewError,
    compare_words,
    draw,
    read_content,
    read_view,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproducedDisplay:
    """Reproduction of what the phone showed, as far as possible.

    `view` and `drawn` are None if no view rendered it, `compared` if there was nothing to compare the
    description with. `is_lost`: it can't be reproduced, since the content is missing or gives another result.
    `confirmed` is what the user confirmed additionally, `pages` are the pages on the screen of a document
    signed without reading all of it; None if unknown.
    """

    view: View | None = None
    drawn: Drawn | None = field(default=None, repr=False)
    compared: Compared | None = field(default=None, repr=False)
    confirmed: Confirmed | None = None
    pages: Pages | None = None
    is_lost: bool = False


def display_of(document: EvidenceDocument) -> bytes:
    """Encodes the display that the document claims."""
    return display_bytes(
        title=document.title,
        media_type=document.media_type,
        size=document.size,
        lines=document.lines,
        drawing=document.drawing,
    )


def shown_of(document: EvidenceDocument) -> bytes | None:
    """Returns SM3 of what was shown and confirmed, according to the document; None for a login."""
    shown, drawing = document.shown, document.drawing
    if shown is None or drawing is None:
        return None
    bound = BoundDisplay(
        content=bytes.fromhex(document.digest_sm3),
        display=sm3(display_of(document)),
        drawing=drawing,
        compared=None if shown.compared is None else bytes.fromhex(shown.compared),
    )
    return bound.shown(shown.confirmed, _pages(shown))


def show_again(
    document: EvidenceDocument, content: bytes | None, read: ReadContent = read_content
) -> ReproducedDisplay:
    """Renders the document and compares the description again; `is_lost` if the result differs from what was shown.

    `read` parses the content; pass another function if it was parsed already.
    """
    shown = document.shown
    if shown is None:
        return ReproducedDisplay()
    lost = ReproducedDisplay(confirmed=shown.confirmed, pages=_pages(shown), is_lost=True)
    try:
        view, drawn = _drawn(document, content, read)
        words = compare_words(
            document.title,
            document.lines,
            content=content,
            media_type=document.media_type,
            drawn=drawn,
            read=read,
        )
    except (ViewError, ValueError):  # ValueError: more lines than a phone compares
        return lost
    if (_hex(None if drawn is None else drawn.digest), _hex(words.digest)) != (
        document.drawn,
        shown.compared,
    ):
        return lost
    return replace(lost, view=view, drawn=drawn, compared=words.compared, is_lost=False)


def _drawn(
    document: EvidenceDocument, content: bytes | None, read: ReadContent
) -> tuple[View | None, Drawn | None]:
    if document.view is None or content is None:
        return None, None
    view = read_view(document.view)
    return view, draw(view, content, read)


def _pages(shown: EvidenceShown) -> Pages | None:
    return None if shown.pages is msgspec.UNSET else shown.pages


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()
