"""Whether the process lives, and whether it can serve: each answers within a second, whatever hangs."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.again import unavailable
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("service", also_head=True)


class Alive(Wire, frozen=True):
    """The process answers; nothing else was asked."""

    status: Literal["alive"]


class Health(Wire, frozen=True):
    """The engine that computes SM2, the kind of database, and what was looked at."""

    status: Literal["ok"]
    engine: str
    database: Literal["postgresql", "sqlite"]
    checks: dict[str, str]


@router.get(
    "/livez",
    summary="Alive",
    operation_id="live",
    answers=openapi.answers(Alive, "The process answers"),
)
async def live(request: Request) -> Response:  # noqa: ARG001  # as routes are called
    """Asks nothing and nobody. For whoever restarts a process that hangs."""
    return JsonAnswer(Alive("alive"))


@router.get(
    "/readyz",
    summary="Ready",
    operation_id="ready",
    answers=openapi.answers(Health, "It can serve") | openapi.problems(503),
)
async def ready(request: Request) -> Response:
    """Whether it can serve, answered within a second. For balancers: where `fault` is `node` another may serve."""
    return await _answer(request)


@router.get(
    "/healthz",
    summary="Health",
    operation_id="health",
    answers=openapi.answers(Health, "It can serve") | openapi.problems(503),
)
async def health(request: Request) -> Response:
    """The same as `/readyz`, by its earlier name."""
    return await _answer(request)


async def _answer(request: Request) -> Response:
    """Raises Unavailable, with what was looked at."""
    context = context_of(request)
    readiness = await context.ready()
    if readiness.fault is not None:
        raise unavailable(fault=readiness.fault, checks=dict(readiness.checks))
    engine = f"{context.engine.name} {context.engine.version}"
    return JsonAnswer(Health("ok", engine, context.db.dialect, readiness.checks))
