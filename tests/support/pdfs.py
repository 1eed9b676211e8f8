"""PDFs for tests, written by hand: honest ones, and ones that could change their looks."""

import math
import random
import re
import zlib
from collections.abc import Mapping
from typing import Final

Bodies = Mapping[int, bytes]
_ROOT: Final = 1


def page_text(lines: tuple[str, ...]) -> bytes:
    """Returns a page's content with these lines of ASCII text."""
    shown = b"".join(b"(" + line.encode("ascii") + b") Tj T*\n" for line in lines)
    return b"BT /F1 18 Tf 24 TL 60 760 Td\n" + shown + b"ET\n"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """Returns the body of a stream object."""
    return b"<< /Length %d %s >>\nstream\n" % (len(content), entries) + content + b"\nendstream"


def bodies(
    pages: int = 1, *, lines: tuple[str, ...] = ("Contract 2026-118", "Total: CNY 100.00")
) -> dict[int, bytes]:
    """Returns the objects of a contract: 1 root, 2 page list, 3 font, then each page and its content."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(pages))
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for n in range(pages):
        objects[4 + 2 * n] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * n)
        )
        objects[5 + 2 * n] = stream(page_text((*lines, f"Page {n + 1} of {pages}")))
    return objects


def written(
    objects: Bodies, *, trailer: bytes = b"", onto: bytes = b"%PDF-1.7\n", root: int = _ROOT
) -> bytes:
    """Returns a file with a classic table, or `onto` with the objects appended as another revision."""
    out, places = bytearray(onto), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table, trailer = len(out), b""
    out += b"xref\n"
    if b"startxref" in onto:
        trailer = b"/Prev %d" % int(onto.rsplit(b"startxref", 1)[1].split()[0])
    else:
        out += b"0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    if not places:
        out += b"0 0\n"
    size = max(int(number) for number in re.findall(rb"(\d+) 0 obj", out)) + 1
    out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, trailer, table)
    return bytes(out)


def contract(pages: int) -> bytes:
    """Returns a contract with this number of pages."""
    return written(bodies(pages))


def pdf(*, root: bytes = b"", page: bytes = b"", **more: bytes) -> bytes:
    """Returns a contract of one page with extra entries in root and page, and extra objects `o90` and so on."""
    objects = bodies()
    objects[1] = objects[1].replace(b" >>", b" " + root + b" >>")
    objects[4] = objects[4].replace(b" /Resources", b" " + page + b" /Resources")
    return written(objects | {int(name[1:]): body for name, body in more.items()})


def heavy(pages: int = 100, octets: int = 10_000_000) -> bytes:
    """Returns a contract with a scanned picture on each page, of this size in total."""
    objects, edge = bodies(pages), math.isqrt(octets // pages // 3)
    look = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceRGB"
        % (edge, edge)
    )
    for n in range(pages):
        picture = 3 + 2 * pages + n + 1
        objects[picture] = stream(random.Random(n).randbytes(3 * edge * edge), look)  # noqa: S311  # noise for the picture
        objects[4 + 2 * n] = objects[4 + 2 * n].replace(
            b"/Font", b"/XObject << /X1 %d 0 R >> /Font" % picture
        )
        objects[5 + 2 * n] = stream(b"q 475 0 0 475 60 120 cm /X1 Do Q\n" + page_text((f"Page {n + 1}",)))
    return written(objects)


def bomb() -> bytes:
    """Returns a PDF whose object table unpacks to a thousand times its size: 200 MB."""
    packed = zlib.compressobj()
    data = b"".join(packed.compress(bytes(1 << 20)) for _ in range(200)) + packed.flush()
    table = b"/Type /XRef /Size 50000000 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode"
    begin = b"%PDF-1.7\n"
    return begin + b"1 0 obj\n" + stream(data, table) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(begin)


def packed_arrays(count: int, values: int) -> bytes:
    """Returns a PDF with `count` object streams, each with an array of `values` numbers, which packs to 2 kB."""
    objects = bodies()
    first = max(objects) + 1
    array = b"[" + b"0 " * values + b"]"
    for number in range(first, first + 2 * count, 2):
        head = b"%d 0 " % (number + 1)
        entries = b"/Type /ObjStm /N 1 /First %d /Filter /FlateDecode" % len(head)
        objects[number] = stream(zlib.compress(head + array), entries)
    table, out = first + 2 * count, bytearray(b"%PDF-1.7\n")
    rows = {0: (0, 0, 65535)}
    for number, body in objects.items():
        rows[number] = (1, len(out), 0)
        if number >= first:
            rows[number + 1] = (2, number, 0)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    rows[table] = (1, len(out), 0)
    places = b"".join(
        kind.to_bytes(1, "big") + place.to_bytes(4, "big") + index.to_bytes(2, "big")
        for kind, place, index in (rows[number] for number in range(table + 1))
    )
    entries = b"/Type /XRef /Size %d /W [1 4 2] /Root 1 0 R /Filter /FlateDecode" % (table + 1)
    end = b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(out)
    return bytes(out) + b"%d 0 obj\n" % table + stream(zlib.compress(places), entries) + end
