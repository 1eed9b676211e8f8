"""Subprocess that checks contents for a service.

Each request on stdin is a kind, the CPU seconds it may take, a content and an order (for a PDF: empty, an
update as JSON, or `TRIAL`), each preceded by its length. The response on stdout is a line with `more`, or
`last` if the process ends now, and the refusal (empty if there is none), then the octets of the answer,
preceded by their length. The process has no secrets and limited time and memory, so that a malicious file can
harm only this process.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Final, cast

import msgspec

from mshield.server.content import image
from mshield.server.content.pdf import MOST_OCTETS, limit_qpdf, refusal_of
from mshield.server.content.pdf_order import SAMPLE, TRIAL, Update
from mshield.server.content.words import DrawingOrder, compare_content
from mshield.server.content.xml import canonical_or_refusal

LENGTH_OCTETS: Final = 8
SPARE: Final = 4 * 1024
"""Maximum growth in octets of a seal with text over one without."""

_MEMORY: Final = 1024 * 1024 * 1024
_MEMORY_LIMIT: Final = 160 * 1024 * 1024
"""Resident memory in octets above which the process ends after its answer, so that the memory is returned."""
_NICER: Final = 5
_SHORTEST: Final = 0.001
"""Seconds; a timer of 0 would never end the process."""
_STATM: Final = Path("/proc/self/statm")
_PAGE: Final = 4096


def _limit_process() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # not on Windows

        os.nice(_NICER)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """Lets the kernel end the process (SIGPROF) once it has used these seconds of CPU time from now on."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, max(seconds, _SHORTEST))


def _is_large() -> bool:
    try:
        pages = int(_STATM.read_text("ascii").split()[1])
    except OSError:
        return False  # not on Linux
    return pages * _PAGE > _MEMORY_LIMIT


def _answer(kind: str, octets: bytes, order: bytes) -> tuple[str, bytes]:
    """Returns a refusal (empty if there is none) and the answer's octets."""
    match kind:
        case "pdf":
            return _pdf(octets, order)
        case "image":
            return image.refusal_of(octets, cast(image.Kind, order.decode())) or "", b""
        case "xml":
            refusal, canonical = canonical_or_refusal(octets)
            return refusal or "", canonical
        case _:
            found = compare_content(msgspec.msgpack.decode(order, type=DrawingOrder), octets)
            return "", msgspec.msgpack.encode(found)


def _pdf(octets: bytes, order: bytes) -> tuple[str, bytes]:
    refusal = (refusal_of(octets) or "") if order in {b"", TRIAL} else ""
    return _update(octets, order) if order and not refusal else (refusal, b"")


def _update(octets: bytes, wanted: bytes) -> tuple[str, bytes]:
    """Returns a refusal (empty if there is none) and the update."""
    from mshield.server.content import pdf_update  # noqa: PLC0415  # takes 0.3 s, for PDF signatures only

    is_trial = wanted == TRIAL
    update = SAMPLE if is_trial else msgspec.json.decode(wanted, type=Update)
    try:
        added = pdf_update.prepared(octets, update)
    except pdf_update.CannotUpdate:
        return "damaged", b""
    if is_trial:
        return "too_large" if len(octets) + len(added) + SPARE > MOST_OCTETS else "", b""
    return "", added


def main() -> None:
    """Processes requests until stdin ends."""
    limit_qpdf()
    _limit_process()
    files, answers = sys.stdin.buffer, sys.stdout.buffer

    def part() -> bytes:
        return files.read(int.from_bytes(files.read(LENGTH_OCTETS), "big"))

    while kind := part().decode():
        _limit_time(float(part()))
        refusal, added = _answer(kind, part(), part())
        is_last = _is_large()
        answers.write(f"{'last' if is_last else 'more'} {refusal}\n".encode())
        answers.write(len(added).to_bytes(LENGTH_OCTETS, "big") + added)
        answers.flush()
        if is_last:
            return


if __name__ == "__main__":
    main()
