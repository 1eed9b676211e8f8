"""Which PINs a phone refuses (R10): the rules are the service's setting, and the phone applies them."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.identity import mask_but_end
from mshield.services.accounts.holder import birth_dates, own_id_number
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

router: Final = Router("phone")


class PolicyMessage(Wire, frozen=True):
    """Which new PINs a phone refuses: the rules in force, and the block list of the rule `blocked`.

    `same`: one digit; `run`: 123456, 987654; `repeated`: 121212, 112233, 123123; `birthday`: the holder's, in usual
    forms; `id_number`: six digits of it; `blocked`: of the list. A PIN never leaves the phone, so it applies them.
    `display_oid` is the signed attribute under which this service binds what a phone shows, the one besides those that
    every phone knows.
    """

    pin_rules: tuple[Literal["same", "run", "repeated", "birthday", "id_number", "blocked"], ...]
    pin_blocked: tuple[str, ...]
    display_oid: str


class BirthDatesMessage(Wire, frozen=True):
    """ISO dates: one for cards that say it, two where the card leaves the century open, none for other documents.

    `id_number_masked` is the account's, all but its end; null where it was erased.
    """

    birth_dates: tuple[str, ...]
    id_number_masked: str | None


@router.get(
    "/policy",
    summary="Rules for new PINs",
    operation_id="getPolicy",
    security=(),
    answers=openapi.answers(PolicyMessage, "The rules in force"),
)
async def policy(request: Request) -> Response:
    """R10. Public: a phone asks before it lets the user choose a PIN."""
    settings = context_of(request).settings
    answer = PolicyMessage(
        pin_rules=settings.pin_rules,  # type: ignore[arg-type]  # the settings hold these words only
        pin_blocked=settings.pin_block_list,
        display_oid=settings.display_oid,
    )
    return JsonAnswer(answer)


@router.get(
    "/me/birth-dates",
    summary="My birth date and the end of my id number",
    operation_id="getBirthDates",
    answers=openapi.answers(BirthDatesMessage, "As in the account's id number"),
)
async def my_birth_dates(request: Request) -> Response:
    """For the rules of new PINs and the data page, where no id number is typed. A phone keeps nothing of it."""
    login, context = await phone_of(request), context_of(request)
    number = await own_id_number(context.db, context.keyring, login)
    if number is None:
        return JsonAnswer(BirthDatesMessage((), None))
    dates = tuple(date.isoformat() for date in birth_dates(number))
    return JsonAnswer(BirthDatesMessage(dates, mask_but_end(number)))
