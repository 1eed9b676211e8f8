"""The words that the legal person's lists take; searches by longer ends are counted."""

from typing import Annotated

from msgspec import Meta
from starlette.requests import Request

from mshield.domain import errors
from mshield.services.accounts.search.longer_ends import count_end_at_portal
from mshield.services.legal_person.session import ManagedEnterprise
from mshield.web.context import context_of
from mshield.web.portal.authentication import managed
from mshield.web.query import StrictQuery

Word = Annotated[str, Meta(min_length=1, max_length=64)]
NumberEnding = Annotated[str, Meta(pattern=r"^[0-9A-Za-z()]{4,18}\Z")]


class Words(StrictQuery, frozen=True):
    """The words that any list takes."""

    name: Annotated[Word | None, Meta(description="any part of a name")] = None
    shield_number: Annotated[Word | None, Meta(description="in any spacing")] = None
    end: Annotated[
        NumberEnding | None,
        Meta(
            description="the end of a shield number, a phone number or an id number: four characters, or more, or all"
        ),
    ] = None

    @property
    def id_number_end(self) -> str | None:
        """The end of an id number alone, where a list takes one: its digits are learnt as by `end`."""
        return None

    def word(self, field: str) -> str | None:
        """A search word; what isn't printable stands in no name and no number, and some of it in no database."""
        text: str | None = getattr(self, field)
        if text is not None and not text.isprintable():
            raise errors.InvalidRequest(fields=[field])
        return text


async def searched(request: Request, credit_code: str, words: Words) -> ManagedEnterprise:
    """The enterprise that is searched. Raises NotFound, and TooManyRequests for one longer end after the other."""
    person, enterprise = await managed(request, credit_code)
    context = context_of(request)
    for end in (words.end, words.id_number_end):
        await count_end_at_portal(context.db, end, account=person.account_id, now=context.clock())
    return enterprise
