"""Whether a PDF keeps objects behind those that it shows: what an earlier revision showed, or a later one is to show.

A shadow attack prepares a file with both looks. So each object stands in the file once: a revision may add objects, as
Word does in each of its files, and may replace none. Only the update of a signature replaces what it has to, and then
all that was added before is covered by a signature too.
"""

import hashlib
import re
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final, NamedTuple

import pikepdf
from pikepdf import Object, Stream

from mshield.content.pdf_objects import Objects
from mshield.content.pdf_signed import ends_of_signatures, is_of_a_signature

_HEAD: Final = re.compile(
    rb"(?<![A-Za-z0-9])jbo[ \t\r\n\x00\x0c]+([0-9]{1,5})[ \t\r\n\x00\x0c]+([0-9]{1,10})(?![0-9])"
)
"""An object's head, `5 0 obj`, from its end to its beginning: it begins with a word then, which is fast."""
_REVISION: Final = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF(?:\r\n|\r|\n|\Z)?")
_STARTXREF: Final = b"startxref"
_MOST: Final = 4
"""Revisions that are compared; each is opened by itself."""
_MOST_SIGNED: Final = 32
"""Those that signatures cover, besides."""


def hides_objects(
    pdf: pikepdf.Pdf, objects: Objects, octets: bytes, opened: Callable[[bytes], pikepdf.Pdf]
) -> bool:
    """Whether there is an object that isn't the one shown. `opened` reads a revision; what it raises is passed on."""
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
    if len(ends) > _MOST or _is_any_left_out(pdf, octets, 0):
        return True
    return any(_differs(octets[:end], pdf, opened) for end in ends[:-1])


def _is_linearized(
    pdf: pikepdf.Pdf,
    octets: bytes,
    revisions: list[re.Match[bytes]],
    opened: Callable[[bytes], pikepdf.Pdf],
) -> bool:
    """Whether the first page stands first and ends by itself, at a table that is nowhere."""
    if len(revisions) < 2 or int(revisions[0][1]) != 0:
        return False
    if len(revisions) == 2:
        return bool(pdf.is_linearized)
    with opened(octets[: revisions[1].end()]) as first:
        return bool(first.is_linearized)


def _hides_beside_signatures(
    octets: bytes, ends: list[int], signed: set[int], opened: Callable[[bytes], pikepdf.Pdf]
) -> bool:
    """As `hides_objects`: each revision by itself, and what it replaces of the one before."""
    covered = {_without_line_end(octets, end) for end in signed}
    own = [end for end in ends if _without_line_end(octets, end) in covered]
    is_whole = len(own) == len(covered) and max(signed) == len(octets)
    if not is_whole or len(ends) - len(own) > _MOST or len(own) > _MOST_SIGNED:
        return True
    start = 0
    with ExitStack() as stack:  # each revision is opened and written out once, and held to the one before
        earlier: _Opened | None = None
        for end in ends:
            revision = octets[:end]
            pdf = stack.enter_context(opened(revision))
            if _is_any_left_out(pdf, revision, start):
                return True
            later = _Opened(pdf, {name: _digest(pdf.get_object(*name)) for name in pdf.get_xref_table()})
            if earlier is not None and _replaces(earlier, later, is_signed=end in own):
                return True
            if earlier is not None:
                earlier.pdf.close()
            start, earlier = end, later
    return False


class _Opened(NamedTuple):
    """A revision, and the digests of all its objects as they are written."""

    pdf: pikepdf.Pdf
    written: dict[tuple[int, int], bytes]


def _replaces(before: _Opened, after: _Opened, *, is_signed: bool) -> bool:
    """Whether a revision replaces more of the one before than it may."""
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


def _is_any_left_out(pdf: pikepdf.Pdf, octets: bytes, start: int) -> bool:
    """Whether, from `start`, an object stands there twice, or where the list of objects has another or none.

    A list that is itself an object need not name itself.
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
            _written(earlier.get_object(*name)) != _written(pdf.get_object(*name))
            for name in earlier.get_xref_table()
        )


def _digest(held: Object) -> bytes:
    return hashlib.sha256(_written(held)).digest()


def _written(held: Object) -> bytes:
    if isinstance(held, Stream):
        return held.stream_dict.unparse(resolved=True) + held.read_raw_bytes()
    return held.unparse(resolved=True)
