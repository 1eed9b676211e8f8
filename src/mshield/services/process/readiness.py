"""Whether this process can serve: answered within a second, whatever hangs.

One round of questions is under way at most, and its answers hold for a second; whoever asks meanwhile gets what is
known in time, and what isn't counts as bad. A node that doubts its clock refuses its phones' proofs and issues nothing:
it should leave the balancer. Where it is the database's clock that was set, all nodes have the same trouble.
"""

import asyncio
import logging
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from mshield.domain.times import MINUTE_MS
from mshield.gm.curve import G, N
from mshield.gm.engine import Engine
from mshield.services.process.clock_watch import ClockWatch
from mshield.settings import Settings
from mshield.store.database.interface import Database, StoreError
from mshield.store.operations import jobs
from mshield.store.process.probing import Probe, probe_of

ANSWER_SECONDS: Final = 0.8
LEAST_FREE: Final = 32 << 20
"""Octets of the disks where this process writes."""

_FRESH_SECONDS: Final = 1.0
_LATE_MS: Final = 10 * MINUTE_MS
Fault = Literal["node", "database"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found, by the name of the check; `ok` or why not.

    `fault` tells whose it is: this node's own, or the database's, which all nodes share. None: it can serve.
    """

    checks: dict[str, str]

    @property
    def fault(self) -> Fault | None:
        """Late jobs and standbys that lag keep nobody from serving, nor does a read-only mode that was set."""
        if any(self.checks[name] in {"wrong", "low", "off"} for name in ("engine", "disk", "clock")):
            return "node"
        if self.checks["clock"] == "database" or self.checks["database"] != "primary":
            return "database"
        if self.checks["writes"] not in {"ok", "read_only"}:
            return "database"
        return None


@dataclass(slots=True)
class Ready:
    """Asks, and remembers for a moment."""

    db: Database
    probe: Probe
    engine: Engine
    watch: ClockWatch
    folders: tuple[Path, ...]
    standbys: int = 0
    """How many followed the database when it was last asked, as far as the service's user may know."""

    _known: dict[str, str] = field(default_factory=dict)
    _round: asyncio.Task[None] | None = None
    _ended_at: float = float("-inf")
    _fault: Fault | None = None

    async def __call__(self) -> Readiness:
        """How ready the process is, as seen within the last second."""
        if self._round is None and time.monotonic() - self._ended_at >= _FRESH_SECONDS:
            self._known = {}
            self._round = asyncio.create_task(self._ask())
        if self._round is not None:
            await asyncio.wait({self._round}, timeout=ANSWER_SECONDS)
        readiness = Readiness({**_UNKNOWN, **self._known})
        self._tell(readiness)
        return readiness

    async def aclose(self) -> None:
        """Ends what is under way."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.wait({self._round})
        self.probe.close()

    async def _ask(self) -> None:
        try:
            self._known["clock"] = _clock(self.watch)
            self._known["engine"] = "ok" if _computes(self.engine) else "wrong"
            self._known["disk"] = "ok" if _has_room(self.folders) else "low"
            await asyncio.gather(self._look(), self._write(), self._look_at_jobs())
        finally:
            self._ended_at, self._round = time.monotonic(), None

    async def _look(self) -> None:
        try:
            seen = await self.probe.look()
        except StoreError:
            self._known["database"] = "unreachable"
            return
        self.standbys = seen.standbys
        self._known |= {
            "database": seen.role,
            "replication": "behind" if seen.behind else "ok",
        }

    async def _write(self) -> None:
        if self.db.read_only:
            self._known["writes"] = "read_only"
            return
        try:
            async with asyncio.timeout(5 * ANSWER_SECONDS):
                await self.probe.write()
        except (StoreError, TimeoutError):
            self._known["writes"] = "failed"
        else:
            self._known["writes"] = "ok"

    async def _look_at_jobs(self) -> None:
        now = self.watch()
        try:
            rows = await jobs.list_jobs(self.db)
        except StoreError:
            return
        late = any(max(row.next_at, row.lease_until) + _LATE_MS < now for row in rows)
        self._known["jobs"] = "late" if late else "ok"

    def _tell(self, readiness: Readiness) -> None:
        if readiness.fault != self._fault:
            how = ", ".join(f"{name} {said}" for name, said in readiness.checks.items())
            if readiness.fault is None:
                _log.warning("ready again: %s", how)
            else:
                _log.error("not ready, by the %s: %s", readiness.fault, how)
        self._fault = readiness.fault


_UNKNOWN: Final = {
    "database": "unreachable",
    "writes": "waiting",
    "clock": "ok",
    "engine": "ok",
    "disk": "ok",
    "jobs": "unknown",
    "replication": "unknown",
}


def _computes(engine: Engine) -> bool:
    try:
        return engine.add(engine.mul_g(N - 1), G) is None
    except Exception:  # noqa: BLE001  # whatever a library in disorder raises
        return False


def _has_room(folders: tuple[Path, ...]) -> bool:
    return all(shutil.disk_usage(folder).free >= LEAST_FREE for folder in folders if folder.exists())


def _clock(watch: ClockWatch) -> str:
    if watch.doubt is None:
        return "ok"
    return "database" if watch.doubts_database else "off"


def open_readiness(db: Database, engine: Engine, settings: Settings, watch: ClockWatch) -> Ready:
    """The readiness of this process, to be closed."""
    folders = [settings.high_water_folder]
    if db.dialect == "sqlite":
        folders.append(Path(settings.database.removeprefix("sqlite:///")).parent)
    return Ready(db, probe_of(db, settings.database), engine, watch, tuple(folders))
