"""What of a person would be erased at their request, and what stays by law: seen by who asks and by who approves."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.identity import mask_phone
from mshield.domain.ids import require_id
from mshield.domain.staff import StaffRole
from mshield.services.operations.erase_person import Part
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
_READERS: Final = (StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER)


class PersonDataMessage(Wire, frozen=True):
    """A kind of data in both languages: how much there is; of what stays, why."""

    name: str
    rows: int
    zh: str
    en: str
    why_zh: str
    why_en: str


class ErasureMessage(Wire, frozen=True):
    """Whose account it is (an erased one has no name), what would be erased now, and what would stay."""

    account_id: str
    name: str
    phone_masked: str
    erased: tuple[PersonDataMessage, ...]
    kept: tuple[PersonDataMessage, ...]


@router.get(
    "/accounts/{account_id}/erasure",
    summary="What erasing a person's data would do",
    operation_id="foreseeErasure",
    answers=openapi.answers(ErasureMessage, "What would be erased, and what stays and why")
    | openapi.problems(404),
)
async def foresee(request: Request, account_id: str) -> Response:
    """Changes nothing. Two decide it by the act `people.erase` of [approvals](#post-apiconsoleapprovals)."""
    await staff_of(request, *_READERS)
    context = context_of(request)
    account, erasure = await context.operations.erase_by_two.foresee(
        require_id(account_id), now=context.clock()
    )
    return JsonAnswer(
        ErasureMessage(
            account.id,
            account.name,
            mask_phone(account.phone) if account.name else "",
            tuple(map(_part, erasure.erased)),
            tuple(map(_part, erasure.kept)),
        )
    )


def _part(part: Part) -> PersonDataMessage:
    return filled(PersonDataMessage, part)
