"""The words that lists of people take, each as a parameter of its own; searches by longer ends are counted."""

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request

from mshield.domain import errors
from mshield.services.accounts.search.longer_ends import count_longer_end
from mshield.services.filing.people_pages import Words
from mshield.services.staff.members import StaffMember
from mshield.web.context import context_of
from mshield.web.query import Query

Word = Annotated[str, Meta(min_length=1, max_length=64)]
NumberEnding = Annotated[str, Meta(pattern=r"^[0-9]{3,17}[0-9Xx]\Z")]
Text32 = Annotated[str, Meta(max_length=32)]
CreditCode = Annotated[Text32 | None, Meta(description="of one enterprise only")]


class PeopleWords(Query, frozen=True):
    """Who is looked for; all words must fit."""

    name: Annotated[
        Word | None,
        Meta(
            description="how the person's name begins, or what of it follows the first character; or two characters or"
            " more of the enterprise's"
        ),
    ] = None
    end: Annotated[
        NumberEnding | None, Meta(description="the end of an id number, a phone number or a shield number")
    ] = None
    id_number: Annotated[Text32 | None, Meta(description="of one person only")] = None
    credit_code: CreditCode = None

    async def words_of(self, request: Request, member: StaffMember) -> Words:
        """The same for the service. Raises InvalidRequest for a name that isn't printable, TooManyRequests."""
        await count_end(request, member, self.end)
        if self.name is not None and not self.name.isprintable():
            raise errors.InvalidRequest(fields=["name"])
        return Words(name=self.name, end=self.end, id_number=self.id_number, credit_code=self.credit_code)


async def count_end(request: Request, member: StaffMember, end: str | None) -> None:
    """Counts a search by an end longer than what is shown of a masked number. Raises TooManyRequests."""
    context = context_of(request)
    await count_longer_end(context.db, end, member=member.id, now=context.clock())
