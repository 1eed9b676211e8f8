"""How the asker's words about a document stand to it, whatever it is: what phone, service and verifier all bind."""

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
    """`digest` is SM3 of the answer, also of an error's; None where there is nothing to compare with."""

    compared: Compared | None = None
    digest: bytes | None = None

    @property
    def differ(self) -> bool:
        """Whether the content doesn't say what the asker says of it."""
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
    """Against the drawn lines, or the content by its media type. ValueError for more than 64 lines."""
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
    """Whether a phone shows the content: by a view, as text, or as the pages or picture that it is."""
    name = media_type.partition(";")[0].strip().lower()
    return content is not None and (by_view or name in _PAGES or kind_of(media_type) is not None)


@lru_cache(maxsize=256)
def kind_of(media_type: str) -> ContentKind | None:
    """`xml`, `json` or `text`; None for what is no text, and is compared with nothing."""
    name = media_type.lower().partition(";")[0].strip()
    if name in {"text/xml", "application/xml"} or name.endswith("+xml"):
        return "xml"
    if name == "application/json" or name.endswith("+json"):
        return "json"
    return "text" if name.startswith("text/") else None
