"""Metrics of this process for Prometheus, served at a separate port.

Each process uses its own port, the first free one from the configured one on. Counters are per process and
start at 0. They are served by separate threads, so they remain available even if the process hangs. Values
that need the database are read periodically and served from memory.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from itertools import accumulate
from threading import Thread
from typing import Final
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import start_http_server
from prometheus_client.registry import Collector

from mshield.server.database.interface import StoreError
from mshield.server.figures.jobs import WatchJobs
from mshield.server.ground import Ground
from mshield.server.runtime.health.readiness import Ready
from mshield.server.runtime.metrics import Metrics
from mshield.server.runtime.security_log.events import EVENTS
from mshield.server.values.percentiles import BOUNDS_MS, UNTIMED
from mshield.wire.times import SECOND_MS

LOOK_SECONDS: Final = 15.0
MOST_PROCESSES: Final = 64
"""Maximum number of ports to try."""

_BOUNDS: Final = (*(f"{bound / 1000:g}" for bound in BOUNDS_MS), "+Inf")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Observation:
    """Latest observation: readiness, its checks, standbys, and seconds by which each job is late."""

    ready: bool = False
    standbys: int = 0
    checks: dict[str, str] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)


class _MetricsCollector(Collector):
    """Collector called in the threads of the metrics server; it only reads data that the process has in memory."""

    def __init__(self, ground: Ground, metrics: Metrics, seen: _Observation) -> None:
        self._ground, self._metrics, self._seen = ground, metrics, seen

    def describe(self) -> Iterator[Metric]:
        """Returns nothing, because otherwise the library would collect once to learn the names."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        ground, seen = self._ground, self._seen
        engine, database = ground.engine.name, ground.db.dialect
        about = {"version": version("mshield"), "engine": engine, "database": database}
        yield InfoMetricFamily("mshield", "Running release and its platform.", about)
        yield from self._calls()
        events = CounterMetricFamily(
            "mshield_security_events", "Events of the security log.", labels=["event"]
        )
        totals = ground.security.totals.copy()
        for event in EVENTS:  # start at 0: Prometheus misses the first count of a new series
            events.add_metric([event.name], totals.get(event, 0))
        yield events
        yield _gauge(
            "mshield_ready", "1 if this process is ready, as reported by /readyz.", float(seen.ready)
        )
        yield _gauge(
            "mshield_clock_doubted",
            "1 while the clock is in doubt, so that nothing is issued, purged or expired.",
            float(ground.clock_watch.doubt is not None),
        )
        yield _gauge("mshield_standbys", "Number of standby servers of the database.", float(seen.standbys))
        checks = GaugeMetricFamily(
            "mshield_check", "Checks of /readyz; 1 if passed.", labels=["check", "state"]
        )
        for name, state in seen.checks.items():
            checks.add_metric([name, state], 1)
        yield checks
        late = GaugeMetricFamily(
            "mshield_job_late_seconds", "Seconds by which a job is overdue.", labels=["name"]
        )
        for job, seconds in seen.late.items():
            late.add_metric([job], seconds)
        yield late

    def _calls(self) -> Iterator[Metric]:
        counts, seconds = self._metrics.totals.copy(), self._metrics.seconds.copy()
        calls = CounterMetricFamily(
            "mshield_calls", "Answered calls, and other counters.", labels=["operation", "code"]
        )
        by_code: dict[tuple[str, str], int] = {}
        timed: dict[str, list[int]] = {}
        for (operation, code, bucket), number in counts.items():
            by_code[operation, code] = by_code.get((operation, code), 0) + number
            if bucket != UNTIMED:
                timed.setdefault(operation, [0] * len(_BOUNDS))[bucket] += number
        for (operation, code), number in by_code.items():
            calls.add_metric([operation, code or "ok"], number)
        yield calls
        durations = HistogramMetricFamily(
            "mshield_call_duration_seconds", "Duration of calls, without long polls.", labels=["operation"]
        )
        for operation, buckets in timed.items():
            below = list(zip(_BOUNDS, map(float, accumulate(buckets)), strict=True))
            durations.add_metric([operation], below, sum_value=seconds.get(operation, 0.0))
        yield durations


@asynccontextmanager
async def monitored(
    ground: Ground, ready: Ready, metrics: Metrics, periods: dict[str, int]
) -> AsyncIterator[None]:
    """Serves metrics at the configured port while the body runs; no-op without a port."""
    settings = ground.settings
    if settings.process.metrics_port is None:
        yield
        return
    seen, registry = _Observation(), CollectorRegistry()
    registry.register(_MetricsCollector(ground, metrics, seen))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    stop = _serve(registry, settings.process.metrics_host, settings.process.metrics_port)
    looking = asyncio.create_task(_observe(ground, ready, WatchJobs(ground.db, periods), seen))
    try:
        yield
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        await asyncio.to_thread(stop)


def _serve(registry: CollectorRegistry, host: str, first: int) -> Callable[[], None]:
    """Starts the server and returns a function to stop it. Failing to find a free port is only logged."""
    refused: OSError | None = None
    for port in range(first, min(first + MOST_PROCESSES, 65536)):
        try:
            server, thread = start_http_server(port, host, registry)
        except OSError as error:
            refused = error
        else:
            _log.info("metrics at http://%s:%d/metrics", host, port)
            return partial(_stop, server, thread)
    _log.error("no free port for metrics: %s", refused)
    return lambda: None


def _stop(server: WSGIServer, thread: Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join()


async def _observe(ground: Ground, ready: Ready, jobs: WatchJobs, seen: _Observation) -> None:
    while True:
        readiness = await ready()
        seen.ready, seen.checks, seen.standbys = readiness.fault is None, readiness.checks, ready.standbys
        with contextlib.suppress(StoreError):
            now = ground.clock()
            rows = [job.row for job in await jobs.list_all() if job.row is not None]
            seen.late = {
                row.name: max(0, now - max(row.next_at, row.lease_until)) / SECOND_MS for row in rows
            }
        await asyncio.sleep(LOOK_SECONDS)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
