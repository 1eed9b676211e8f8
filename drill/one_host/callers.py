"""Phones and business systems of a service on one host, whose calls continue while it is restarted."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final

from drill import phones
from drill.running import Calls, lines
from drill.verdict import seen

PHONES: Final = 6
_ENDING: Final = 60.0


@dataclass(frozen=True, slots=True)
class Callers:
    """Callers of one origin; `inside` is the command prefix that gives access to its network."""

    calls: Calls
    origin: str
    inside: Callable[[], tuple[str, ...]] = tuple

    def write_filing(self) -> None:
        """Writes the file of filing records to the callers' folder."""
        self.calls.folder.mkdir(mode=0o755, exist_ok=True)
        phones.write_filing(self.calls.folder / "filing.csv", self.calls.count)

    def enrol(self) -> None:
        """Issues a certificate to each person, with the service in demo mode. Raises RuntimeError."""
        folder = str(self.calls.folder / "phones")
        command = (sys.executable, "-m", "drill.phones", folder, str(self.calls.count))
        done = subprocess.run(
            (*self.inside(), *command),
            env=self._environment(),
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"enrolling: {done.stderr[-2000:]}")

    def over(self, restart: Callable[[], None], kept: Callable[[], set[str]]) -> dict[str, Any]:
        """Returns what the callers saw of a restart, and the number of their signatures missing from `kept` after it.

        Raises NotInTime if someone can't sign before or after it.
        """
        with self._calling():
            self.calls.flow()
            began = time.time()
            restart()
            self.calls.flow(time.time())
            self.calls.pause()
            saw = seen(self.calls, began=began, ended=time.time())
        return self._counts(kept()) | {
            "unfinished": saw.unfinished,
            "first_success": saw.first_success,
            "longest_gap": saw.longest_gap,
            "errors": saw.errors,
        }

    def _counts(self, kept: set[str]) -> dict[str, Any]:
        events = list(lines(self.calls.events))
        acknowledged = {sid for event in events if event["event"] == "signed" for sid in event["sids"]}
        logins = {event["id"] for event in events if event["event"] == "asked" and event["login"]}
        done = {event["id"] for event in events if event["event"] == "result" and event["state"] == "signed"}
        return {
            "acknowledged": len(acknowledged),
            "lost": len(acknowledged - kept),
            "signatures": len(done - logins),
            "logins": len(done & logins),
        }

    @contextlib.contextmanager
    def _calling(self) -> Iterator[None]:
        with (self.calls.folder / "calls.log").open("ab") as log, self._program(log) as process:
            try:
                yield
            finally:
                self.calls.go_on()
                process.terminate()
                try:
                    process.wait(_ENDING)
                except subprocess.TimeoutExpired:
                    process.kill()

    def _program(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            (*self.inside(), *self.calls.program),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=self._environment(),
        )

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "DRILL_ORIGIN": self.origin}
