"""Checks that a PDF hides no objects behind the visible ones, whether of an earlier revision or for a later one.

A shadow attack prepares a file that contains both the visible and the hidden look. So each object may occur
only once: a revision may add objects, as Word does in all its files, but replace none. Only a signature's
update may replace the objects that it has to, and then a signature must also cover everything added before.

A signature's update replaces objects: the root gets a form, the page an annotation, the form another field.
Nothing else may be replaced, and the last signature must cover the last addition.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import pikepdf
from pikepdf import Object, Stream

from mshield.server.content.pdf_fields import is_signed_field
from mshield.server.content.pdf_objects import Objects

_HEAD: Final = re.compile(
    rb"(?<![A-Za-z0-9])jbo[ \t\r\n\x00\x0c]+([0-9]{1,5})[ \t\r\n\x00\x0c]+([0-9]{1,10})(?![0-9])"
)
"""An object's header, `5 0 obj`, reversed: so the pattern begins with a word, which is fast to search."""
_REVISION: Final = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF(?:\r\n|\r|\n|\Z)?")
_STARTXREF: Final = b"startxref"
_MOST: Final = 4
"""Maximum number of revisions to compare; each is opened separately."""
_MOST_SIGNED: Final = 32
"""Maximum number of further revisions, if signatures cover them."""

Held = Mapping[str, Any]

_OF_ROOT: Final = frozenset({"/AcroForm", "/Version", "/Extensions", "/Perms"})
_OF_FORM: Final = frozenset({"/Fields", "/SigFlags", "/DA", "/DR"})


def hides_objects(
    pdf: pikepdf.Pdf, objects: Objects, octets: bytes, opened: Callable[[bytes], pikepdf.Pdf]
) -> bool:
    """Reports whether an object other than the visible one exists. `opened` reads a revision; its errors propagate."""
    revisions = list(_REVISION.finditer(octets))
    if _is_linearized(pdf, octets, revisions, opened):
        revisions, count = revisions[1:], 1
    else:
        count = 0
    ends = [match.end() for match in revisions]
    signed = ends_of_signatures(objects, octets)
    if len(revisions) + count != octets.count(_STARTXREF) or signed is None:
        return True
    if signed:
        return _hides_beside_signatures(octets, ends, signed, opened)
    if len(ends) > _MOST or _has_unlisted_object(pdf, octets, 0):
        return True
    return any(_differs(octets[:end], pdf, opened) for end in ends[:-1])


def _is_linearized(
    pdf: pikepdf.Pdf,
    octets: bytes,
    revisions: list[re.Match[bytes]],
    opened: Callable[[bytes], pikepdf.Pdf],
) -> bool:
    """Reports whether the file is linearized: it begins with the first page, whose own trailer has table offset 0."""
    if len(revisions) < 2 or int(revisions[0][1]) != 0:
        return False
    if len(revisions) == 2:
        return bool(pdf.is_linearized)
    with opened(octets[: revisions[1].end()]) as first:
        return bool(first.is_linearized)


def _hides_beside_signatures(
    octets: bytes, ends: list[int], signed: set[int], opened: Callable[[bytes], pikepdf.Pdf]
) -> bool:
    """Reports whether a signed file hides objects: checks each revision, and what it replaces of the previous one."""
    covered = {_without_line_end(octets, end) for end in signed}
    own = [end for end in ends if _without_line_end(octets, end) in covered]
    is_whole = len(own) == len(covered) and max(signed) == len(octets)
    if not is_whole or len(ends) - len(own) > _MOST or len(own) > _MOST_SIGNED:
        return True
    start = 0
    with ExitStack() as stack:  # opens and writes each revision once, comparing it with the previous one
        earlier: _Opened | None = None
        for end in ends:
            revision = octets[:end]
            pdf = stack.enter_context(opened(revision))
            if _has_unlisted_object(pdf, revision, start):
                return True
            later = _Opened(pdf, {name: _digest(pdf.get_object(*name)) for name in pdf.get_xref_table()})
            if earlier is not None and _replaces(earlier, later, is_signed=end in own):
                return True
            if earlier is not None:
                earlier.pdf.close()
            start, earlier = end, later
    return False


class _Opened(NamedTuple):
    """A revision, and the digests of all its objects as written."""

    pdf: pikepdf.Pdf
    written: dict[tuple[int, int], bytes]


def _replaces(before: _Opened, after: _Opened, *, is_signed: bool) -> bool:
    """Reports whether a revision replaces more of the previous one than is permitted."""
    if before.pdf.trailer.Root.objgen != after.pdf.trailer.Root.objgen:
        return True
    changed = [
        f"{name[0]} {name[1]} R"
        for name, written in before.written.items()
        if written != (after.written.get(name) or _digest(after.pdf.get_object(*name)))
    ]
    if not changed:
        return False
    return not (is_signed and is_of_a_signature(Objects(before.pdf), Objects(after.pdf), changed))


def _without_line_end(octets: bytes, end: int) -> int:
    while octets[end - 1 : end] in {b"\r", b"\n"}:
        end -= 1
    return end


def _has_unlisted_object(pdf: pikepdf.Pdf, octets: bytes, start: int) -> bool:
    """Reports whether, after `start`, an object occurs twice or isn't the one that the object table lists.

    A table that is itself an object needn't list itself.
    """
    table = pdf.get_xref_table()
    names = set()
    for match in _HEAD.finditer(octets[start:][::-1]):
        begin, end = len(octets) - match.end(), len(octets) - match.start()
        name = int(match[2][::-1]), int(match[1][::-1])
        entry = table.get(name)
        if name in names or (entry is None and not _is_list(octets, end)):
            return True
        if entry is not None and (entry.type != 1 or entry.offset != begin):
            return True
        names.add(name)
    return False


def _is_list(octets: bytes, start: int) -> bool:
    return re.match(rb"\s*<<[^>]{0,400}/Type\s*/XRef\b", octets[start : start + 512]) is not None


def _differs(revision: bytes, pdf: pikepdf.Pdf, opened: Callable[[bytes], pikepdf.Pdf]) -> bool:
    with opened(revision) as earlier:
        if earlier.trailer.Root.objgen != pdf.trailer.Root.objgen:
            return True
        return any(
            _serialize(earlier.get_object(*name)) != _serialize(pdf.get_object(*name))
            for name in earlier.get_xref_table()
        )


def _digest(held: Object) -> bytes:
    return hashlib.sha256(_serialize(held)).digest()


def _serialize(held: Object) -> bytes:
    if isinstance(held, Stream):
        return held.stream_dict.unparse(resolved=True) + held.read_raw_bytes()
    return held.unparse(resolved=True)


def ends_of_signatures(objects: Objects, octets: bytes) -> set[int] | None:
    """Returns the ends of the revisions that signatures cover; None if one covers something else."""
    ends = set()
    for held in objects.all():
        signature = objects.dictionary(held)
        if "/ByteRange" not in signature:
            continue
        numbers = objects.at(signature["/ByteRange"])
        if not isinstance(numbers, list) or len(numbers) != 4 or not all(isinstance(n, int) for n in numbers):
            return None
        first, start, end, rest = numbers
        if first or not 0 < start < end < end + rest <= len(octets):
            return None
        if (
            octets[start : start + 1] != b"<"
            or octets[end - 1 : end] != b">"
            or b">" in octets[start : end - 1]
        ):
            return None
        ends.add(end + rest)
    return ends


def is_of_a_signature(earlier: Objects, later: Objects, changed: Collection[str]) -> bool:
    """Reports whether the objects that a revision changed are only those that a signature must change."""
    return all(_may_change(earlier, later, name) for name in changed)


def _may_change(earlier: Objects, later: Objects, name: str) -> bool:
    was, now = earlier.at(name), later.at(name)
    if isinstance(was, list) and isinstance(now, list):
        return _adds_fields(later, was, now)
    old, new = earlier.dictionary(name), later.dictionary(name)
    if not old or not new or was is not old or now is not new:  # one of them is a stream
        return False
    if name == earlier.trailer.get("/Root") == later.trailer.get("/Root"):
        return _changed_keys(old, new) <= _OF_ROOT and _form_grows(
            later, earlier.dictionary(old.get("/AcroForm")), later.dictionary(new.get("/AcroForm"))
        )
    if name == earlier.dictionary(earlier.trailer.get("/Root")).get("/AcroForm"):
        return _form_grows(later, old, new)
    if earlier.at(old.get("/Type")) == "/Page":
        before, after = earlier.at(old.get("/Annots", [])), later.at(new.get("/Annots"))
        return _changed_keys(old, new) == {"/Annots"} and _adds_fields(later, before, after)
    return (
        name == later.trailer.get("/Info") and _is_plain_info(earlier, name) and _is_plain_info(later, name)
    )


def _changed_keys(old: Held, new: Held) -> set[str]:
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def _form_grows(later: Objects, old: Held, new: Held) -> bool:
    if not _changed_keys(old, new) <= _OF_FORM:
        return False
    before, after = old.get("/Fields", []), new.get("/Fields", [])
    if before == after:
        return True  # also for a reference: its object is checked separately
    return _adds_fields(later, later.at(before), later.at(after))


def _adds_fields(later: Objects, was: Any, now: Any) -> bool:
    """Reports whether a list keeps its entries and only appends fields that hold signatures."""
    if not isinstance(was, list) or not isinstance(now, list) or now[: len(was)] != was:
        return False
    return all(is_signed_field(later, added) for added in now[len(was) :])


def _is_plain_info(objects: Objects, name: str) -> bool:
    """Reports whether it has only texts about the file, and only the trailer refers to it."""
    held = objects.at(name)
    values = held.values() if isinstance(held, dict) else [None]
    if not all(isinstance(value, str) and not value.endswith(" R") for value in values):
        return False
    return not any(name in _references(held) for held in objects.all())


def _references(held: Any) -> Iterator[str]:
    waiting = [held]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            yield one
