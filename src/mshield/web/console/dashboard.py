"""The console's first page: figures of today beside yesterday's, failures, times, certificates, alarms."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.staff import StaffRole
from mshield.domain.times import DAY_MS, HOUR_MS, SECOND_MS
from mshield.services.operations.dashboard import Dashboard, Point, sentence_of
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.context import context_of
from mshield.web.openapi.documents import Documents
from mshield.web.openapi.words import words_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("console")

Time = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class DashboardWanted(Query, frozen=True):
    """Whose day it is, and how much of it."""

    today: Annotated[
        Time | None,
        msgspec.Meta(
            description="when the reader's day began, ms, a full hour; else the day of the service's zone"
        ),
    ] = None
    span: Annotated[Literal["day", "month"], msgspec.Meta(description="by hours of a day, or by days")] = (
        "day"
    )


class PointMessage(Wire, frozen=True):
    """An hour or a day that begins at `at` (ms). `p95_ms` is of signing calls, null where there were none."""

    at: int
    signatures: int
    logins: int
    issued: int
    declined: int
    p95_ms: float | None


class FailureMessage(Wire, frozen=True):
    """How often an operation was refused with a code, and what that code says to people."""

    operation: str
    operation_zh: str
    operation_en: str
    code: str
    zh: str
    en: str
    count: int


class LatencyMessage(Wire, frozen=True):
    """How long the service took for an operation that went well, in ms."""

    operation: str
    operation_zh: str
    operation_en: str
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class CertificateCountsMessage(Wire, frozen=True):
    """Certificates by the state that people see; each counts once. `due` end within half a year."""

    active: int
    due: int
    held: int
    locked: int
    ended: int


class AlarmMessage(Wire, frozen=True):
    """Something to look at: `page` of the console, and the `record` there. `at` (ms) is when it happened."""

    code: str
    severity: Literal["bad", "warn"]
    zh: str
    en: str
    page: Literal["certificates", "accounts", "systems", "jobs", "ca", "sms", "dashboard"]
    record: str | None
    at: int | None


class DashboardMessage(Wire, frozen=True):
    """`points` up to now, `before` the span before it; only those that end by `complete` (ms) are whole.

    `p95_ms` is of signing calls up to now, `p95_before_ms` of the span before up to `complete`.
    """

    now: int
    start: int
    step: int
    complete: int
    points: tuple[PointMessage, ...]
    before: tuple[PointMessage, ...]
    p95_ms: float | None
    p95_before_ms: float | None
    failures: tuple[FailureMessage, ...]
    latencies: tuple[LatencyMessage, ...]
    certificates: CertificateCountsMessage
    alarms: tuple[AlarmMessage, ...]


@router.get(
    "/dashboard",
    summary="Figures and alarms",
    operation_id="showDashboard",
    answers=openapi.answers(DashboardMessage, "As they stand now"),
)
async def show_dashboard(request: Request, query: DashboardWanted) -> Response:
    """All staff see figures; of alarms they see those that their roles may follow."""
    member = await staff_of(request, *StaffRole)
    context = context_of(request)
    now = context.clock()
    figures = await context.operations.dashboard(
        today=_day(query.today, ZoneInfo(context.settings.time_zone), now=now),
        span=query.span,
        roles=member.roles,
        now=now,
    )
    documents: Documents = request.app.state.documents
    return JsonAnswer(_message(figures, documents.summaries, now=now))


def _day(today: int | None, zone: ZoneInfo, *, now: int) -> int:
    if today is None:
        day = dt.datetime.fromtimestamp(now / SECOND_MS, zone).date()
        return int(dt.datetime.combine(day, dt.time(), zone).timestamp()) * SECOND_MS // HOUR_MS * HOUR_MS
    if today % HOUR_MS or not now - DAY_MS - HOUR_MS < today <= now:  # a day has 25 hours when clocks go back
        raise errors.InvalidRequest(fields=["today"])
    return today


def _message(figures: Dashboard, summaries: Mapping[str, str], *, now: int) -> DashboardMessage:
    return filled(
        DashboardMessage,
        figures,
        now=now,
        points=tuple(map(_point, figures.points)),
        before=tuple(map(_point, figures.before)),
        p95_ms=figures.p95,
        p95_before_ms=figures.p95_before,
        failures=tuple(
            FailureMessage(
                failure.operation,
                *words_of(failure.operation, summaries),
                failure.code,
                *sentence_of(failure.code),
                failure.count,
            )
            for failure in figures.failures
        ),
        latencies=tuple(
            LatencyMessage(
                latency.operation,
                *words_of(latency.operation, summaries),
                latency.count,
                latency.p50,
                latency.p95,
                latency.p99,
            )
            for latency in figures.latencies
        ),
        certificates=filled(CertificateCountsMessage, figures.certificates),
        alarms=tuple(filled(AlarmMessage, alarm) for alarm in figures.alarms),
    )


def _point(point: Point) -> PointMessage:
    return filled(PointMessage, point, p95_ms=point.p95)
