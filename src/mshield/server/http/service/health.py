"""Liveness and readiness of the process; both answer within a second, whatever hangs."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, unavailable
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.router import Router

router: Final = Router("service", also_head=True)


class Alive(Wire, frozen=True):
    """The process answers; nothing else was checked."""

    status: Literal["alive"]


class Health(Wire, frozen=True):
    """The SM2 engine, the kind of database, and the checks."""

    status: Literal["ok"]
    engine: str
    database: Literal["postgresql", "sqlite"]
    checks: dict[str, str]


@router.get(
    "/livez",
    summary="Check that the process is alive",
    operation_id="live",
    answers=openapi.answers(Alive, "The process answers"),
)
async def live(request: Request) -> Response:  # noqa: ARG001  # the signature of endpoints
    """Checks nothing else. For a supervisor that restarts a hanging process."""
    return JsonAnswer(Alive("alive"))


@router.get(
    "/readyz",
    summary="Check that the service is ready",
    operation_id="ready",
    answers=openapi.answers(Health, "It can serve") | openapi.problems(503),
)
async def ready(request: Request) -> Response:
    """Answers within a second. For load balancers: if `fault` is `node`, another node may be able to serve."""
    return await _answer(request)


@router.get(
    "/healthz",
    summary="Check that the service is ready (earlier name)",
    operation_id="health",
    answers=openapi.answers(Health, "It can serve") | openapi.problems(503),
)
async def health(request: Request) -> Response:
    """Answers like `/readyz`, under its earlier name."""
    return await _answer(request)


async def _answer(request: Request) -> Response:
    """Returns the result of the checks. Raises: Unavailable (with the failed checks)."""
    context = context_of(request)
    readiness = await context.ready()
    if readiness.fault is not None:
        raise unavailable(fault=readiness.fault, checks=dict(readiness.checks))
    engine = f"{context.engine.name} {context.engine.version}"
    return JsonAnswer(Health("ok", engine, context.db.dialect, readiness.checks))
