"""People enrolled at a site, the load that they make, and its pauses."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from drill import daemons, processes
from drill.phones import write_filing
from drill.plan import ADDRESSES, CLIENT, DATA, SERVE
from drill.site import Site, until
from drill.wires import inside

_REST_SECONDS: Final = 120.0
DEMO: Final = {
    "MSHIELD_MODE": "demo",
    "MSHIELD_SMS_GATEWAY": "development",
    "MSHIELD_SMS_RESEND_SECONDS": "0",
    "MSHIELD_SMS_CODES_BEFORE_PICTURE": "100000",
    "MSHIELD_SMS_CODES_PER_ADDRESS": "100000",
    "MSHIELD_SMS_CODES_PER_PREFIX": "100000",
    "MSHIELD_CAPTCHA_FREE_FAILURES": "100000",
    "MSHIELD_CAPTCHAS_PER_ADDRESS": "100000",
    "MSHIELD_CAPTCHA_WORK": "4",
}
SYSTEMS: Final = (
    ("business", "add", "国际贸易单一窗口", "--domain", "singlewindow.example"),
    ("business", "add", "掌上海关", "--domain", "customs.example"),
)
"""Commands that add the business systems."""


def enrol(site: Site, folder: Path, count: int) -> None:
    """Enrols people with phones and certificates through one service node in demo mode, and adds two business systems.

    It runs before the site is opened, so no other service runs meanwhile.
    """
    folder.mkdir(exist_ok=True)
    systems = [site.mshield(*words) for words in SYSTEMS]
    (folder / "systems.json").write_text(json.dumps(systems))
    write_filing(folder / "filing.csv", count)
    site.mshield("filing", "import", str(folder / "filing.csv"))
    node = SERVE[0]
    daemons.start_service(site.folder, node, **DEMO)
    until(lambda: site.ready(node) and site.answers(), "the service in demo mode", seconds=60)
    phones = str(folder / "phones")
    done = subprocess.run(
        inside(CLIENT, sys.executable, "-m", "drill.phones", phones, str(count)),
        env=_client_environment(site),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"enrolling: {done.stderr[-2000:]}")
    site.stop(node)


def _client_environment(site: Site) -> dict[str, str]:
    return {**os.environ, "SSL_CERT_FILE": str(site.folder.tls)}


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yields the events of a file, except a last line that is still being written."""
    if path.exists():
        with path.open(encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError):
                    yield json.loads(line)


@dataclass(frozen=True, slots=True)
class Calls:
    """Activity of this many phones and their business systems, in a folder with its events and pauses."""

    folder: Path
    count: int

    @property
    def events(self) -> Path:
        """Returns the file of events that phones and systems saw."""
        return self.folder / "events.jsonl"

    @property
    def writes(self) -> Path:
        """Returns the file of writes that databases acknowledged."""
        return self.folder / "writes.jsonl"

    @property
    def _pause(self) -> Path:
        return self.folder / "pause"

    @property
    def program(self) -> tuple[str, ...]:
        """Returns the command that makes the calls until SIGTERM."""
        return (sys.executable, "-m", "drill.load", str(self.folder), str(self.events))

    def flow(self, since: float = 0) -> None:
        """Waits until every phone has signed once since this time. Raises NotInTime."""
        until(
            lambda: self._signed(since) >= self.count or None,
            "a signature of each phone",
            seconds=_REST_SECONDS,
        )

    def _signed(self, since: float) -> int:
        news = (event for event in lines(self.events) if event["event"] == "signed")
        return len({event["phone"] for event in news if event["at"] >= since})

    def pause(self) -> None:
        """Pauses the load, and waits until every phone has finished its operation. Raises NotInTime."""
        began = time.time()
        self._pause.touch()
        until(
            lambda: self._resting(began) >= self.count or None,
            "phones at rest",
            seconds=_REST_SECONDS,
            every=0.5,
        )

    def _resting(self, since: float) -> int:
        news = (event for event in lines(self.events) if event["at"] >= since)
        return len({event["phone"] for event in news if event["event"] == "resting"})

    def go_on(self) -> None:
        """Ends the pause."""
        self._pause.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Load(Calls):
    """The load on a site, and the direct writes that databases acknowledged."""

    site: Site

    def start(self) -> list[subprocess.Popen[bytes]]:
        """Starts both."""
        password = self.site.folder.secret("drill")
        tls = f"sslmode=verify-full sslrootcert={self.site.folder.authority}"
        more = f"dbname=drill user=drill connect_timeout=2 tcp_user_timeout=60000 keepalives=0 {tls}"
        dsns = [f"{node}=host={ADDRESSES[node]} password={password} {more}" for node in DATA]
        log, environment = self.site.folder.log(CLIENT, "load"), _client_environment(self.site)
        writes = (sys.executable, "-m", "drill.writes", str(self.writes), *dsns)
        return [
            processes.start(CLIENT, log, *command, environment=environment)
            for command in (self.program, writes)
        ]


@contextlib.contextmanager
def loaded(site: Site, folder: Path, count: int) -> Iterator[Load]:
    """Keeps up the load of this many phones during the body."""
    load = Load(folder, count, site)
    started = load.start()
    try:
        yield load
    finally:
        load.go_on()
        for process in started:
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            for process in started:
                process.wait(15)
        processes.send(CLIENT, signal.SIGKILL)
