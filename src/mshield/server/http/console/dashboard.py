"""First page of the console: today's figures next to yesterday's, failures, latencies, certificates, alarms."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.certificates.rules.messages import CertificateCountsMessage
from mshield.server.errors import InvalidRequest
from mshield.server.figures.dashboard import Dashboard, Point, sentence_of
from mshield.server.figures.rules import AlarmMessage
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.openapi.documents import Documents
from mshield.server.http.openapi.words import words_of
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.staff.rules import StaffRole
from mshield.wire.times import DAY_MS, HOUR_MS, SECOND_MS

router: Final = Router("console")

Time = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class DashboardWanted(Query, frozen=True):
    """Start of the reader's day, and the period shown."""

    today: Annotated[
        Time | None,
        msgspec.Meta(
            description=(
                "start of the reader's day in ms, a full hour; default: the day in the service's time zone"
            )
        ),
    ] = None
    span: Annotated[Literal["day", "month"], msgspec.Meta(description="by hours of a day, or by days")] = (
        "day"
    )


class PointMessage(Wire, frozen=True):
    """An hour or a day that begins at `at` (ms). `p95_ms` is for signing calls, null if there were none."""

    at: int
    signatures: int
    logins: int
    issued: int
    declined: int
    p95_ms: float | None


class FailureMessage(Wire, frozen=True):
    """Number of refusals of an operation with a code, and the code's message for people."""

    operation: str
    operation_zh: str
    operation_en: str
    code: str
    zh: str
    en: str
    count: int


class LatencyMessage(Wire, frozen=True):
    """Durations of an operation's successful calls, in ms."""

    operation: str
    operation_zh: str
    operation_en: str
    count: int
    p50_ms: float
    p95_ms: float
    p99_ms: float


class DashboardMessage(Wire, frozen=True):
    """`points` up to now, `before` the preceding period; only those that end by `complete` (ms) are complete.

    `p95_ms` is for signing calls up to now, `p95_before_ms` for the preceding period up to `complete`.
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
    summary="Show figures and alarms",
    operation_id="showDashboard",
    answers=openapi.answers(DashboardMessage, "The present figures"),
)
async def show_dashboard(request: Request, query: DashboardWanted) -> Response:
    """Returns the figures, which all staff see, and the alarms that the caller's roles can follow up."""
    member = await staff_of(request, *StaffRole)
    context = context_of(request)
    now = context.clock()
    figures = await context.figures.dashboard(
        today=_day(query.today, ZoneInfo(context.settings.site.time_zone), now=now),
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
    if (
        today % HOUR_MS or not now - DAY_MS - HOUR_MS < today <= now
    ):  # a day has 25 hours when clocks are set back
        raise InvalidRequest(fields=["today"])
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
        certificates=figures.certificates,
        alarms=figures.alarms,
    )


def _point(point: Point) -> PointMessage:
    return filled(PointMessage, point, p95_ms=point.p95)
