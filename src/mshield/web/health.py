"""Whether the service can work."""

from typing import Final

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.requests import Request

from mshield.services.process.health import ping
from mshield.web.context import context_of
from mshield.web.openapi import problems

router: Final = APIRouter(tags=["service"])


class Health(BaseModel):
    """The engine that computes SM2, and the database."""

    status: str
    engine: str
    database: str


@router.get(
    "/healthz",
    summary="Health",
    operation_id="health",
    response_description="It works",
    responses=problems(503),
)
async def health(request: Request) -> Health:
    """503 when the database doesn't answer."""
    context = context_of(request)
    await ping(context.db)
    return Health(
        status="ok", engine=f"{context.engine.name} {context.engine.version}", database=context.db.dialect
    )
