"""Counts the instructions of a service by callgrind, between two moments at which all of its threads sleep."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

from benches import counted_service
from tests.support.live_service import LiveService

_ANSWER_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.002
"""Interval at which the service's threads are checked."""
_EMPTY: Final = 12
"""Number of counts without a call; the median of the later half is the cost of the orders themselves."""


@dataclass(slots=True)
class Counter:
    """Controls a service under callgrind and collects counts by the name of the call."""

    folder: Path
    connection: socket.socket
    pid: int
    counts: dict[str, list[int]] = field(default_factory=dict)
    _overhead: int = 0

    def start(self) -> None:
        """Starts counting, and measures the overhead of an order."""
        self.connection.settimeout(_ANSWER_SECONDS)
        self._order(b"s")
        empty = []
        for _ in range(_EMPTY):
            self._zero()
            empty.append(self._dump())
        self._overhead = round(median(empty[_EMPTY // 2 :]))

    @contextmanager
    def count(self, name: str) -> Iterator[None]:
        """Adds the instructions that the service executes during the body to the counts of this name."""
        self._zero()
        yield
        self.counts.setdefault(name, []).append(self._dump() - self._overhead)

    def _zero(self) -> None:
        self._wait_until_idle()
        self._order(b"z")
        self._wait_until_idle()

    def _dump(self) -> int:
        self._wait_until_idle()
        self._order(b"d")
        (file,) = self.folder.glob("callgrind.out.*")
        for line in file.read_text("utf-8", "replace").splitlines():
            if line.startswith("summary: "):
                file.unlink()
                return int(line.split()[1])
        raise RuntimeError(f"{file} has no summary")

    def _order(self, order: bytes) -> None:
        self.connection.send(order)
        if self.connection.recv(1) != order:
            raise RuntimeError("the service under callgrind has ended")

    def _wait_until_idle(self) -> None:
        """Returns once all threads were asleep at two checks and none ran in between."""
        deadline, before = time.monotonic() + _ANSWER_SECONDS, None
        while time.monotonic() < deadline:
            now = self._threads()
            if now is not None and now == before:
                return
            before = now
            time.sleep(_LOOK_SECONDS)
        raise RuntimeError(f"the service was still busy after {_ANSWER_SECONDS:.0f} s")

    def _threads(self) -> tuple[str, ...] | None:
        """CPU time and number of runs of each thread; None if a thread runs or waits for a disk."""
        tasks = sorted(Path(f"/proc/{self.pid}/task").iterdir())
        if any((task / "stat").read_text().rpartition(")")[2].split()[0] != "S" for task in tasks):
            return None
        return tuple((task / "schedstat").read_text() for task in tasks)


@contextmanager
def counted(service: LiveService) -> Iterator[Counter]:
    """Restarts a service under callgrind, without hash randomisation, and yields its counter."""
    for program in ("valgrind", "cc"):
        assert shutil.which(program), f"needs {program}: scripts/install-test-needs"
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as listener:
        folder = Path(name)
        address = str(folder / "orders")
        listener.bind(address)
        listener.listen(1)
        service.stop()
        service.settings["PYTHONHASHSEED"] = "0"
        service.program = (
            "valgrind",
            "--tool=callgrind",
            "--instr-atstart=no",
            "--dump-line=no",
            f"--callgrind-out-file={folder / 'callgrind.out'}",
            sys.executable,
            "-P",  # don't search the folder of the benches for modules
            counted_service.__file__,
            str(_library(folder)),
            address,
        )
        service.start()
        assert service.process is not None
        connection, _ = listener.accept()
        try:
            with connection:
                counter = Counter(folder, connection, service.process.pid)
                counter.start()
                yield counter
        finally:
            service.kill()  # its timers are stopped, so it wouldn't end by itself


def _library(folder: Path) -> Path:
    """Compiles the requests to valgrind."""
    source, library = folder / "requests.c", folder / "requests.so"
    source.write_text(counted_service.REQUESTS)
    subprocess.run(("cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source)), check=True)
    return library
