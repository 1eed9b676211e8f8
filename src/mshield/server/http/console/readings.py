"""Record of who read or searched personal data in the console."""

from starlette.requests import Request

from mshield.server.http.caller import context_of
from mshield.server.staff import readings
from mshield.server.staff.members import StaffMember
from mshield.server.staff.readings import ReadingKind


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
