"""How the asker's words about a document stand to it, whatever it is: what phone, service and verifier all bind."""

from collections.abc import Sequence
from dataclasses import dataclass

from mshield.gm.sm3 import sm3
from mshield.views.canonical import canonical
from mshield.views.comparing.answer import Compared, ContentKind, Line, compare, compare_drawn
from mshield.views.drawing import Drawn
from mshield.views.errors import ViewError


@dataclass(frozen=True, slots=True)
class Words:
    """`digest` is SM3 of the answer, also of an error's; None where there is nothing to compare with."""

    compared: Compared | None = None
    digest: bytes | None = None


def compare_words(
    title: str, lines: Sequence[Line], *, content: bytes | None, media_type: str, drawn: Drawn | None
) -> Words:
    """Against the drawn lines, or the content by its media type. ValueError for more than 64 lines."""
    if drawn is not None:
        compared = compare_drawn(title, lines, drawn)
        return Words(compared, compared.digest)
    kind = kind_of(media_type)
    if content is None or kind is None:
        return Words()
    try:
        compared = compare(title, lines, content, kind=kind)
    except ViewError as error:
        return Words(None, sm3(canonical(error.answer)))
    return Words(compared, compared.digest)


def kind_of(media_type: str) -> ContentKind | None:
    """`xml`, `json` or `text`; None for what is no text, and is compared with nothing."""
    name = media_type.lower().partition(";")[0].strip()
    if name in {"text/xml", "application/xml"} or name.endswith("+xml"):
        return "xml"
    if name == "application/json" or name.endswith("+json"):
        return "json"
    return "text" if name.startswith("text/") else None
