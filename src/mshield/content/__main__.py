"""The process that reads PDFs for a service: each on stdin after its length, a line with the refusal on stdout.

It knows no secret, and may take little memory: what a file does to its reader it does here.
"""

import sys
from typing import Final

from mshield.content.pdf import limit_qpdf, refusal_of

LENGTH_OCTETS: Final = 8
_MEMORY: Final = 1024 * 1024 * 1024


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # Windows has none

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Reads until nothing more comes."""
    limit_qpdf()
    _limit_memory()
    given, answers = sys.stdin.buffer, sys.stdout.buffer
    while length := given.read(LENGTH_OCTETS):
        octets = given.read(int.from_bytes(length, "big"))
        answers.write(f"{refusal_of(octets) or ''}\n".encode())
        answers.flush()


if __name__ == "__main__":
    main()
