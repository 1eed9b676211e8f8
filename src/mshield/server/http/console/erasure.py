"""Preview of erasing a person's data at their request, for the requester and the approver."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.readings import record_reading
from mshield.server.http.router import Router
from mshield.server.retention.erase_person import DataPartMessage
from mshield.server.staff.rules import StaffRole
from mshield.server.values.ids import require_id
from mshield.server.values.names import mask_phone

router: Final = Router("console")
_READERS: Final = (StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER)


class PersonDataMessage(DataPartMessage, frozen=True):
    """A kind of data in both languages: its number of rows, and the reason if it is kept."""


class ErasureMessage(Wire, frozen=True):
    """The account (an erased one has no name), the data that would be erased now, and the data that would be kept."""

    account_id: str
    name: str
    phone_masked: str
    erased: tuple[PersonDataMessage, ...]
    kept: tuple[PersonDataMessage, ...]


@router.get(
    "/accounts/{account_id}/erasure",
    summary="Preview erasing a person's data",
    operation_id="foreseeErasure",
    answers=openapi.answers(ErasureMessage, "Preview of erased and kept data, with reasons")
    | openapi.problems(404),
)
async def preview(request: Request, account_id: str) -> Response:
    """Changes nothing.

    Erasure requires two people, by the action `people.erase` of [approvals](#post-apiconsoleapprovals).
    """
    member = await staff_of(request, *_READERS)
    context = context_of(request)
    account, erasure = await context.retention.erase_by_two.preview(
        require_id(account_id), now=context.clock()
    )
    await record_reading(request, member, "erasure", subject=account.id)
    return JsonAnswer(
        ErasureMessage(
            account.id,
            account.name,
            mask_phone(account.phone) if account.name else "",
            tuple(map(_part, erasure.erased)),
            tuple(map(_part, erasure.kept)),
        )
    )


def _part(part: DataPartMessage) -> PersonDataMessage:
    return filled(PersonDataMessage, part)
