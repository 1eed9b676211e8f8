"""Whether the service can work."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.services.process.health import ping
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("service", also_head=True)


class Health(Wire, frozen=True):
    """The engine that computes SM2, and the database."""

    status: str
    engine: str
    database: str


@router.get(
    "/healthz",
    summary="Health",
    operation_id="health",
    answers=openapi.answers(Health, "It works") | openapi.problems(503),
)
async def health(request: Request) -> Response:
    """503 when the database doesn't answer."""
    context = context_of(request)
    await ping(context.db)
    engine = f"{context.engine.name} {context.engine.version}"
    return JsonAnswer(Health("ok", engine, context.db.dialect))
