"""Record of who read or searched personal data in the console, and its list for auditors."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.staff import readings
from mshield.server.staff.members import StaffMember
from mshield.server.staff.readings import ReadingKind
from mshield.server.staff.rules import StaffRole
from mshield.wire.ids import NEWEST

router: Final = Router("console")
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]


class ReadingsWanted(Query, frozen=True):
    """Filters of the list, and the position of the page."""

    subject: Annotated[
        Id | None, msgspec.Meta(description="only readings of this account or person on file")
    ] = None
    staff_id: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z-]{1,36}\Z")] | None,
        msgspec.Meta(description="only readings by this member of staff, or `commands`"),
    ] = None
    before: Annotated[Id | None, msgspec.Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ReadingMessage(Wire, frozen=True):
    """A reading: who, what kind, and whose data, at which time (ms).

    `subject` is the account or person on file, empty if the search found none or several, and `subject_name`
    their current name; `number_masked` the number searched for, or empty. `staff_name` is null for commands.
    """

    id: str
    staff_id: str
    staff_name: str | None
    kind: ReadingKind
    subject: str
    subject_name: str | None
    number_masked: str
    at: int


class ReadingsMessage(Wire, frozen=True):
    """A page; `next` is the value of `before` for the following page, or null."""

    items: tuple[ReadingMessage, ...]
    next: str | None


@router.get(
    "/readings",
    summary="List who read or searched personal data",
    operation_id="listReadings",
    answers=openapi.answers(ReadingsMessage, "A page, newest first"),
)
async def list_readings(request: Request, query: ReadingsWanted) -> Response:
    """Lists readings of the last 180 days. Reading this list isn't recorded."""
    await staff_of(request, StaffRole.AUDITOR, StaffRole.SECURITY_OFFICER)
    db = context_of(request).db
    rows = await readings.list_readings(
        db,
        staff_id=query.staff_id,
        subject=query.subject,
        before=query.before or NEWEST,
        most=query.limit + 1,
    )
    page = rows[: query.limit]
    names = await readings.subject_names(db, page)
    items = tuple(filled(ReadingMessage, row, subject_name=names.get(row.subject)) for row in page)
    return JsonAnswer(ReadingsMessage(items, items[-1].id if len(rows) > query.limit else None))


async def record_reading(
    request: Request,
    member: StaffMember,
    kind: ReadingKind,
    *,
    subject: str = "",
    number: str = "",
    hourly: bool = False,
) -> None:
    """Records a reading before its answer is sent, `hourly` ones once an hour. Raises: TooManyRequests."""
    context = context_of(request)
    await readings.record_reading(
        context.db,
        staff_id=member.id,
        kind=kind,
        subject=subject,
        number=number,
        hourly=hourly,
        now=context.clock(),
    )
