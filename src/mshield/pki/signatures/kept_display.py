"""How the display of a document is kept: its lines, and for one that is drawn what is bound beside them.

Documents from before views have the lines alone.
"""

import json
from dataclasses import dataclass

from mshield.pki.signatures.display import Bound, Drawing, Wanted

Lines = tuple[tuple[str, str], ...]
"""Label and value of each."""


@dataclass(frozen=True, slots=True)
class NamedView:
    """The view by which a document is drawn, one of its business system's; the digest is SM3, 32 bytes."""

    id: str
    version: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class KeptDisplay:
    """`bound` is None for a display of version 1; `view` None where the content is drawn by none.

    `wants` is what the person has to confirm before it is signed; None where nothing, and of rows from before.
    """

    lines: Lines
    view: NamedView | None = None
    bound: Bound | None = None
    wants: Wanted | None = None

    @property
    def drawing(self) -> Drawing | None:
        """What makes the display one of version 2."""
        return None if self.bound is None else self.bound.drawing

    def text(self) -> str:
        """As it is kept."""
        lines = [{"label": label, "value": value} for label, value in self.lines]
        if self.bound is None:
            return json.dumps(lines, ensure_ascii=False)
        view, bound = self.view, self.bound
        kept = {
            "lines": lines,
            "view": None
            if view is None
            else {"id": view.id, "version": view.version, "digest": view.digest.hex()},
            "content": bound.content.hex(),
            "display": bound.display.hex(),
            "drawn": _hex(bound.drawing.drawn),
            "compared": _hex(bound.compared),
            "wants": self.wants,
        }
        return json.dumps(kept, ensure_ascii=False)


def read_display(text: str) -> KeptDisplay:
    """The display of a document's row. ValueError, LookupError or TypeError for what no service writes."""
    kept = json.loads(text)
    if isinstance(kept, list):
        return KeptDisplay(_lines(kept))
    view = kept["view"]
    named = None if view is None else NamedView(view["id"], view["version"], bytes.fromhex(view["digest"]))
    drawing = Drawing(None if named is None else named.digest, _bytes(kept["drawn"]))
    bound = Bound(
        content=bytes.fromhex(kept["content"]),
        display=bytes.fromhex(kept["display"]),
        drawing=drawing,
        compared=_bytes(kept["compared"]),
    )
    return KeptDisplay(_lines(kept["lines"]), named, bound, kept.get("wants"))


def _lines(lines: list[dict[str, str]]) -> Lines:
    return tuple((line["label"], line["value"]) for line in lines)


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _bytes(digest: str | None) -> bytes | None:
    return None if digest is None else bytes.fromhex(digest)
