"""How the display of a document is kept: its lines, and for one that is drawn what is bound beside them.

The options of its format stand there too. Documents from before views have the lines alone.
"""

from functools import lru_cache
from typing import Final

import msgspec

from mshield.pki.asn1 import oids
from mshield.pki.signatures.display import Bound, Drawing, Wanted
from mshield.pki.signatures.formats import NO_OPTIONS, PDF, Format, Options, signs_attributes
from mshield.pki.signatures.pdf import PdfAttributes, parse_pdf_attributes
from mshield.pki.signatures.signed_attributes import SignedAttributes, parse_signed_attributes

Lines = tuple[tuple[str, str], ...]
"""Label and value of each."""


class NamedView(msgspec.Struct, frozen=True):
    """The view by which a document is drawn, one of its business system's; the digest is SM3, 32 bytes."""

    id: str
    version: int
    digest: bytes


class KeptDisplay(msgspec.Struct, frozen=True):
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
            return _encode(lines).decode()
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
        return _encode(kept).decode()


class _Line(msgspec.Struct, frozen=True):
    label: str
    value: str


class _View(msgspec.Struct, frozen=True):
    id: str
    version: int
    digest: str


class _Kept(msgspec.Struct, frozen=True):
    lines: list[_Line]
    view: _View | None
    content: str
    display: str
    drawn: str | None
    compared: str | None
    wants: Wanted | None = None
    options: Options = NO_OPTIONS


_SHORT: Final = 2048
"""Characters of a display that is remembered once it was read."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[_Line] | _Kept).decode


def read_display(text: str) -> KeptDisplay:
    """The display of a document's row. ValueError for what no service writes.

    Remembered, since it is asked for when a document is scanned, signed and fetched.
    """
    return _read_short(text) if len(text) <= _SHORT else _read(text)


@lru_cache(maxsize=2048)
def _read_short(text: str) -> KeptDisplay:
    return _read(text)


def _read(text: str) -> KeptDisplay:
    kept = _decode(text)
    if isinstance(kept, list):
        return KeptDisplay(_lines(kept))
    view = kept.view
    named = None if view is None else NamedView(view.id, view.version, bytes.fromhex(view.digest))
    drawing = Drawing(None if named is None else named.digest, _bytes(kept.drawn))
    bound = Bound(
        content=bytes.fromhex(kept.content),
        display=bytes.fromhex(kept.display),
        drawing=drawing,
        compared=_bytes(kept.compared),
    )
    return KeptDisplay(_lines(kept.lines), named, bound, kept.options, kept.wants)


def _lines(lines: list[_Line]) -> Lines:
    return tuple([(line.label, line.value) for line in lines])


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _bytes(digest: str | None) -> bytes | None:
    return None if digest is None else bytes.fromhex(digest)
