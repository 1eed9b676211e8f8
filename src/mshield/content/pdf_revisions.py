"""Whether a PDF keeps objects behind those that it shows: what an earlier revision showed, or a later one is to show.

A shadow attack prepares a file with both looks. So each object stands in the file once: a revision may add objects, as
Word does in each of its files, and may replace none.
"""

import re
from collections.abc import Callable
from typing import Final

import pikepdf
from pikepdf import Object, Stream

_HEAD: Final = re.compile(
    rb"(?<![0-9])([0-9]{1,10})[ \t\r\n\x00\x0c]+([0-9]{1,5})[ \t\r\n\x00\x0c]+obj(?![A-Za-z0-9])"
)
_REVISION: Final = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF(?:\r\n|\r|\n|\Z)?")
_STARTXREF: Final = b"startxref"
_MOST: Final = 4
"""Revisions that are compared; each is opened by itself."""


def hides_objects(pdf: pikepdf.Pdf, octets: bytes, opened: Callable[[bytes], pikepdf.Pdf]) -> bool:
    """Whether there is an object that isn't the one shown. `opened` reads a revision; what it raises is passed on."""
    revisions = list(_REVISION.finditer(octets))
    # The first page of a linearized file stands first and ends by itself, at a table that is nowhere.
    ends = [match.end() for match in revisions if not (pdf.is_linearized and int(match[1]) == 0)]
    if len(revisions) != octets.count(_STARTXREF) or len(ends) > _MOST or _is_any_left_out(pdf, octets):
        return True
    return any(_differs(octets[:end], pdf, opened) for end in ends[:-1])


def _is_any_left_out(pdf: pikepdf.Pdf, octets: bytes) -> bool:
    """Whether an object stands in the file twice, or where the list of objects has another or none.

    A list that is itself an object need not name itself.
    """
    table = pdf.get_xref_table()
    names = set()
    for match in _HEAD.finditer(octets):
        name = int(match[1]), int(match[2])
        entry = table.get(name)
        if name in names or (entry is None and not _is_list(octets, match.end())):
            return True
        if entry is not None and (entry.type != 1 or entry.offset != match.start()):
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


def _written(held: Object) -> bytes:
    if isinstance(held, Stream):
        return pikepdf.Dictionary(held.stream_dict).unparse() + held.read_raw_bytes()
    return held.unparse(resolved=True)
