"""Detection of objects in a PDF that can change its look, or refer to something outside of it.

All objects are examined, whether or not a page refers to them, and only by their own content, so no table of
the file has to be trusted. Actions are limited to a short list; all others are refused. Objects come in
qpdf's JSON form, in which a name begins with `/`, a text with `u:` or `b:`, and a reference is `5 0 R`.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, get_args

import msgspec
import pikepdf

from mshield.server.content.pdf_fields import faults_of_locks, is_signed_field

Held = Mapping[str, Any]

PdfFault = Literal[
    "javascript",
    "xfa",
    "certified",
    "launch",
    "submit",
    "external",
    "rich_media",
    "attachments",
    "optional_content",
    "form",
    "open_action",
    "action",
    "annotation",
    "alternates",
    "device",
]
PDF_FAULTS: Final[tuple[PdfFault, ...]] = get_args(PdfFault)
"""All faults, the most serious first."""

MOST_VALUES: Final = 2_000_000
"""Maximum values of all objects together, roughly: the lines of their JSON."""
MOST_UNPACKED: Final = 64 * 1024 * 1024
"""Maximum octets of all objects as JSON, without stream data."""

_OF_KEY: Final[dict[str, PdfFault]] = {
    "/JS": "javascript",
    "/JavaScript": "javascript",
    "/XFA": "xfa",
    "/OPI": "external",
    "/FFilter": "external",
    "/3DD": "rich_media",
    "/RichMediaContent": "rich_media",
    "/RichMediaSettings": "rich_media",
    "/EmbeddedFiles": "attachments",
    "/EF": "attachments",
    "/AF": "attachments",
    "/Collection": "attachments",
    "/OC": "optional_content",
    "/OCGs": "optional_content",
    "/OCProperties": "optional_content",
    "/NeedAppearances": "form",
    "/Alternates": "alternates",
    "/Subtype2": "device",
}
_OF_TYPE: Final[dict[str, PdfFault]] = {
    "/EmbeddedFile": "attachments",
    "/Filespec": "external",
    "/OCG": "optional_content",
    "/OCMD": "optional_content",
}
_OF_ACTION: Final[dict[str, PdfFault]] = {
    "/JavaScript": "javascript",
    "/Launch": "launch",
    "/SubmitForm": "submit",
    "/ResetForm": "submit",
    "/ImportData": "submit",
    "/GoToR": "external",
    "/GoToE": "external",
    "/GoToDp": "external",
    "/Thread": "external",
    "/Rendition": "rich_media",
    "/Movie": "rich_media",
    "/Sound": "rich_media",
    "/GoTo3DView": "rich_media",
    "/RichMediaExecute": "rich_media",
    "/SetOCGState": "optional_content",
    "/Hide": "action",
}
_OF_ANNOTATION: Final[dict[str, PdfFault]] = {
    "/FileAttachment": "attachments",
    "/Screen": "rich_media",
    "/Movie": "rich_media",
    "/Sound": "rich_media",
    "/3D": "rich_media",
    "/RichMedia": "rich_media",
}
_OF_NAME: Final[dict[str, dict[str, PdfFault]]] = {
    "/Type": _OF_TYPE,
    "/S": _OF_ACTION,
    "/Subtype": {"/PS": "device"},
}
_LOCKS: Final = frozenset({"/TransformMethod", "/Lock", "/Perms"})
_TRANSFERS: Final = frozenset({"/TR", "/TR2", "/TransferFunction"})
_OVERPRINTS: Final = frozenset({"/OP", "/op"})
_DEVICE: Final = _TRANSFERS | _OVERPRINTS | {"/PS"}
_TELLING: Final = frozenset({*_OF_KEY, *_OF_NAME, *_LOCKS, "/Rect", "/Ref", "/A", "/AA"})
_MOVES: Final = frozenset({"/GoTo"})
_LEADS: Final = frozenset({"/GoTo", "/URI"})
"""Actions allowed for links: the phone shows links but follows none."""
_MOST_FOLLOWING: Final = 100


_FILTERS: Final = frozenset(
    f"/{name}Decode"
    for name in ("ASCIIHex", "ASCII85", "LZW", "Flate", "RunLength", "CCITTFax", "JBIG2", "DCT", "JPX")
)


class TooManyValues(Exception):
    """The objects have more values or octets than are checked."""


class _Bounded(io.BytesIO):
    """File that refuses more than the permitted octets and lines; qpdf writes a line for each value."""

    def __init__(self) -> None:
        super().__init__()
        self._lines = 0

    def write(self, octets: Any, /) -> int:
        """Raises: TooManyValues."""
        self._lines += bytes(octets).count(b"\n")
        if self._lines > MOST_VALUES or self.tell() + len(memoryview(octets)) > MOST_UNPACKED:
            raise TooManyValues
        return super().write(octets)


class Objects:
    """All objects of a PDF by their reference, without stream data. Raises: TooManyValues."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        written = _Bounded()
        pdf.write_qpdf_json(written, json_stream_data=pikepdf.JSONStreamData.none)
        objects = msgspec.json.decode(written.getbuffer())["qpdf"][1]
        self.trailer: Held = objects.pop("trailer")["value"]
        self._by_reference: dict[str, Any] = {
            name.removeprefix("obj:"): held.get("value", held.get("stream")) for name, held in objects.items()
        }

    def at(self, value: Any) -> Any:
        """Returns the value itself, or the object that it refers to; None if there is no such object."""
        return self._by_reference.get(value) if isinstance(value, str) and value.endswith(" R") else value

    def dictionary(self, value: Any) -> Held:
        """Returns the dictionary that a value is or refers to, also a stream's; empty for anything else."""
        held = self.at(value)
        if not isinstance(held, dict):
            return {}
        return held["dict"] if held.keys() <= {"dict", "data", "datafile"} else held

    def all(self) -> Iterator[Any]:
        """Yields the values of all objects."""
        yield from self._by_reference.values()

    def are_sound(self) -> bool:
        """Reports whether pages, forms and images are complete. Viewers substitute missing parts differently."""
        return all(self._is_sound(held) for held in self._by_reference.values() if isinstance(held, dict))

    def _is_sound(self, held: Held) -> bool:
        if not self._is_stream(held):
            contents = self.at(held.get("/Contents")) if self.at(held.get("/Type")) == "/Page" else None
            parts = contents if isinstance(contents, list) else [] if contents is None else [contents]
            return all(self._is_stream(self.at(part)) for part in parts)
        entries = held["dict"]
        filters = self.at(entries.get("/Filter"))
        names = filters if isinstance(filters, list) else [] if filters is None else [filters]
        if not all(self.at(name) in _FILTERS for name in names):
            return False
        kind = self.at(entries.get("/Subtype"))
        if kind == "/Form":
            return isinstance(self.at(entries.get("/BBox")), list)
        if kind == "/Image":
            has_colours = "/ColorSpace" in entries or self.at(entries.get("/ImageMask")) is True
            return has_colours or "/JPXDecode" in (self.at(name) for name in names)
        return True

    @staticmethod
    def _is_stream(held: Any) -> bool:
        return isinstance(held, dict) and "dict" in held and held.keys() <= {"dict", "data", "datafile"}

    def faults(self) -> Iterator[PdfFault]:
        """Yields the faults of all objects, possibly repeated."""
        waiting: list[Any] = [self.trailer, *self._by_reference.values()]
        while waiting:
            held = waiting.pop()
            if isinstance(held, dict):
                waiting += held.values()
                yield from self._of_dictionary(held)
            elif isinstance(held, list):
                waiting += held
                if self._is_inkless(held):
                    yield "device"
        yield from self._of_root(self.dictionary(self.trailer.get("/Root")))

    def _of_dictionary(self, held: Held) -> Iterator[PdfFault]:
        keys = held.keys()
        if keys == {"dict"} and "/F" in held["dict"]:
            yield "external"  # a stream whose data are in another file
        for key in keys & _TELLING:
            yield from self._of_entry(held, key)
        if "/Annots" in held and not self._are_annotations(self.at(held["/Annots"])):
            yield "annotation"
        if any(self._depends_on_device(held, key) for key in keys & _DEVICE):
            yield "device"

    def _of_entry(self, held: Held, key: str) -> Iterator[PdfFault]:
        value = self.at(held[key])
        if key in _OF_KEY:
            yield _OF_KEY[key]
        elif key in _OF_NAME:
            fault = _OF_NAME[key].get(value) if isinstance(value, str) else None
            if fault is not None:
                yield fault
        elif key == "/Rect":
            yield from self._of_annotation(held, self.at(held.get("/Subtype")))
        elif key in _LOCKS:
            yield from faults_of_locks(self, held, key)
        elif key == "/Ref" and self.at(held.get("/Subtype")) == "/Form":
            yield "external"  # an embedded page of another file
        elif key == "/A" and not self._only(value, _LEADS):
            yield "action"
        elif key == "/AA" and not all(
            self._only(action, _MOVES) for action in self.dictionary(value).values()
        ):
            yield "open_action"

    def _of_root(self, root: Held) -> Iterator[PdfFault]:
        fields = self.at(self.dictionary(root.get("/AcroForm")).get("/Fields"))
        if fields and not all(is_signed_field(self, field) for field in fields):
            yield "form"
        begin = self.at(root.get("/OpenAction"))
        if isinstance(begin, dict) and not self._only(begin, _MOVES):
            yield "open_action"

    def _only(self, action: Any, allowed: frozenset[str]) -> bool:
        """Reports whether an action and its successors are all allowed. A value that isn't an action does nothing."""
        waiting = [action]
        for looked_at, value in enumerate(waiting):
            one = self.at(value)
            if isinstance(one, list):
                waiting += one
            elif isinstance(one, dict) and "/S" in one:
                if looked_at > _MOST_FOLLOWING or self.at(one["/S"]) not in allowed:
                    return False
                waiting.append(one.get("/Next"))
        return True

    def _depends_on_device(self, held: Held, key: str) -> bool:
        """Reports whether only some programs or devices carry it out: PostScript, overprint, a transfer function."""
        value = self.at(held[key])
        if key == "/PS":
            return bool(self.at(held.get("/Subtype")) == "/Form")
        if key in _OVERPRINTS:
            return value is True
        return any(
            "/FunctionType" in self.dictionary(one) for one in (value if isinstance(value, list) else [value])
        )

    def _is_inkless(self, held: list[Any]) -> bool:
        """Reports whether it is a colour space whose only ink is None, which some programs draw all the same."""
        kind, inks = (self.at(one) for one in (held[0], held[1])) if len(held) > 1 else (None, None)
        if kind == "/DeviceN" and isinstance(inks, list):
            return all(self.at(ink) == "/None" for ink in inks)
        return bool(kind == "/Separation" and inks == "/None")

    def _are_annotations(self, value: Any) -> bool:
        """Reports whether each annotation of a page states its kind and position, on which its check depends.

        Some programs draw one without them.
        """
        if value is None:
            return True
        if not isinstance(value, list):
            return False
        annotations = (self.dictionary(one) for one in value if self.at(one) is not None)
        return all(
            isinstance(self.at(one.get("/Subtype")), str) and isinstance(self.at(one.get("/Rect")), list)
            for one in annotations
        )

    def _has_border(self, link: Held) -> bool:
        """Reports whether a link may have a visible border, which some programs draw and others don't."""
        border, style = self.at(link.get("/Border")), self.at(link.get("/BS"))
        widths = (
            []
            if border is None
            else [self.at(border[2]) if isinstance(border, list) and border[2:] else None]
        )
        if style is not None:
            widths.append(self.at(self.dictionary(style).get("/W")))
        return not widths or any(width != 0 for width in widths)

    def _of_annotation(self, held: Held, form: Any) -> Iterator[PdfFault]:
        """Yields the faults of an annotation. Links without border are allowed: they display nothing themselves.

        A reader can hide, open or move any other annotation. Signed fields are allowed, since they can't
        change.
        """
        if form == "/Widget":
            if not is_signed_field(self, held):
                yield "form"
        elif isinstance(form, str):
            if form in _OF_ANNOTATION:
                yield _OF_ANNOTATION[form]
            elif form != "/Link" or "/AP" in held or self._has_border(held):
                yield "annotation"
