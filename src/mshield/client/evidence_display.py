"""What a bundle's document was shown as: drawn again by the view in the bundle, never otherwise.

That the view and the drawn lines are the ones that were shown, signature and log prove before this is asked.
"""

from dataclasses import dataclass, field, replace

import msgspec

from mshield.gm.sm3 import sm3
from mshield.pki.signatures.display import Bound, Confirmed, Pages, display_bytes
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
class ShownAgain:
    """What the phone showed, as far as it can be shown again.

    `view` and `drawn` are None where no view drew it, `compared` where the asker's words could be compared with
    nothing. `is_lost`: what was shown can't be worked out again, since the content isn't here, or gives something else.
    `confirmed` is what the person confirmed besides, `pages` which were on the screen of what was signed unread; None
    where nothing tells.
    """

    view: View | None = None
    drawn: Drawn | None = field(default=None, repr=False)
    compared: Compared | None = field(default=None, repr=False)
    confirmed: Confirmed | None = None
    pages: Pages | None = None
    is_lost: bool = False


def display_of(document: EvidenceDocument) -> bytes:
    """The display that the document says it had."""
    return display_bytes(
        title=document.title,
        media_type=document.media_type,
        size=document.size,
        lines=document.lines,
        drawing=document.drawing,
    )


def shown_of(document: EvidenceDocument) -> bytes | None:
    """SM3 of what was shown and confirmed, by what the document says; None where it doesn't tell."""
    shown, drawing = document.shown, document.drawing
    if not isinstance(shown, EvidenceShown) or drawing is None:
        return None
    bound = Bound(
        content=bytes.fromhex(document.digest_sm3),
        display=sm3(display_of(document)),
        drawing=drawing,
        compared=None if shown.compared is None else bytes.fromhex(shown.compared),
    )
    return bound.shown(shown.confirmed, _pages(shown))


def show_again(
    document: EvidenceDocument, content: bytes | None, read: ReadContent = read_content
) -> ShownAgain:
    """Draws it and compares the asker's words anew; what gives something else than was shown is lost.

    `read` is how the content is read, where it was read already.
    """
    shown = document.shown
    if not isinstance(shown, EvidenceShown):
        return ShownAgain()
    lost = ShownAgain(confirmed=shown.confirmed, pages=_pages(shown), is_lost=True)
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
    except (ViewError, ValueError):  # the latter for more lines than a phone compares
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
    if not isinstance(document.view, bytes) or content is None:
        return None, None
    view = read_view(document.view)
    return view, draw(view, content, read)


def _pages(shown: EvidenceShown) -> Pages | None:
    return None if shown.pages is msgspec.UNSET else shown.pages


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()
