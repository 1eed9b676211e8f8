"""Comparison of the requester's description with a document of any kind, as phone, service and verifier bind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mshield.gm.sm3 import sm3
from mshield.views.canonical import canonical
from mshield.views.comparing.answer import Compared, ContentKind, Line, compare, compare_drawn
from mshield.views.drawing import Drawn, ReadContent, read_content
from mshield.views.errors import ViewError

_PAGES: Final = frozenset({"application/pdf", "image/png", "image/jpeg"})


@dataclass(frozen=True, slots=True)
class Words:
    """Result of a comparison; `digest` is SM3 of the answer or error, None if nothing could be compared."""

    compared: Compared | None = None
    digest: bytes | None = None

    @property
    def differ(self) -> bool:
        """Whether the content contradicts the requester's description."""
        return self.compared is not None and self.compared.mismatch


def compare_words(
    title: str,
    lines: Sequence[Line],
    *,
    content: bytes | None,
    media_type: str,
    drawn: Drawn | None,
    read: ReadContent = read_content,
) -> Words:
    """Compares the description with the rendered lines, or with the content by its media type.

    Raises: ValueError for more than 64 lines.
    """
    if drawn is not None:
        compared = compare_drawn(title, lines, drawn)
        return Words(compared, compared.digest)
    kind = kind_of(media_type)
    if content is None or kind is None:
        return Words()
    try:
        compared = compare(title, lines, content, kind=kind, read=read)
    except ViewError as error:
        return Words(None, sm3(canonical(error.answer)))
    return Words(compared, compared.digest)


def is_shown(media_type: str, content: bytes | None, *, by_view: bool) -> bool:
    """Reports whether a phone can show the content: by a view, as text, or as pages or a picture."""
    name = media_type.partition(";")[0].strip().lower()
    return content is not None and (by_view or name in _PAGES or kind_of(media_type) is not None)


@lru_cache(maxsize=256)
def kind_of(media_type: str) -> ContentKind | None:
    """Returns `xml`, `json` or `text`, or None for other types, which aren't compared."""
    name = media_type.lower().partition(";")[0].strip()
    if name in {"text/xml", "application/xml"} or name.endswith("+xml"):
        return "xml"
    if name == "application/json" or name.endswith("+json"):
        return "json"
    return "text" if name.startswith("text/") else None
