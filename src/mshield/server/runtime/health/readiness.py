"""Reports whether this process can serve, within a second even if a dependency hangs.

At most one round of checks runs at a time, and its results are cached for a second. Callers meanwhile get the
results so far; missing results of the database are treated as failures. A node that doubts its clock refuses
phones' proofs and issues nothing, so the load balancer should exclude it. If the database's clock was
changed, all nodes are affected alike.
"""

import asyncio
import logging
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from mshield.gm.curve import G, N
from mshield.gm.engine import Engine
from mshield.server.database.interface import Database, StoreError
from mshield.server.keys.keyring import Keyring
from mshield.server.runtime.clocks.watch import ClockWatch
from mshield.server.runtime.health.keys import KeyCheck
from mshield.server.runtime.rows import jobs
from mshield.server.runtime.rows.probing import Probe, probe_of
from mshield.server.settings.database import DatabaseSettings
from mshield.wire.times import MINUTE_MS

ANSWER_SECONDS: Final = 0.8
LEAST_FREE: Final = 32 << 20
"""Minimum free bytes on the disks to which this process writes."""

_FRESH_SECONDS: Final = 1.0
_LATE_MS: Final = 10 * MINUTE_MS
Fault = Literal["node", "database"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Results by name of the check: `ok`, or the problem.

    `fault` says whether the fault is this node's, or the database's, which all nodes share. None: the process
    can serve.
    """

    checks: dict[str, str]

    @property
    def fault(self) -> Fault | None:
        """Location of the fault that prevents the process from serving; None if it can serve.

        It can serve with late jobs, lagging standbys, a device that doesn't answer, or in a configured
        read-only mode.
        """
        if any(self.checks[name] in {"wrong", "low", "off"} for name in ("engine", "disk", "clock", "keys")):
            return "node"
        if self.checks["clock"] == "database" or self.checks["keys"] == "lost":
            return "database"
        if self.checks["database"] != "primary":
            return "database"
        if self.checks["writes"] not in {"ok", "read_only"}:
            return "database"
        return None


@dataclass(slots=True)
class Ready:
    """Readiness checker with a short-lived cache."""

    db: Database
    probe: Probe
    engine: Engine
    watch: ClockWatch
    keys: KeyCheck
    folders: tuple[Path, ...]
    standbys: int = 0
    """Number of standbys at the last check, as far as the service's database user can see them."""

    _known: dict[str, str] = field(default_factory=dict)
    _round: asyncio.Task[None] | None = None
    _ended_at: float = float("-inf")
    _fault: Fault | None = None

    async def __call__(self) -> Readiness:
        """Returns the readiness, at most a second old."""
        if self._round is None and time.monotonic() - self._ended_at >= _FRESH_SECONDS:
            self._known = {}
            self._round = asyncio.create_task(self._ask())
        if self._round is not None:
            await asyncio.wait({self._round}, timeout=ANSWER_SECONDS)
        readiness = Readiness({**_UNKNOWN, **self._known})
        self._log_change(readiness)
        return readiness

    async def aclose(self) -> None:
        """Cancels the running round and closes the probe."""
        if self._round is not None:
            self._round.cancel()
            await asyncio.wait({self._round})
        await self.keys.aclose()
        self.probe.close()

    async def _ask(self) -> None:
        try:
            self._known["clock"] = _clock(self.watch)
            self._known["engine"] = "ok" if _engine_works(self.engine) else "wrong"
            self._known["disk"] = "ok" if has_room(self.folders) else "low"
            await asyncio.gather(self._check(), self._write(), self._look_at_jobs(), self._look_at_keys())
        finally:
            self._ended_at, self._round = time.monotonic(), None

    async def _check(self) -> None:
        try:
            server = await self.probe.look()
        except StoreError:
            self._known["database"] = "unreachable"
            return
        self.standbys = server.standbys
        self._known |= {
            "database": server.role,
            "replication": "behind" if server.behind else "ok",
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

    async def _look_at_keys(self) -> None:
        self._known["keys"] = await self.keys(ANSWER_SECONDS)

    def _log_change(self, readiness: Readiness) -> None:
        if readiness.fault != self._fault:
            how = ", ".join(f"{name} {said}" for name, said in readiness.checks.items())
            if readiness.fault is None:
                _log.warning("ready again: %s", how)
            else:
                _log.error("not ready because of the %s: %s", readiness.fault, how)
        self._fault = readiness.fault


_UNKNOWN: Final = {
    "database": "unreachable",
    "writes": "waiting",
    "clock": "ok",
    "engine": "ok",
    "disk": "ok",
    "keys": "unknown",
    "jobs": "unknown",
    "replication": "unknown",
}


def _engine_works(engine: Engine) -> bool:
    try:
        return engine.add(engine.mul_g(N - 1), G) is None
    except Exception:  # noqa: BLE001  # a broken library may raise anything
        return False


def has_room(folders: tuple[Path, ...]) -> bool:
    """Reports whether all disks with these folders have `LEAST_FREE` bytes left. Skips missing folders."""
    return all(shutil.disk_usage(folder).free >= LEAST_FREE for folder in folders if folder.exists())


def _clock(watch: ClockWatch) -> str:
    if watch.doubt is None:
        return "ok"
    return "database" if watch.doubts_database else "off"


def written_folders(settings: DatabaseSettings) -> tuple[Path, ...]:
    """Returns the folders to which a process writes: of the high-water file, and of a SQLite database."""
    if not settings.url.startswith("sqlite:"):
        return (settings.high_water_folder,)
    return settings.high_water_folder, Path(settings.url.removeprefix("sqlite:///")).parent


def open_readiness(
    db: Database, engine: Engine, settings: DatabaseSettings, watch: ClockWatch, keyring: Keyring
) -> Ready:
    """Returns the readiness checker of this process; the caller closes it."""
    return Ready(
        db, probe_of(db, settings.url), engine, watch, KeyCheck(db, keyring), written_folders(settings)
    )
