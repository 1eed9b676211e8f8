"""Signed form fields of a PDF: the only fields that a file to be signed may have.

Such a field can't change any more, so the page looks the same for every reader. The restrictions set by their
signatures are checked too: a file certified against any change can't be signed again.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, Protocol

_HIDDEN, _PRINTED, _NOT_VIEWED = 2, 4, 32
_NO_CHANGES: Final = 1
_FREE: Final = 2
"""Default permission of a certification: forms may be filled in and signed."""


class Reader(Protocol):
    """Access to the objects of a PDF, as in `pdf_objects`."""

    def at(self, value: Any) -> Any:
        """Returns the value itself, or the object that it refers to."""

    def dictionary(self, value: Any) -> Mapping[str, Any]:
        """Returns the dictionary that a value is or refers to."""


def is_signed_field(objects: Reader, value: Any) -> bool:
    """Reports whether it is a field, merged with its widget, that holds a signature."""
    field = objects.dictionary(value)
    signature = objects.dictionary(field.get("/V"))
    if objects.at(field.get("/FT")) != "/Sig" or "/Kids" in field or "/Parent" in field:
        return False
    return "/ByteRange" in signature and "/Contents" in signature and _always_looks_alike(objects, field)


def _always_looks_alike(objects: Reader, field: Mapping[str, Any]) -> bool:
    """Reports whether it has a single appearance, the same on screen and on paper."""
    flags = objects.at(field.get("/F", 0))
    edges = objects.at(field.get("/Rect"))
    looks = objects.dictionary(field.get("/AP"))
    if not isinstance(flags, int) or not looks.keys() <= {"/N"} or "/AS" in field:
        return False
    if looks and "/BBox" not in objects.dictionary(looks["/N"]):  # several appearances, one for each state
        return False
    if not isinstance(edges, list) or len(edges) != 4:
        return False
    if flags & _HIDDEN or not looks or edges[0] == edges[2] or edges[1] == edges[3]:
        return True  # shows nothing
    return bool(flags & _PRINTED) and not flags & _NOT_VIEWED


def faults_of_locks(objects: Reader, held: Mapping[str, Any], key: str) -> Iterator[Literal["certified"]]:
    """Yields what prevents another signature: a certification, a lock on the whole file, rights granted by a vendor."""
    if key == "/Perms":
        if not objects.dictionary(held[key]).keys() <= {"/DocMDP"}:
            yield "certified"
    elif key == "/Lock":
        if objects.at(objects.dictionary(held[key]).get("/P")) == _NO_CHANGES:
            yield "certified"
    elif objects.at(held[key]) == "/DocMDP":
        allowed = objects.at(objects.dictionary(held.get("/TransformParams")).get("/P", _FREE))
        if allowed not in {2, 3}:
            yield "certified"
    elif objects.at(held[key]) != "/FieldMDP":
        yield "certified"
