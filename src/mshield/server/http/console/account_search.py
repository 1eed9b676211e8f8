"""Search for accounts in the console, by data about their owners. Numbers are masked."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.search import FoundAccount
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.search_words import PeopleWords, record_search, searched
from mshield.server.http.router import Router
from mshield.server.staff.rules import StaffRole
from mshield.server.values.names import mask_id_number, mask_phone

router: Final = Router("console")
_READERS: Final = (StaffRole.CUSTOMER_SERVICE,)


class AccountsWanted(PeopleWords, frozen=True):
    """Search terms, and the position of the page."""

    after: Annotated[
        str, msgspec.Meta(pattern=r"^[0-9a-f-]{0,36}\Z", description="`next` of the previous page")
    ] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50


class FoundAccountMessage(Wire, frozen=True):
    """An account in a list.

    `shield_number` and `enterprise` are those of its newest certificate, null before there is one.
    """

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
    """A page, which may be shorter than requested; `next` is the value of `after` for the following page, or null."""

    items: tuple[FoundAccountMessage, ...]
    next: str | None


@router.get(
    "/accounts/search",
    summary="Find accounts by name, enterprise or whole numbers",
    operation_id="searchAccounts",
    answers=openapi.answers(FoundAccountsMessage, "A page"),
)
async def search(request: Request, query: AccountsWanted) -> Response:
    """Lists accounts that match all terms, in the order of registration; at least one term is required.

    `end` is a whole number. In a search by it, a page may be short or even empty although `next` is set.
    """
    member = await staff_of(request, *_READERS)
    words, find = query.words_of(member, _READERS), context_of(request).accounts.search
    page, after = await searched(
        request,
        member,
        lambda: find.page(words, after=query.after, limit=query.limit),
        by_number=query.has_number,
        hit=lambda found: bool(found[0]),
    )
    await record_search(request, member, "accounts", (account.id for account in page), number=query.number)
    return JsonAnswer(FoundAccountsMessage(tuple(map(_found_account, page)), after))


def _found_account(account: FoundAccount) -> FoundAccountMessage:
    return filled(
        FoundAccountMessage,
        account.row,
        phone_masked=mask_phone(account.row.phone),
        id_number_masked=mask_id_number(account.id_number),
    )
