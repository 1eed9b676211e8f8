"""PDFs of tests, written by hand: honest ones, and those that could look otherwise than they do."""

import math
import random
import re
import zlib
from collections.abc import Mapping
from typing import Final

Bodies = Mapping[int, bytes]
_ROOT: Final = 1


def page_text(lines: tuple[str, ...]) -> bytes:
    """A page's content: these lines, in Latin letters."""
    shown = b"".join(b"(" + line.encode("ascii") + b") Tj T*\n" for line in lines)
    return b"BT /F1 18 Tf 24 TL 60 760 Td\n" + shown + b"ET\n"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream's body."""
    return b"<< /Length %d %s >>\nstream\n" % (len(content), entries) + content + b"\nendstream"


def bodies(
    pages: int = 1, *, lines: tuple[str, ...] = ("Contract 2026-118", "Total: CNY 100.00")
) -> dict[int, bytes]:
    """Objects of a contract: 1 its root, 2 the list of pages, 3 the font, then each page and its content."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(pages))
    made = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Count %d /Kids [%s] >>" % (pages, kids),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for n in range(pages):
        made[4 + 2 * n] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (5 + 2 * n)
        )
        made[5 + 2 * n] = stream(page_text((*lines, f"Page {n + 1} of {pages}")))
    return made


def written(
    objects: Bodies, *, trailer: bytes = b"", onto: bytes = b"%PDF-1.7\n", root: int = _ROOT
) -> bytes:
    """The objects as a file with a classic table; appended to one, as a revision more."""
    out, places = bytearray(onto), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = len(out)
    out += b"xref\n"
    if b"startxref" in onto:
        trailer += b" /Prev %d" % int(onto.rsplit(b"startxref", 1)[1].split()[0])
    else:
        out += b"0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        out += b"%d 1\n%010d 00000 n \n" % (number, place)
    if not places:
        out += b"0 0\n"
    size = max(int(number) for number in re.findall(rb"(\d+) 0 obj", out)) + 1
    out += b"trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, trailer, table)
    return bytes(out)


def pdf(
    pages: int = 1, *, root: bytes = b"", page: bytes = b"", trailer: bytes = b"", **more: bytes
) -> bytes:
    """A contract; with entries more in its root and its first page, and objects `o90` and so on more."""
    made = bodies(pages)
    made[1] = made[1].replace(b" >>", b" " + root + b" >>")
    made[4] = made[4].replace(b" /Resources", b" " + page + b" /Resources")
    return written(made | {int(name[1:]): body for name, body in more.items()}, trailer=trailer)


def heavy(pages: int = 100, octets: int = 10_000_000) -> bytes:
    """A contract with a scanned picture on each page, of so many octets in all."""
    made, edge = bodies(pages), math.isqrt(octets // pages // 3)
    look = (
        b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /ColorSpace /DeviceRGB"
        % (edge, edge)
    )
    for n in range(pages):
        picture = 3 + 2 * pages + n + 1
        made[picture] = stream(random.Random(n).randbytes(3 * edge * edge), look)  # noqa: S311  # noise to look at
        made[4 + 2 * n] = made[4 + 2 * n].replace(b"/Font", b"/XObject << /X1 %d 0 R >> /Font" % picture)
        made[5 + 2 * n] = stream(b"q 475 0 0 475 60 120 cm /X1 Do Q\n" + page_text((f"Page {n + 1}",)))
    return written(made)


def bomb() -> bytes:
    """A list of objects that is a thousand times as long when it is unpacked: 200 MB."""
    packed = zlib.compressobj()
    data = b"".join(packed.compress(bytes(1 << 20)) for _ in range(200)) + packed.flush()
    table = b"/Type /XRef /Size 50000000 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode"
    begin = b"%PDF-1.7\n"
    return begin + b"1 0 obj\n" + stream(data, table) + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(begin)
