"""Reads PDFs in a process of its own: one at a time, ended where it takes too long, begun anew with the next.

qpdf is C++ that reads what strangers wrote; there it has neither the service's secrets nor its time.
"""

import asyncio
import atexit
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Final

import msgspec

from mshield.content.pdf_order import TRIAL, Update
from mshield.domain import errors

SECONDS: Final = 10
"""For one PDF, the process's own start included."""
_MOST_WAITING: Final = 20
_RETRY_AFTER: Final = 5
_LENGTH_OCTETS: Final = 8
_COMMAND: Final = (sys.executable, "-m", "mshield.content")
_KEPT: Final = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""All that the process gets of the environment, which may hold the service's secrets."""
_POOL: Final = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pdf")


@dataclass(slots=True)
class _Process:
    running: subprocess.Popen[bytes] | None = None
    waiting: int = 0

    def answer(self, octets: bytes, wanted: bytes) -> tuple[str | None, bytes]:
        """A refusal, or none and what was wanted. Blocks until it is read, or the time is over."""
        process = self._begun()
        clock = threading.Timer(SECONDS, process.kill)
        clock.start()
        try:
            line, added = _asked(process, octets, wanted)
        finally:
            clock.cancel()
        if added is None:
            self.end()
            return "too_complex", b""
        return line.decode().strip() or None, added

    def _begun(self) -> subprocess.Popen[bytes]:
        if self.running is None or self.running.poll() is not None:
            self.end()
            kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
            self.running = subprocess.Popen(  # noqa: S603  # its own program
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=kept
            )
        return self.running

    def end(self) -> None:
        """Ends it, whatever it does."""
        if self.running is not None:
            self.running.kill()
            for pipe in (self.running.stdin, self.running.stdout):
                _close(pipe)
            self.running.wait()
            self.running = None


def _asked(process: subprocess.Popen[bytes], octets: bytes, wanted: bytes) -> tuple[bytes, bytes | None]:
    """Its line and what comes behind; None for what is no answer."""
    if process.stdin is None or process.stdout is None:
        return b"", None
    try:
        for part in (octets, wanted):
            process.stdin.write(len(part).to_bytes(_LENGTH_OCTETS, "big") + part)
        process.stdin.flush()
        line = process.stdout.readline()
        length = process.stdout.read(_LENGTH_OCTETS)
        size = int.from_bytes(length, "big")
        added = process.stdout.read(size)
    except OSError:
        return b"", None
    is_whole = line.endswith(b"\n") and len(length) == _LENGTH_OCTETS and len(added) == size
    return line, added if is_whole else None


def _close(pipe: IO[bytes] | None) -> None:
    try:
        if pipe is not None:
            pipe.close()
    except OSError:
        pass  # what it had not read yet


_PROCESS: Final = _Process()
atexit.register(_PROCESS.end)


async def refusal_of_pdf(octets: bytes, *, is_to_be_updated: bool = False) -> str | None:
    """Why the PDF is refused, a reason of `content.pdf` or `too_complex`; for one that gets a signature also why not.

    Raises Unavailable where too many wait.
    """
    refusal, _ = await _answer(octets, TRIAL if is_to_be_updated else b"")
    return refusal


async def update_of_pdf(octets: bytes, update: Update) -> bytes:
    """The update for a PDF that was taken. Raises Unavailable, also where too many wait."""
    refusal, added = await _answer(octets, msgspec.json.encode(update))
    if refusal is not None:
        raise errors.Unavailable(retry_after=_RETRY_AFTER)
    return added


async def _answer(octets: bytes, wanted: bytes) -> tuple[str | None, bytes]:
    if _PROCESS.waiting >= _MOST_WAITING:
        raise errors.Unavailable(retry_after=_RETRY_AFTER)
    _PROCESS.waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_POOL, _PROCESS.answer, octets, wanted)
    finally:
        _PROCESS.waiting -= 1
