"""Storage form of a document's display: its lines, the digests bound beside them, and the format's options.

Logins and a phone's own documents have only the lines.
"""

from functools import lru_cache
from typing import Final

import msgspec

from mshield.pki.signatures.display import BoundDisplay, Drawing, Wanted
from mshield.pki.signatures.formats import NO_OPTIONS, PDF, Format, Options, signs_attributes
from mshield.pki.signatures.pdf import PdfAttributes, parse_pdf_attributes
from mshield.pki.signatures.signed_attributes import SignedAttributes, parse_signed_attributes

Lines = tuple[tuple[str, str], ...]
"""Label and value of each line."""


class NamedView(msgspec.Struct, frozen=True):
    """The view that renders a document, one of its business system's; the digest is SM3, 32 bytes."""

    id: str
    version: int
    digest: bytes


class StoredDisplay(msgspec.Struct, frozen=True):
    """A stored display. `bound` is None if there are only lines; `view` is None if no view renders the content.

    `wants` is what the user has to confirm before signing, or None.
    """

    lines: Lines
    view: NamedView | None = None
    bound: BoundDisplay | None = None
    options: Options = NO_OPTIONS
    wants: Wanted | None = None

    @property
    def drawing(self) -> Drawing | None:
        """The rendering, which makes the display version 2; None for version 1."""
        return None if self.bound is None else self.bound.drawing

    def attributes(self, name: Format, message: bytes) -> SignedAttributes | PdfAttributes | None:
        """Returns the signed attributes encoded in M; None if M isn't attributes, or doesn't exist yet.

        Raises: DerError, CmsError for attributes that this service doesn't write.
        """
        if not signs_attributes(name, self.options):
            return None
        oid = self.options.display_oid
        own = () if oid is msgspec.UNSET else (oid,)
        if name == PDF:
            kind = self.options.pdf_signature
            if not message or kind is msgspec.UNSET:
                return None
            return parse_pdf_attributes(message, kind, display_oids=own)
        return parse_signed_attributes(message, display_oids=own)

    def text(self) -> str:
        """Returns the display as JSON, as stored."""
        lines = [{"label": label, "value": value} for label, value in self.lines]
        if self.bound is None:
            return _encode(lines).decode()
        view, bound = self.view, self.bound
        stored: dict[str, object] = {
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
            stored["options"] = msgspec.to_builtins(self.options)
        return _encode(stored).decode()


class _Line(msgspec.Struct, frozen=True):
    label: str
    value: str


class _View(msgspec.Struct, frozen=True):
    id: str
    version: int
    digest: str


class _StoredForm(msgspec.Struct, frozen=True):
    lines: list[_Line]
    view: _View | None
    content: str
    display: str
    drawn: str | None
    compared: str | None
    wants: Wanted | None
    options: Options = NO_OPTIONS


_SHORT: Final = 2048
"""Length limit in characters of the displays that are cached."""

_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[_Line] | _StoredForm).decode


def read_display(text: str) -> StoredDisplay:
    """Parses the display of a document's row. Raises: ValueError if it isn't in a stored form.

    Cached, since it is needed when a document is scanned, signed and fetched.
    """
    return _read_short(text) if len(text) <= _SHORT else _read(text)


@lru_cache(maxsize=2048)
def _read_short(text: str) -> StoredDisplay:
    return _read(text)


def _read(text: str) -> StoredDisplay:
    stored = _decode(text)
    if isinstance(stored, list):
        return StoredDisplay(_lines(stored))
    view = stored.view
    named = None if view is None else NamedView(view.id, view.version, bytes.fromhex(view.digest))
    drawing = Drawing(None if named is None else named.digest, _bytes(stored.drawn))
    bound = BoundDisplay(
        content=bytes.fromhex(stored.content),
        display=bytes.fromhex(stored.display),
        drawing=drawing,
        compared=_bytes(stored.compared),
    )
    return StoredDisplay(_lines(stored.lines), named, bound, stored.options, stored.wants)


def _lines(lines: list[_Line]) -> Lines:
    return tuple([(line.label, line.value) for line in lines])


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _bytes(digest: str | None) -> bytes | None:
    return None if digest is None else bytes.fromhex(digest)
