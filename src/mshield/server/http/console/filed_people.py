"""People on file, in the console: search, export of the whole list, and ending a record."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.filing.people import Person
from mshield.server.filing.phone_wait import FiledPhoneRow
from mshield.server.filing.read_list import MEDIA_TYPES
from mshield.server.filing.report import masked
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, file_answer, filled, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.console.accounts import WaitingPhoneMessage
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.readings import record_reading
from mshield.server.http.console.search_words import CreditCode, PeopleWords, record_search, searched
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.staff.rules import StaffRole
from mshield.server.values.lines import MAX_REASON
from mshield.server.values.names import mask_id_number, mask_phone

router: Final = Router("console")
_READERS: Final = tuple(StaffRole)


class PeopleWanted(PeopleWords, frozen=True):
    """Filters of the list, and the position of the page."""

    ended: Annotated[
        Literal["true", "false"], msgspec.Meta(description="true: include people no longer on file")
    ] = "false"
    after: Annotated[
        str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z", description="`next` of the previous page")
    ] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ExportWanted(Query, frozen=True):
    """Enterprise and format of an export."""

    format: Annotated[Literal["xlsx", "csv"], msgspec.Meta(description="file format")] = "xlsx"
    credit_code: CreditCode = None


class FiledPhoneMessage(WaitingPhoneMessage, frozen=True):
    """Another filed number that two officers approved; empty if it is removed. Times in ms."""


class StopFiledPhoneMessage(Wire, frozen=True):
    """Reason for stopping the change, such as who called."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class FiledPersonMessage(Wire, frozen=True):
    """A filing record; `ended_at` (ms) is null for a person on file.

    `version` grows with each change, except of the phone number. `phone_change` is one that waits, or null.
    """

    id: str
    enterprise: str
    credit_code: str
    name: str
    id_type: str
    id_number_masked: str
    phone_masked: str | None
    role: Literal["legal_person", "operator"]
    version: int
    ended_at: int | None
    phone_change: FiledPhoneMessage | None


class FiledPeopleMessage(Wire, frozen=True):
    """A page; `next` is the value of `after` for the following page, or null."""

    items: tuple[FiledPersonMessage, ...]
    next: str | None


class EndFilingMessage(Wire, frozen=True):
    """Reason, stored with the action."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class FilingEndedMessage(Wire, frozen=True):
    """Valid shields that were issued from the record: the legal person has to revoke them."""

    id: str
    shield_numbers: tuple[str, ...]


@router.get(
    "/filing/people",
    summary="List people on file",
    operation_id="listFiled",
    answers=openapi.answers(FiledPeopleMessage, "A page"),
)
async def people(request: Request, query: PeopleWanted) -> Response:
    """Lists people in the order of filing.

    In a search by a number ending, a page may be short or even empty although `next` is set.
    """
    member = await staff_of(request, *_READERS)
    words, find = query.words_of(member, _READERS), context_of(request).filing.search
    page, after = await searched(
        request,
        member,
        lambda: find.page(words, ended_too=query.ended == "true", after=query.after, limit=query.limit),
        by_number=query.has_number,
        hit=lambda found: bool(found[0]),
    )
    await record_search(request, member, "filing", (person.id for person in page), number=query.number)
    waiting = await context_of(request).filing.phone_wait.of_people([person.id for person in page])
    items = tuple(_person(person, waiting.get(person.id)) for person in page)
    return JsonAnswer(FiledPeopleMessage(items, after))


@router.get(
    "/filing/export",
    summary="Export the list of people on file",
    operation_id="exportFiling",
    answers=openapi.answers_file("The list", *MEDIA_TYPES.values()),
)
async def export(request: Request, query: ExportWanted) -> Response:
    """Exports a file that can be imported again unchanged. It contains ID and phone numbers in the clear."""
    member = await staff_of(request, StaffRole.FILING_OFFICER)
    context = context_of(request)
    content = await context.filing.people.export(
        query.format, credit_code=query.credit_code, by=member.by, now=context.clock()
    )
    await record_reading(request, member, "filing_export")
    return file_answer(content, MEDIA_TYPES[query.format], f"filing.{query.format}")


@router.post(
    "/filing/people/{person_id}/end",
    summary="End a person's filing record",
    operation_id="endFiling",
    asks=openapi.takes(EndFilingMessage),
    answers=openapi.answers(FilingEndedMessage, "Ended") | openapi.problems(413),
)
async def end(request: Request, person_id: str) -> Response:
    """Ends a record, so that it can't be used to apply or renew. Importing the person again puts them back on file."""
    member = await staff_of(request, StaffRole.FILING_OFFICER)
    message, context = await body_of(request, EndFilingMessage), context_of(request)
    result = await context.filing.people.end(
        person_id, reason=message.reason, by=member.by, now=context.clock()
    )
    return JsonAnswer(FilingEndedMessage(result.person_id, result.shield_numbers))


@router.post(
    "/filing/people/{person_id}/phone-change/stop",
    summary="Stop a change of a filed phone number",
    operation_id="stopFiledPhone",
    asks=openapi.takes(StopFiledPhoneMessage),
    answers=openapi.answers(None, "Stopped; the number stays", status=204) | openapi.problems(413),
)
async def stop_phone(request: Request, person_id: str) -> Response:
    """Stops another number of somebody who has a proven account or a shield, when they call. One person is enough."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE, StaffRole.FILING_OFFICER)
    message, context = await body_of(request, StopFiledPhoneMessage), context_of(request)
    await context.filing.phone_wait.stop_for_caller(
        person_id, reason=message.reason, by=member.by, now=context.clock()
    )
    return no_content()


def _person(person: Person, waiting: FiledPhoneRow | None) -> FiledPersonMessage:
    change = None
    if waiting is not None:
        change = filled(FiledPhoneMessage, waiting, phone_masked=masked("phone", waiting.new_phone))
    return filled(
        FiledPersonMessage,
        person,
        id_number_masked=mask_id_number(person.id_number),
        phone_masked=None if person.phone is None else mask_phone(person.phone),
        phone_change=change,
    )
