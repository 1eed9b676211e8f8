"""Members of staff at the console: who there is. Changing them takes two (`approvals`)."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.staff import StaffRole
from mshield.services.staff.members import list_staff
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")


class MemberMessage(Wire, frozen=True):
    """A member; `is_set_up` tells whether they can log in. Time in ms."""

    id: str
    name: str
    roles: tuple[StaffRole, ...]
    state: Literal["active", "disabled"]
    is_set_up: bool
    created_at: int


class MembersMessage(Wire, frozen=True):
    """All of them, the oldest first."""

    items: tuple[MemberMessage, ...]


@router.get(
    "/staff",
    summary="Who is on the staff",
    operation_id="listStaff",
    answers=openapi.answers(MembersMessage, "Everybody, also who is disabled"),
)
async def members(request: Request) -> Response:
    """With their roles."""
    await staff_of(request, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)
    staff = await list_staff(context_of(request).db)
    return JsonAnswer(MembersMessage(tuple(filled(MemberMessage, member) for member in staff)))
