"""The process that reads PDFs for a service: each on stdin after its length, a line with the refusal on stdout.

Behind a PDF stands what is asked besides, after its length: an update that is wanted for it, as JSON. That comes
behind the line, after its length. It knows no secret, and may take little memory: what a file does to its reader it
does here.
"""

import sys
from typing import Final

import msgspec

from mshield.content.pdf import MOST_OCTETS, limit_qpdf, refusal_of
from mshield.content.pdf_order import SAMPLE, TRIAL, Update

LENGTH_OCTETS: Final = 8
SPARE: Final = 4 * 1024
"""By how many octets a picture with a name may be longer than one without."""

_MEMORY: Final = 1024 * 1024 * 1024


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # Windows has none

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _update(octets: bytes, wanted: bytes) -> tuple[str, bytes]:
    """A refusal, or none and the update."""
    from mshield.content import pdf_update  # noqa: PLC0415  # takes a third of a second, for PDF signatures alone

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
    """Reads until nothing more comes."""
    limit_qpdf()
    _limit_memory()
    files, answers = sys.stdin.buffer, sys.stdout.buffer
    while length := files.read(LENGTH_OCTETS):
        octets = files.read(int.from_bytes(length, "big"))
        wanted = files.read(int.from_bytes(files.read(LENGTH_OCTETS), "big"))
        refusal, added = "", b""
        if wanted in {b"", TRIAL}:
            refusal = refusal_of(octets) or ""
        if wanted and not refusal:
            refusal, added = _update(octets, wanted)
        answers.write(f"{refusal}\n".encode() + len(added).to_bytes(LENGTH_OCTETS, "big") + added)
        answers.flush()


if __name__ == "__main__":
    main()
