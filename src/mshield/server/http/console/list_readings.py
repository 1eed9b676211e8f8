"""List of who read or searched personal data, for auditors."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.errors import InvalidRequest
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.search_words import PageOfPeople, PeopleWords, Word, searched
from mshield.server.http.router import Router
from mshield.server.staff.list_acts import Actors, Subjects, Words
from mshield.server.staff.members import StaffMember
from mshield.server.staff.readings import ReadingMessage, list_readings
from mshield.server.staff.rules import StaffRole
from mshield.wire.ids import NEWEST

router: Final = Router("console")
_READERS: Final = (StaffRole.AUDITOR, StaffRole.SECURITY_OFFICER)
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]


class ReadingsWanted(PeopleWords, frozen=True):
    """Filters of the list, and the position of the page.

    Search terms describe people: they select readings about their accounts and filing. A number alone also selects
    searches for numbers with the same last four characters, of which no more is stored. A subject can't be
    combined with terms for it, nor `staff_id` with `by_name`: one of the two would have no effect.
    """

    subject: Annotated[
        Id | None, msgspec.Meta(description="only readings of this account or person on file")
    ] = None
    staff_id: Annotated[
        Annotated[str, msgspec.Meta(pattern=r"^[0-9a-z-]{1,36}\Z")] | None,
        msgspec.Meta(description="only readings by this member of staff, or `commands`"),
    ] = None
    by_name: Annotated[
        Word | None, msgspec.Meta(description="only readings by staff with this in their login names")
    ] = None
    before: Annotated[Id | None, msgspec.Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50

    async def subjects_of(self, request: Request, member: StaffMember) -> Subjects | None:
        """Returns the subjects that the terms select, None without terms.

        Raises: InvalidRequest, InvalidCreditCode, TooManyRequests.
        """
        words = self.words_of(member, _READERS)
        if words == Words():
            return None if self.subject is None else Subjects([self.subject])
        if self.subject is not None:
            raise InvalidRequest(fields=["subject"])
        list_acts = context_of(request).staff.acts
        return await searched(
            request,
            member,
            lambda: list_acts.subjects(words),
            by_number=self.has_number,
            hit=lambda found: found.somebody,
        )

    async def readers_of(self, request: Request) -> Actors | None:
        """Returns the members selected, None for all. Raises: InvalidRequest."""
        if self.by_name is None:
            return None if self.staff_id is None else Actors([self.staff_id])
        if self.staff_id is not None:
            raise InvalidRequest(fields=["staff_id"])
        return await context_of(request).staff.acts.members(self.by_name)

    @property
    def only_number(self) -> str:
        """The number searched for, whole or end, if it is the only term; else empty."""
        return self.number or "" if self.name is None and self.credit_code is None else ""


class ReadingsMessage(PageOfPeople[ReadingMessage], frozen=True):
    """A page; `next` is the value of `before` for the following page, or null.

    `more_people`: the terms match more than 300 accounts, people on file or staff; readings about or by the
    others are missing.
    """


@router.get(
    "/readings",
    summary="List who read or searched personal data",
    operation_id="listReadings",
    answers=openapi.answers(ReadingsMessage, "A page, newest first"),
)
async def readings(request: Request, query: ReadingsWanted) -> Response:
    """Lists readings of the last 180 days. Reading this list isn't recorded."""
    member = await staff_of(request, *_READERS)
    subjects, readers = await query.subjects_of(request, member), await query.readers_of(request)
    rows = await list_readings(
        context_of(request).db,
        readers=None if readers is None else readers.ids,
        subjects=None if subjects is None else subjects.names,
        end=query.only_number,
        before=query.before or NEWEST,
        most=query.limit + 1,
    )
    items = tuple(rows[: query.limit])
    following = items[-1].id if len(rows) > query.limit else None
    is_cut = any(some is not None and some.is_cut for some in (subjects, readers))
    return JsonAnswer(ReadingsMessage(items, following, is_cut))
