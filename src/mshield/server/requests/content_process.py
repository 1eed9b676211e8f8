"""Checks large contents in separate processes, each ended after a timeout and restarted for the next content.

Such a process parses untrusted files, also in C++ (qpdf), without access to the service's secrets and without
blocking it. The business systems take turns, and one system's contents are checked one at a time. A content
that takes longer than a second is stopped and checked again later, in a process that slow systems share, so that
systems with slow contents delay only each other.
"""

import asyncio
import atexit
import hashlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Final, Literal

import msgspec

from mshield.server.content.image import Kind as ImageKind
from mshield.server.content.pdf_order import TRIAL, Update
from mshield.server.content.words import Comparison, DrawingOrder
from mshield.server.errors import Unavailable

CPU_SECONDS: Final = 10
"""Maximum CPU time for one content."""
QUICK_SECONDS: Final = 1
"""CPU time after which a content is stopped, and its system is slow from then on."""
SLOW_SECONDS: Final = 60
"""Time for which a system stays slow after a content that took long."""
SECONDS: Final = 20
"""Timeout for one content, including the start of the process. It only frees the process for the next one."""
AT_ONCE: Final = 16 * 1024
"""Size in bytes up to which a text or image is checked by the caller, which is cheaper than asking a process."""
PROCESSES: Final = 2
"""Maximum processes. A system uses one of them; all slow systems together leave one to the others."""
MOST_WAITING: Final = 20
"""Maximum contents of one business system that wait or are checked."""
MOST_WAITING_OCTETS: Final = 48 * 1024 * 1024
"""Maximum octets of one business system's contents that wait; a single one may have more."""
_REMEMBERED_SECONDS: Final = 3600
_MOST_REMEMBERED: Final = 1_000
_RETRY_AFTER: Final = 5
_SLOW_NICENESS: Final = 15
_LENGTH_OCTETS: Final = 8
_COMMAND: Final = (sys.executable, "-m", "mshield.server.content")
_PASSED_VARIABLES: Final = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""Environment variables passed to the process; the others may hold the service's secrets."""

Answer = tuple[str | None, bytes]
"""A refusal, or None and the requested octets."""
_Kind = Literal["pdf", "image", "xml", "words"]
_EXCEEDED: Final[Answer] = ("too_complex", b"")


class _Exceeded(Exception):
    """The content used too much CPU time or memory, or broke the process."""


@dataclass(frozen=True, slots=True)
class Job:
    """A content to check; `order` says how, in a form that depends on the kind."""

    kind: _Kind
    octets: bytes
    order: bytes
    answer: Future[Answer] = field(default_factory=Future)

    @property
    def digest(self) -> bytes:
        """SHA-256 of what determines the time that it takes; an update of a PDF takes as long as another one."""
        order = b"" if self.kind == "pdf" else self.order
        head = f"{self.kind} {len(order)} ".encode()
        digest = hashlib.sha256(head + order)
        digest.update(self.octets)
        return digest.digest()


@dataclass(slots=True, eq=False)
class _Process:
    running: subprocess.Popen[bytes] | None = None
    is_nice: bool = False
    """Whether it leaves the processor to others, since it checked a slow system's content."""
    since: float = math.inf
    """When the running process was started (`time.monotonic`)."""

    def give_way(self) -> None:
        """Lowers the priority of the process until it ends, unless it is as low already."""
        if sys.platform != "win32" and not self.is_nice:
            self.is_nice = True
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._begun().pid, _SLOW_NICENESS)

    def answer(self, job: Job, seconds: float) -> Answer:
        """Blocks until the process answers, which may use `seconds` of CPU time.

        Raises: _Exceeded, Unavailable (it took too long, or was killed).
        """
        process = self._begun()
        clock = threading.Timer(SECONDS, process.kill)
        clock.start()
        try:
            line, added = _exchange(process, job, seconds)
        finally:
            clock.cancel()
        if added is not None:
            state, _, refusal = line.decode().strip().partition(" ")
            if state == "last":
                self._renew()
            return refusal or None, added
        if self._ended(process) == -signal.SIGKILL:
            raise Unavailable(retry_after=_RETRY_AFTER)
        raise _Exceeded

    def _ended(self, process: subprocess.Popen[bytes]) -> int:
        """Ends the process and returns its exit status, which is negative for a signal."""
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        self._renew()
        return process.returncode

    def _renew(self) -> None:
        """Starts the next process at once, since the next content would wait for its start."""
        self.end()
        with suppress(OSError):
            self._begun()

    def _begun(self) -> subprocess.Popen[bytes]:
        if self.running is None or self.running.poll() is not None:
            self.end()
            variables = {name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ}
            self.since = time.monotonic()
            self.running = subprocess.Popen(  # noqa: S603  # our own program
                _COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=variables,
            )
        return self.running

    def end(self) -> None:
        """Kills the process in any state."""
        if self.running is not None:
            self.running.kill()
            for pipe in (self.running.stdin, self.running.stdout):
                _close(pipe)
            self.running.wait()
            self.running, self.is_nice, self.since = None, False, math.inf


def _exchange(process: subprocess.Popen[bytes], job: Job, seconds: float) -> tuple[bytes, bytes | None]:
    """Sends one content; returns the answer's line and the bytes after it, which are None for an incomplete answer."""
    if process.stdin is None or process.stdout is None:
        return b"", None
    try:
        for part in (job.kind.encode(), str(seconds).encode(), job.octets, job.order):
            process.stdin.write(len(part).to_bytes(_LENGTH_OCTETS, "big"))
            process.stdin.write(part)
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
        pass  # Closing flushes input that the process hasn't read.


@dataclass(slots=True)
class _Pool:
    """Processes and the queues of the business systems, whose turn follows the order of `queues`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(PROCESSES, thread_name_prefix="content")
    )
    idle: list[_Process] = field(default_factory=lambda: [_Process() for _ in range(PROCESSES)])
    queues: OrderedDict[str, deque[Job]] = field(default_factory=OrderedDict)
    busy: set[str] = field(default_factory=set)
    slow: dict[str, float] = field(default_factory=dict)
    """Business systems with slow contents, and until when they count as slow; longer while one is checked."""
    too_slow: OrderedDict[bytes, float] = field(default_factory=OrderedDict)
    """Digest of each content that exceeded a bound, and until when it is refused without being checked."""

    def submit(self, client_id: str, job: Job) -> Future[Answer]:
        """Queues a content. Raises: Unavailable (too many of this system are waiting)."""
        with self.lock:
            queue = self.queues.get(client_id, deque())
            octets = sum(len(waiting.octets) for waiting in queue)
            are_many = len(queue) + (client_id in self.busy) >= MOST_WAITING
            if are_many or (queue and octets + len(job.octets) > MOST_WAITING_OCTETS):
                raise Unavailable(retry_after=_RETRY_AFTER)
            queue.append(job)
            self.queues[client_id] = queue
        self.threads.submit(self._work)
        return job.answer

    def end(self) -> None:
        """Kills the processes that aren't checking."""
        for process in self.idle:
            process.end()

    def _work(self) -> None:
        """Checks contents until none is left whose system has its turn."""
        while (turn := self._next()) is not None:
            client_id, job, process, seconds = turn
            try:
                if job.answer.running() or job.answer.set_running_or_notify_cancel():
                    job.answer.set_result(self._check(process, job, seconds))
            except _Exceeded:  # The quick attempt took too long.
                with self.lock:
                    self.slow[client_id] = time.monotonic() + SLOW_SECONDS
                    self.queues.setdefault(client_id, deque()).appendleft(job)
            except BaseException as error:  # noqa: BLE001  # the caller gets it
                job.answer.set_exception(error)
            finally:
                with self.lock:
                    self.busy.discard(client_id)
                    self.idle.append(process)

    def _next(self) -> tuple[str, Job, _Process, float] | None:
        """Returns whose turn it is, with a content, a process and the CPU time that it may use."""
        with self.lock:
            now = time.monotonic()
            for ended in [one for one, until in self.slow.items() if until < now and one not in self.busy]:
                del self.slow[ended]
            excluded = self.busy
            if len(self.busy & self.slow.keys()) >= PROCESSES - 1:
                excluded = self.busy | self.slow.keys()
            client_id = next((one for one in self.queues if one not in excluded), None)
            if client_id is None:
                return None
            queue = self.queues.pop(client_id)
            job = queue.popleft()
            if queue:
                self.queues[client_id] = queue
            self.busy.add(client_id)
            is_slow = client_id in self.slow
            # A slow system ends its process again and again. It gets the newest one, so that the others don't wait
            # for the start of the next.
            sign = 1 if is_slow else -1
            process = max(self.idle, key=lambda one: (one.is_nice == is_slow, sign * one.since))
            self.idle.remove(process)
            seconds = CPU_SECONDS if is_slow else min(QUICK_SECONDS, CPU_SECONDS)
            return client_id, job, process, seconds

    def _check(self, process: _Process, job: Job, seconds: float) -> Answer:
        """Returns the answer. Raises: _Exceeded (in less than the maximum CPU time), Unavailable."""
        digest = job.digest
        with self.lock:
            until = self.too_slow.get(digest, 0.0)
        if time.monotonic() < until:
            return _EXCEEDED
        try:
            if seconds > QUICK_SECONDS:
                process.give_way()
            return process.answer(job, seconds)
        except _Exceeded:
            if seconds < CPU_SECONDS:
                raise
            with self.lock:
                self.too_slow[digest] = time.monotonic() + _REMEMBERED_SECONDS
                while len(self.too_slow) > _MOST_REMEMBERED:
                    self.too_slow.popitem(last=False)
            return _EXCEEDED


_POOL: Final = _Pool()
atexit.register(_POOL.end)


async def refusal_of_pdf(client_id: str, octets: bytes, *, is_to_be_updated: bool = False) -> str | None:
    """Returns the reason why the PDF is refused (as in `content.pdf`, or `too_complex`); None if it is accepted.

    With `is_to_be_updated`, also checks that a signature can be added. Raises: Unavailable (too many contents of
    this business system are waiting, or the machine is too busy).
    """
    refusal, _ = await _answer(client_id, "pdf", octets, TRIAL if is_to_be_updated else b"")
    return refusal


async def update_of_pdf(client_id: str, octets: bytes, update: Update) -> bytes:
    """Returns the update for an accepted PDF. Raises: Unavailable (as `refusal_of_pdf`, or the update failed)."""
    refusal, added = await _answer(client_id, "pdf", octets, msgspec.json.encode(update))
    if refusal is not None:
        raise Unavailable(retry_after=_RETRY_AFTER)
    return added


async def refusal_of_image(client_id: str, octets: bytes, kind: ImageKind) -> str | None:
    """Returns why the image is refused; None if it is accepted. Raises: Unavailable (as `refusal_of_pdf`)."""
    refusal, _ = await _answer(client_id, "image", octets, kind.encode())
    return refusal


async def canonical_xml(client_id: str, octets: bytes) -> tuple[str | None, bytes]:
    """Returns a refusal, or None and the canonical form. Raises: Unavailable (as `refusal_of_pdf`)."""
    return await _answer(client_id, "xml", octets, b"")


async def comparison_of(client_id: str, octets: bytes, order: DrawingOrder) -> Comparison | None:
    """Draws a content and compares the words with it; None if that is too complex.

    Raises: Unavailable (as `refusal_of_pdf`).
    """
    refusal, answer = await _answer(client_id, "words", octets, msgspec.msgpack.encode(order))
    return None if refusal is not None else msgspec.msgpack.decode(answer, type=Comparison)


async def _answer(client_id: str, kind: _Kind, octets: bytes, order: bytes) -> Answer:
    return await asyncio.wrap_future(_POOL.submit(client_id, Job(kind, octets, order)))
