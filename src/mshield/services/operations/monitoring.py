"""What this process does and how it is, for Prometheus, which fetches it at a port of its own.

Each process has its own port, the first free one from the set one on: counts are its own, from its start, and what
hangs in it doesn't keep them from being told. What takes the database is looked at beside, and told as of then.
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

from mshield.domain.figures import BOUNDS_MS, UNTIMED
from mshield.domain.times import SECOND_MS
from mshield.services.ground import Ground
from mshield.services.operations.watch_jobs import WatchJobs
from mshield.services.process.metrics import Metrics
from mshield.services.process.readiness import Ready
from mshield.services.process.security_events import EVENTS
from mshield.store.database.interface import StoreError

LOOK_SECONDS: Final = 15.0
MOST_PROCESSES: Final = 64
"""Ports that are tried."""

_BOUNDS: Final = (*(f"{bound / 1000:g}" for bound in BOUNDS_MS), "+Inf")
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Seen:
    """What was looked at: whether the process is ready, its checks, standbys, and how late each job is (s)."""

    ready: bool = False
    standbys: int = 0
    checks: dict[str, str] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)


class _Told(Collector):
    """Called in the threads that answer: it reads what the process keeps anyway, and changes nothing."""

    def __init__(self, ground: Ground, metrics: Metrics, seen: _Seen) -> None:
        self._ground, self._metrics, self._seen = ground, metrics, seen

    def describe(self) -> Iterator[Metric]:
        """Nothing: the library would else collect once to know the names."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        ground, seen = self._ground, self._seen
        engine, database = ground.engine.name, ground.db.dialect
        about = {"version": version("mshield"), "engine": engine, "database": database}
        yield InfoMetricFamily("mshield", "Which release runs, on what.", about)
        yield from self._calls()
        events = CounterMetricFamily(
            "mshield_security_events", "Events of the security log.", labels=["event"]
        )
        totals = ground.security.totals.copy()
        for event in EVENTS:  # from 0 on: what appears with its first count is no increase to Prometheus
            events.add_metric([event.name], totals.get(event, 0))
        yield events
        yield _gauge("mshield_ready", "1 where /readyz says so.", float(seen.ready))
        yield _gauge(
            "mshield_clock_doubted",
            "1 while nothing is issued, purged or expires.",
            float(ground.clock_watch.doubt is not None),
        )
        yield _gauge("mshield_standbys", "Servers that follow the database.", float(seen.standbys))
        checks = GaugeMetricFamily("mshield_check", "What /readyz looks at; 1.", labels=["check", "state"])
        for name, state in seen.checks.items():
            checks.add_metric([name, state], 1)
        yield checks
        late = GaugeMetricFamily("mshield_job_late_seconds", "How long a job is overdue.", labels=["name"])
        for job, seconds in seen.late.items():
            late.add_metric([job], seconds)
        yield late

    def _calls(self) -> Iterator[Metric]:
        counts, seconds = self._metrics.totals.copy(), self._metrics.seconds.copy()
        calls = CounterMetricFamily(
            "mshield_calls", "Calls answered, and what else is counted.", labels=["operation", "code"]
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
            "mshield_call_duration_seconds", "How long calls took that wait for nobody.", labels=["operation"]
        )
        for operation, buckets in timed.items():
            below = list(zip(_BOUNDS, map(float, accumulate(buckets)), strict=True))
            durations.add_metric([operation], below, sum_value=seconds.get(operation, 0.0))
        yield durations


@asynccontextmanager
async def monitored(
    ground: Ground, ready: Ready, metrics: Metrics, periods: dict[str, int]
) -> AsyncIterator[None]:
    """Serves metrics at the settings' port while the body runs; without a port it does nothing."""
    settings = ground.settings
    if settings.metrics_port is None:
        yield
        return
    seen, registry = _Seen(), CollectorRegistry()
    registry.register(_Told(ground, metrics, seen))
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    stop = _serve(registry, settings.metrics_host, settings.metrics_port)
    looking = asyncio.create_task(_look(ground, ready, WatchJobs(ground.db, periods), seen))
    try:
        yield
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        await asyncio.to_thread(stop)


def _serve(registry: CollectorRegistry, host: str, first: int) -> Callable[[], None]:
    """What ends it. A port that others have is no error: metrics are worth no outage."""
    refused: OSError | None = None
    for port in range(first, min(first + MOST_PROCESSES, 65536)):
        try:
            server, thread = start_http_server(port, host, registry)
        except OSError as error:
            refused = error
        else:
            _log.info("metrics at http://%s:%d/metrics", host, port)
            return partial(_stop, server, thread)
    _log.error("no port for metrics: %s", refused)
    return lambda: None


def _stop(server: WSGIServer, thread: Thread) -> None:
    server.shutdown()
    server.server_close()
    thread.join()


async def _look(ground: Ground, ready: Ready, jobs: WatchJobs, seen: _Seen) -> None:
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
