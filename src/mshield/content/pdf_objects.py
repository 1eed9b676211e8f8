"""What stands in a PDF's objects that can change its look, or lead out of it.

All objects are looked at, whether a page refers to them or not, and by what they say alone: no table of a file has to
be believed. What may do something is a short list; all else is refused. The objects come as qpdf writes them in JSON,
where a name begins with `/`, a text with `u:` or `b:`, and a reference is `5 0 R`.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, get_args

import msgspec
import pikepdf

from mshield.content.pdf_fields import faults_of_locks, is_signed_field

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
]
PDF_FAULTS: Final[tuple[PdfFault, ...]] = get_args(PdfFault)
"""The gravest first."""

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
_OF_NAME: Final[dict[str, dict[str, PdfFault]]] = {"/Type": _OF_TYPE, "/S": _OF_ACTION}
_LOCKS: Final = frozenset({"/TransformMethod", "/Lock", "/Perms"})
_TELLING: Final = frozenset({*_OF_KEY, *_OF_NAME, *_LOCKS, "/Rect", "/Ref", "/A", "/AA"})
_MOVES: Final = frozenset({"/GoTo"})
_LEADS: Final = frozenset({"/GoTo", "/URI"})
"""What a link may do: the phone draws it and follows none."""
_MOST_FOLLOWING: Final = 100


class Objects:
    """All objects of a PDF, by their reference; what a stream holds is left where it is."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        written = io.BytesIO()
        pdf.write_qpdf_json(written, json_stream_data=pikepdf.JSONStreamData.none)
        objects = msgspec.json.decode(written.getbuffer())["qpdf"][1]
        self.trailer: Held = objects.pop("trailer")["value"]
        self._by_reference: dict[str, Any] = {
            name.removeprefix("obj:"): held.get("value", held.get("stream")) for name, held in objects.items()
        }

    def at(self, value: Any) -> Any:
        """The value itself, or the object that it refers to; None where there is no such object."""
        return self._by_reference.get(value) if isinstance(value, str) and value.endswith(" R") else value

    def dictionary(self, value: Any) -> Held:
        """The dictionary that a value is or refers to, a stream's own too; empty for anything else."""
        held = self.at(value)
        if not isinstance(held, dict):
            return {}
        return held["dict"] if held.keys() <= {"dict", "data", "datafile"} else held

    def all(self) -> Iterator[Any]:
        """The values of all objects."""
        yield from self._by_reference.values()

    def faults(self) -> Iterator[PdfFault]:
        """All faults of all objects, some more than once."""
        waiting: list[Any] = [self.trailer, *self._by_reference.values()]
        while waiting:
            held = waiting.pop()
            if isinstance(held, dict):
                waiting += held.values()
                yield from self._of_dictionary(held)
            elif isinstance(held, list):
                waiting += held
        yield from self._of_root(self.dictionary(self.trailer.get("/Root")))

    def _of_dictionary(self, held: Held) -> Iterator[PdfFault]:
        keys = held.keys()
        if keys == {"dict"} and "/F" in held["dict"]:
            yield "external"  # a stream whose octets are in another file
        for key in keys & _TELLING:
            yield from self._of_entry(held, key)

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
            yield "external"  # a picture of a page of another file
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
        """Whether an action, and what follows it, does nothing but these. What isn't an action does nothing."""
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

    def _of_annotation(self, held: Held, form: Any) -> Iterator[PdfFault]:
        """A link shows nothing of its own. Whatever else lies on a page can be hidden, opened or moved by its reader.

        What shows that somebody signed stays as it is.
        """
        if form == "/Widget":
            if not is_signed_field(self, held):
                yield "form"
        elif isinstance(form, str):
            if form in _OF_ANNOTATION:
                yield _OF_ANNOTATION[form]
            elif form != "/Link" or "/AP" in held:
                yield "annotation"
