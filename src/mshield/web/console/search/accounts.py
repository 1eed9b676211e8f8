"""Accounts at the console, found by what customer service knows of their owners. Numbers are masked."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.identity import mask_id_number, mask_phone
from mshield.domain.staff import StaffRole
from mshield.services.accounts.search.accounts import FoundAccount
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.console.search.words import PeopleWords
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")


class AccountsWanted(PeopleWords, frozen=True):
    """Whose accounts, and where the page begins."""

    after: Annotated[
        str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z", description="`next` of the page before")
    ] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class FoundAccountMessage(Wire, frozen=True):
    """An account in a list; `shield_number` and `enterprise` are its newest certificate's, null before there is any."""

    id: str
    name: str
    phone_masked: str
    id_type: str
    id_number_masked: str
    state: Literal["active", "disabled"]
    source: str
    shield_number: str | None
    enterprise: str | None
    created_at: int


class FoundAccountsMessage(Wire, frozen=True):
    """A page; `next` is the `after` of the one that follows, or null. It may be shorter than asked for."""

    items: tuple[FoundAccountMessage, ...]
    next: str | None


@router.get(
    "/accounts/search",
    summary="Find accounts by name, enterprise or the ends of numbers",
    operation_id="searchAccounts",
    answers=openapi.answers(FoundAccountsMessage, "A page"),
)
async def search(request: Request, query: AccountsWanted) -> Response:
    """In the order of registration; all words must fit, and there is no list without any.

    Where an end is looked for a page may have fewer items than `next` says, even none.
    """
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    words = await query.words_of(request, member)
    page, after = await context_of(request).accounts.search.page(words, after=query.after, limit=query.limit)
    return JsonAnswer(FoundAccountsMessage(tuple(map(_found_account, page)), after))


def _found_account(account: FoundAccount) -> FoundAccountMessage:
    return filled(
        FoundAccountMessage,
        account.row,
        phone_masked=mask_phone(account.row.phone),
        id_number_masked=mask_id_number(account.id_number),
    )
