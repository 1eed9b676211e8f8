"""Who is on file, at the console: pages, the whole list as a file, and the end of a record."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.identity import mask_id_number, mask_phone
from mshield.domain.lines import MAX_REASON
from mshield.domain.staff import StaffRole
from mshield.services.filing.people import Person
from mshield.services.filing.read_list import MEDIA_TYPES
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, file_answer, filled
from mshield.web.body import Wire, body_of
from mshield.web.console.authentication import staff_of
from mshield.web.console.search.words import CreditCode, PeopleWords
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("console")
_READERS: Final = tuple(StaffRole)


class PeopleWanted(PeopleWords, frozen=True):
    """What the list is narrowed to, and where its page begins."""

    ended: Annotated[Literal["true", "false"], msgspec.Meta(description="true: also who has left")] = "false"
    after: Annotated[
        str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z", description="`next` of the page before")
    ] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class ExportWanted(Query, frozen=True):
    """Which list, as what."""

    format: Annotated[Literal["xlsx", "csv"], msgspec.Meta(description="the kind of file")] = "xlsx"
    credit_code: CreditCode = None


class FiledPersonMessage(Wire, frozen=True):
    """A record. `version` grows with each change but the phone's; `ended_at` (ms) is null for who is on file."""

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


class FiledPeopleMessage(Wire, frozen=True):
    """A page; `next` is the `after` of the one that follows, or null."""

    items: tuple[FiledPersonMessage, ...]
    next: str | None


class EndFilingMessage(Wire, frozen=True):
    """Why: kept with the act."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class FilingEndedMessage(Wire, frozen=True):
    """The shields issued from the record that still count: the legal person has to revoke them."""

    id: str
    shield_numbers: tuple[str, ...]


@router.get(
    "/filing/people",
    summary="Who is on file",
    operation_id="listFiled",
    answers=openapi.answers(FiledPeopleMessage, "A page"),
)
async def people(request: Request, query: PeopleWanted) -> Response:
    """In the order of filing. Where an end is looked for a page may have fewer items than `next` says, even none."""
    member = await staff_of(request, *_READERS)
    words = await query.words_of(request, member)
    page, after = await context_of(request).filing.search.page(
        words, ended_too=query.ended == "true", after=query.after, limit=query.limit
    )
    return JsonAnswer(FiledPeopleMessage(tuple(map(_person, page)), after))


@router.get(
    "/filing/export",
    summary="The list of who is on file, as a file",
    operation_id="exportFiling",
    answers=openapi.answers_file("The list", *MEDIA_TYPES.values()),
)
async def export(request: Request, query: ExportWanted) -> Response:
    """An import takes the file back as it is. It holds id and phone numbers in the clear."""
    member = await staff_of(request, StaffRole.FILING_OFFICER)
    context = context_of(request)
    content = await context.filing.people.export(
        query.format, credit_code=query.credit_code, by=member.by, now=context.clock()
    )
    return file_answer(content, MEDIA_TYPES[query.format], f"filing.{query.format}")


@router.post(
    "/filing/people/{person_id}/end",
    summary="Take a person off the file",
    operation_id="endFiling",
    asks=openapi.takes(EndFilingMessage),
    answers=openapi.answers(FilingEndedMessage, "Ended") | openapi.problems(413),
)
async def end(request: Request, person_id: str) -> Response:
    """Nobody applies or renews with an ended record. Importing the person again puts them back on file."""
    member = await staff_of(request, StaffRole.FILING_OFFICER)
    message, context = await body_of(request, EndFilingMessage), context_of(request)
    ended = await context.filing.people.end(
        person_id, reason=message.reason, by=member.by, now=context.clock()
    )
    return JsonAnswer(FilingEndedMessage(ended.person_id, ended.shield_numbers))


def _person(person: Person) -> FiledPersonMessage:
    return filled(
        FiledPersonMessage,
        person,
        id_number_masked=mask_id_number(person.id_number),
        phone_masked=None if person.phone is None else mask_phone(person.phone),
    )
