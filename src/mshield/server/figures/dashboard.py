"""The console's first page: today compared with yesterday, failures, latencies, certificates, alarms.

Figures are per whole hour, summed over all processes (server/runtime/metrics.py); the last minute isn't
included yet. Today is compared with yesterday only up to the last full hour, so that both cover the same
time.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from mshield.server.accounts.sms_budget import read_spent
from mshield.server.certificates.rows import counts
from mshield.server.certificates.rules.messages import CertificateCountsMessage
from mshield.server.certificates.rules.renewal import half_year_after
from mshield.server.database.interface import Database
from mshield.server.error_codes import BY_CODE
from mshield.server.errors import in_general
from mshield.server.figures import rules
from mshield.server.figures.rules import AlarmMessage
from mshield.server.identity.rows import proofs
from mshield.server.notices.rows import sms_log
from mshield.server.publication.state import ReadCaState
from mshield.server.runtime.clocks.run_watch import read_doubts
from mshield.server.runtime.rows import jobs
from mshield.server.runtime.rows import metrics as store
from mshield.server.runtime.rows.metrics import CountRow
from mshield.server.settings.settings import Settings
from mshield.server.staff.rules import StaffRole
from mshield.server.values.percentiles import percentile
from mshield.wire.ids import first_id
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS

__all__ = ["Dashboard", "Failure", "Latency", "Point", "ReadDashboard", "Span"]

MONTH_DAYS: Final = 30
MOST_LISTED: Final = 12
SIGNING: Final = "finishSigning"
_CACHED_MS: Final = MINUTE_MS
_MOST_CLONES: Final = 10
_NOT_OPERATIONS: Final = frozenset({"declined"})

Span = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class Point:
    """Figures of an hour or a day that begins at `at` (ms); `p95` is in ms, None if nothing was signed."""

    at: int
    signatures: int
    logins: int
    issued: int
    declined: int
    p95: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Number of refusals of an operation with one error code."""

    operation: str
    code: str
    count: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Duration percentiles of an operation, in ms."""

    operation: str
    count: int
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Dashboard of a span.

    `points` are those of this span up to now, `before` those of the previous span. Points that end by
    `complete` (ms) are complete.
    """

    start: int
    step: int
    complete: int
    points: tuple[Point, ...]
    before: tuple[Point, ...]
    p95: float | None
    p95_before: float | None
    failures: tuple[Failure, ...]
    latencies: tuple[Latency, ...]
    certificates: CertificateCountsMessage
    alarms: tuple[AlarmMessage, ...]


@dataclass(slots=True)
class ReadDashboard:
    """Reader of the dashboard; counts certificates at most once a minute."""

    db: Database
    ca_state: ReadCaState
    settings: Settings
    zone: dt.tzinfo
    _certificates: tuple[int, CertificateCountsMessage] | None = field(default=None)

    async def __call__(self, *, today: int, span: Span, roles: Iterable[StaffRole], now: int) -> Dashboard:
        """Returns the dashboard; `today` is the start of the reader's day (ms, a full hour, at most a day ago)."""
        step, bins = (HOUR_MS, 24) if span == "day" else (DAY_MS, MONTH_DAYS)
        start = today if span == "day" else today - (MONTH_DAYS - 1) * DAY_MS
        length = step * bins
        rows = await store.between(self.db, start=start - length, until=now + 1)
        issued = await store.issued(self.db, start=start - length, until=now + 1)
        current = [row for row in rows if row.hour >= start]
        complete = start + (now - start) // step * step
        # Compare with the previous span only up to the same point in time.
        previous = [row for row in rows if start - length <= row.hour < complete - length]
        return Dashboard(
            start=start,
            step=step,
            complete=complete,
            points=tuple(_points(current, issued, start=start, step=step, bins=(now - start) // step + 1)),
            before=tuple(_points(rows, issued, start=start - length, step=step, bins=bins)),
            p95=_p95(current),
            p95_before=_p95(previous),
            failures=_failures(current),
            latencies=_latencies(current),
            certificates=await self._count_certificates(now=now),
            alarms=await self._alarms(rows, today=today, roles=frozenset(roles), now=now),
        )

    async def _count_certificates(self, *, now: int) -> CertificateCountsMessage:
        if self._certificates is None or not 0 <= now - self._certificates[0] < _CACHED_MS:
            due = half_year_after(now, self.zone)
            certificates = await counts.stored(self.db, due=due, now=now)
            # Until the job has counted all certificates once, count them here.
            self._certificates = (now, certificates or await counts.of_all(self.db, due=due, now=now))
        return self._certificates[1]

    async def _alarms(
        self, rows: list[CountRow], *, today: int, roles: frozenset[StaffRole], now: int
    ) -> tuple[AlarmMessage, ...]:
        raised = [
            rules.possible_copy(row.serial, row.shield_number, at=row.at)
            for row in await store.clones(self.db, since=first_id(now - DAY_MS), most=_MOST_CLONES)
        ]
        raised += _of_reports(row for row in rows if row.hour >= today)
        raised += [
            rules.webhooks_dead(row.client_id, row.name, row.count, at=row.at)
            for row in await store.dead(self.db, since=now - DAY_MS)
        ]
        raised += await self._of_sms(now=now)
        raised += [
            rules.objected(account_id, at=at)
            for account_id, at in await proofs.objected(
                self.db, since=now - rules.OBJECTED_MS, most=_MOST_CLONES
            )
        ]
        raised += [
            rules.clock_doubted(row.process, row.doubt, at=row.since)
            for row in await read_doubts(self.db, now=now)
        ]
        raised += await self._of_jobs(now=now)
        raised += [
            rules.of_ca(warning.code, warning.severity, warning.zh, warning.en, subject=warning.subject)
            for warning in (await self.ca_state(now=now)).warnings
        ]
        visible = [alarm for alarm in raised if rules.is_for(alarm, roles)]
        return tuple(sorted(visible, key=lambda alarm: alarm.severity != "bad"))

    async def _of_sms(self, *, now: int) -> list[AlarmMessage]:
        raised = []
        sent, failed = await sms_log.since(self.db, id=first_id(now - HOUR_MS))
        if failed >= rules.FEW_SMS and failed * rules.SMS_SHARE >= sent:
            raised.append(rules.sms_failing(failed, sent))
        spent = await read_spent(self.db, self.settings.accounts, now=now)
        if spent.is_low:
            raised.append(rules.sms_budget(spent.count, spent.most))
        return raised

    async def _of_jobs(self, *, now: int) -> list[AlarmMessage]:
        raised = []
        for row in await jobs.list_jobs(self.db):
            if row.failures >= rules.FAILURES_IN_A_ROW:
                raised.append(rules.job_failing(row.name, row.failures, at=row.last_at))
            elif row.lease_until <= now and now - row.next_at > rules.JOB_LATE_MS:
                raised.append(rules.job_late(row.name, (now - row.next_at) // MINUTE_MS))
        return raised


def _of_reports(rows: Iterable[CountRow]) -> list[AlarmMessage]:
    reports = sum(row.count for row in rows if row.operation == "declined" and row.code == "not_me")
    return [rules.reported(reports)] if reports >= rules.MOST_NOT_ME else []


def sentence_of(code: str) -> tuple[str, str]:
    """Returns the general sentence of an error in Chinese and English; empty strings for an unknown code."""
    error = BY_CODE.get(code)
    return ("", "") if error is None else in_general(error)


def _points(
    rows: Iterable[CountRow], issued: dict[int, int], *, start: int, step: int, bins: int
) -> Iterable[Point]:
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    times: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        place = (row.hour - start) // step
        counts[place][row.operation] += row.count if not row.code or row.operation == "declined" else 0
        if row.operation == SIGNING and not row.code:
            times[place][row.bucket] += row.count
    for hour, count in issued.items():
        counts[(hour - start) // step]["issued"] += count
    for place in range(bins):
        figures = counts[place]
        yield Point(
            start + place * step,
            figures["signed_sign"],
            figures["signed_login"],
            figures["issued"],
            figures["declined"],
            percentile(times[place], 0.95),
        )


def _p95(rows: Iterable[CountRow]) -> float | None:
    counts: dict[int, int] = defaultdict(int)
    for row in rows:
        if row.operation == SIGNING and not row.code:
            counts[row.bucket] += row.count
    return percentile(counts, 0.95)


def _failures(rows: Iterable[CountRow]) -> tuple[Failure, ...]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        if row.code and row.operation not in _NOT_OPERATIONS:
            counts[row.operation, row.code] += row.count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Failure(operation, code, count) for (operation, code), count in ordered[:MOST_LISTED])


def _latencies(rows: Iterable[CountRow]) -> tuple[Latency, ...]:
    counts: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if not row.code and row.bucket >= 0:
            counts[row.operation][row.bucket] += row.count
    latencies = [
        Latency(
            operation,
            sum(buckets.values()),
            percentile(buckets, 0.5) or 0.0,
            percentile(buckets, 0.95) or 0.0,
            percentile(buckets, 0.99) or 0.0,
        )
        for operation, buckets in counts.items()
    ]
    return tuple(sorted(latencies, key=lambda latency: (-latency.count, latency.operation))[:MOST_LISTED])
