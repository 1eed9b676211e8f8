"""Query parameters of the legal person's lists; searches by numbers are counted."""

from collections.abc import Awaitable, Callable, Sized
from typing import Annotated

from msgspec import Meta
from starlette.requests import Request

from mshield.server.accounts.number_searches import count_at_portal, hit_at_portal
from mshield.server.errors import InvalidRequest
from mshield.server.http.caller import context_of
from mshield.server.http.portal.authentication import managed
from mshield.server.http.query import StrictQuery
from mshield.server.legal_person.session import ManagedEnterprise

Word = Annotated[str, Meta(min_length=1, max_length=64)]
NumberEnding = Annotated[str, Meta(pattern=r"^[0-9A-Za-z()]{4,18}\Z")]


class Page(StrictQuery, frozen=True, kw_only=True):
    """Position of a page of applications or asks; the list's filters come first."""

    before: Annotated[str, Meta(max_length=64, description="`next` of the previous page")] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class Words(StrictQuery, frozen=True):
    """Search terms of every list."""

    name: Annotated[Word | None, Meta(description="any part of a name")] = None
    shield_number: Annotated[Word | None, Meta(description="with or without spaces")] = None
    end: Annotated[
        NumberEnding | None,
        Meta(description="the last characters of a shield, phone or ID number: four or more"),
    ] = None

    @property
    def id_number_end(self) -> str | None:
        """Ending of an ID number, in lists that have such a filter; it reveals digits just as `end` does."""
        return None

    def word(self, field: str) -> str | None:
        """Returns a search term. Raises: InvalidRequest (unprintable).

        No name or number contains unprintable characters, and some databases can't store them.
        """
        text: str | None = getattr(self, field)
        if text is not None and not text.isprintable():
            raise InvalidRequest(fields=[field])
        return text


Hit = Callable[[Sized], Awaitable[None]]
"""Callback for the result of a search."""


async def searched(request: Request, credit_code: str, words: Words) -> tuple[ManagedEnterprise, Hit]:
    """Returns the enterprise to search, and a callback for the result: searches without a result count more.

    Raises: as `managed`; TooManyRequests (too many searches by numbers).
    """
    person, enterprise = await managed(request, credit_code)
    db, account = context_of(request).db, person.account_id
    counted = [
        await count_at_portal(db, number, account=account, now=context_of(request).clock())
        for number in (words.end, words.id_number_end, words.shield_number)
    ]

    async def hit(found: Sized) -> None:
        for is_counted in counted:
            if found and is_counted:
                await hit_at_portal(db, account=account)

    return enterprise, hit
