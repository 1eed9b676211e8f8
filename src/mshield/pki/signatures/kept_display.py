"""How the display of a document is kept: its lines, and for one that is drawn what is bound beside them.

The options of its format stand there too. Documents from before views have the lines alone.
"""

import json
from dataclasses import dataclass

import msgspec

from mshield.pki.asn1 import oids
from mshield.pki.signatures.display import Bound, Drawing, Wanted
from mshield.pki.signatures.formats import NO_OPTIONS, PDF, Format, Options, signs_attributes
from mshield.pki.signatures.pdf import PdfAttributes, parse_pdf_attributes
from mshield.pki.signatures.signed_attributes import SignedAttributes, parse_signed_attributes

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

    `options` are those of before where nothing is kept. `wants` is what the person has to confirm before it is signed;
    None where nothing, and of rows from before.
    """

    lines: Lines
    view: NamedView | None = None
    bound: Bound | None = None
    options: Options = NO_OPTIONS
    wants: Wanted | None = None

    @property
    def drawing(self) -> Drawing | None:
        """What makes the display one of version 2."""
        return None if self.bound is None else self.bound.drawing

    def attributes(self, name: Format, message: bytes) -> SignedAttributes | PdfAttributes | None:
        """The signed attributes that M encodes, None where it isn't any, or isn't there yet.

        DerError, CmsError for what isn't ours.
        """
        if not signs_attributes(name, self.options):
            return None
        oid = self.options.display_oid
        own = oids.DISPLAY_DIGEST if oid is msgspec.UNSET else oid
        if name == PDF:
            kind = self.options.pdf_signature
            if not message or kind is msgspec.UNSET:
                return None
            return parse_pdf_attributes(message, kind, display_oids=(own,))
        return parse_signed_attributes(message, display_oids=(own,))

    def text(self) -> str:
        """As it is kept."""
        lines = [{"label": label, "value": value} for label, value in self.lines]
        if self.bound is None:
            return json.dumps(lines, ensure_ascii=False)
        view, bound = self.view, self.bound
        kept: dict[str, object] = {
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
        if self.options != NO_OPTIONS:
            kept["options"] = msgspec.to_builtins(self.options)
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
    options = msgspec.convert(kept.get("options", {}), Options)
    return KeptDisplay(_lines(kept["lines"]), named, bound, options, kept.get("wants"))


def _lines(lines: list[dict[str, str]]) -> Lines:
    return tuple((line["label"], line["value"]) for line in lines)


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _bytes(digest: str | None) -> bytes | None:
    return None if digest is None else bytes.fromhex(digest)
