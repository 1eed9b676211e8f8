"""What was done at the console and by the service's commands, for auditors."""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.staff import StaffRole
from mshield.services.list_acts import list_acts
from mshield.web import openapi
from mshield.web.body import Wire
from mshield.web.console.authentication import SECURITY, staff_of
from mshield.web.context import context_of

router: Final = APIRouter(tags=["console"])
_UUID: Final = "^[0-9a-f-]{0,36}$"


class ActMessage(Wire, frozen=True):
    """One act: who (`actor` with its id) did what to whom, when (ms), and the details that were recorded."""

    id: str
    actor: str
    actor_id: str | None
    act: str
    subject: str
    details: dict[str, Any]
    at: int


class ActsMessage(Wire, frozen=True):
    """A page; `next` is the `before` of the one that follows, or null."""

    items: tuple[ActMessage, ...]
    next: str | None


@router.get(
    "/acts",
    summary="What was done",
    operation_id="listActs",
    openapi_extra=SECURITY,
    responses=openapi.answers(ActsMessage, "A page, newest first") | openapi.problems(401, 403, 422, 503),
)
async def acts(
    request: Request,
    subject: Annotated[
        str | None, Query(pattern="^[0-9A-Za-z_-]{1,64}$", description="of one subject only")
    ] = None,
    actor_id: Annotated[str | None, Query(pattern=_UUID, description="by one actor only")] = None,
    before: Annotated[str | None, Query(pattern=_UUID, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Nothing here can be changed or deleted."""
    await staff_of(request, StaffRole.AUDITOR, StaffRole.SECURITY_OFFICER)
    found = await list_acts(
        context_of(request).db, subject=subject, actor_id=actor_id, before=before, most=limit + 1
    )
    items = tuple(
        ActMessage(each.id, each.actor, each.actor_id, each.act, each.subject, dict(each.details), each.at)
        for each in found[:limit]
    )
    message = ActsMessage(items, items[-1].id if len(found) > limit else None)
    return Response(
        msgspec.json.encode(message), headers={"Cache-Control": "no-store"}, media_type="application/json"
    )
