"""Search terms of lists of people, one parameter each; searches by numbers are counted."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Final, Generic, TypeVar

from msgspec import Meta
from starlette.requests import Request

from mshield.server.accounts.number_searches import search_by_number
from mshield.server.errors import InvalidRequest
from mshield.server.filing.people_pages import Words
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.readings import record_reading
from mshield.server.http.query import Query
from mshield.server.staff.errors import WholeNumberNeeded
from mshield.server.staff.members import StaffMember
from mshield.server.staff.readings import ReadingKind, same_subject
from mshield.server.staff.rules import StaffRole

T = TypeVar("T")
_SHORTEST: Final = 8
"""Characters of the shortest whole number of digits: a permit's."""

Word = Annotated[str, Meta(min_length=1, max_length=64)]
NumberEnding = Annotated[str, Meta(pattern=r"^[0-9]{3,17}[0-9Xx]\Z")]
Text32 = Annotated[str, Meta(max_length=32)]
CreditCode = Annotated[Text32 | None, Meta(description="of one enterprise only")]


class PeopleWords(Query, frozen=True):
    """The person to search for; all terms must match."""

    name: Annotated[
        Word | None,
        Meta(
            description=(
                "the beginning of the person's name, or the part after its first "
                "character; or two or more characters of the enterprise's name"
            )
        ),
    ] = None
    end: Annotated[NumberEnding | None, Meta(description="the end of an ID, phone or shield number")] = None
    id_number: Annotated[Text32 | None, Meta(description="of one person only")] = None
    credit_code: CreditCode = None

    @property
    def has_number(self) -> bool:
        """Whether a term is a number, whole or end."""
        return self.end is not None or self.id_number is not None

    @property
    def number(self) -> str | None:
        """The number searched for, whole or end."""
        return self.id_number or self.end

    def words_of(self, member: StaffMember, readers: Iterable[StaffRole]) -> Words:
        """Converts the search terms for the service; `readers` are the roles that may make the search.

        Raises: InvalidRequest (unprintable name), WholeNumberNeeded.
        """
        whole = require_whole(member, readers, self.end)
        if self.name is not None and not self.name.isprintable():
            raise InvalidRequest(fields=["name"])
        return Words(
            name=self.name, end=self.end, id_number=self.id_number, credit_code=self.credit_code, whole=whole
        )


class PageOfPeople(Wire, Generic[T], frozen=True):
    """A page of what concerns the people searched for; `more_people`: the terms match too many, some are left out."""

    items: tuple[T, ...]
    next: str | None
    more_people: bool


def require_whole(member: StaffMember, readers: Iterable[StaffRole], end: str | None) -> bool:
    """Reports whether `end` means a whole number, since the member makes the search as customer service.

    Raises: WholeNumberNeeded (it can't be one).
    """
    whole = not set(member.roles) & (set(readers) - {StaffRole.CUSTOMER_SERVICE})
    if whole and end is not None and len(end) < _SHORTEST:
        raise WholeNumberNeeded
    return whole


async def searched(
    request: Request,
    member: StaffMember,
    find: Callable[[], Awaitable[T]],
    *,
    by_number: bool,
    hit: Callable[[T], bool],
) -> T:
    """Runs a search, and counts it if it is by a number; `hit` reports whether its result contains anybody.

    Raises: TooManyRequests, and as `find`.
    """
    if not by_number:
        return await find()
    context = context_of(request)
    return await search_by_number(context.db, find, hit=hit, member=member.id, now=context.clock())


async def record_search(
    request: Request, member: StaffMember, kind: ReadingKind, subjects: Iterable[str], *, number: str | None
) -> None:
    """Records a search; its subject is the person found if all of `subjects` are the same. Raises: TooManyRequests."""
    await record_reading(request, member, kind, subject=same_subject(subjects), number=number or "")
