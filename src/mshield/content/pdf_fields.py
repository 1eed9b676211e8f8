"""Fields of a PDF in which somebody has signed: they are the only ones of a form that a file to be signed may have.

Such a field is filled for good, so nothing on the page hangs on who reads it. What its signature forbids is looked at
too: who certified that nothing may change any more gets no signature beside their own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, Protocol

_HIDDEN, _PRINTED, _NOT_VIEWED = 2, 4, 32
_NO_CHANGES: Final = 1
_FREE: Final = 2
"""What a certification allows by default: forms may be filled in and signed."""


class Reader(Protocol):
    """Objects of a PDF, as `pdf_objects` has them."""

    def at(self, value: Any) -> Any:
        """What a value says, or the object that it refers to."""

    def dictionary(self, value: Any) -> Mapping[str, Any]:
        """The dictionary that a value is or refers to."""


def is_signed_field(objects: Reader, value: Any) -> bool:
    """Whether it is a field, with its look on the page in one, that holds a signature."""
    field = objects.dictionary(value)
    signature = objects.dictionary(field.get("/V"))
    if objects.at(field.get("/FT")) != "/Sig" or "/Kids" in field or "/Parent" in field:
        return False
    return "/ByteRange" in signature and "/Contents" in signature and _always_looks_alike(objects, field)


def _always_looks_alike(objects: Reader, field: Mapping[str, Any]) -> bool:
    """Whether screen and paper show the same, and there is one look."""
    flags = objects.at(field.get("/F", 0))
    edges = objects.at(field.get("/Rect"))
    looks = objects.dictionary(field.get("/AP"))
    if not isinstance(flags, int) or not looks.keys() <= {"/N"} or "/AS" in field:
        return False
    if looks and "/BBox" not in objects.dictionary(looks["/N"]):  # several, by state
        return False
    if not isinstance(edges, list) or len(edges) != 4:
        return False
    if flags & _HIDDEN or not looks or edges[0] == edges[2] or edges[1] == edges[3]:
        return True  # nothing is shown
    return bool(flags & _PRINTED) and not flags & _NOT_VIEWED


def faults_of_locks(objects: Reader, held: Mapping[str, Any], key: str) -> Iterator[Literal["certified"]]:
    """What forbids a further signature: a certification, a lock on the whole file, rights that a vendor gave."""
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
