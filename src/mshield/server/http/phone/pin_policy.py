"""PIN rules (R10): configured in the service, applied by the phone."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.holder import birth_dates, own_id_number
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router
from mshield.server.values.names import mask_but_end

router: Final = Router("phone")


class PolicyMessage(Wire, frozen=True):
    """Rules for new PINs, and the block list of the rule `blocked`.

    The phone refuses: `same`: one digit; `run`: 123456, 987654; `repeated`: 121212, 112233, 123123;
    `birthday`: the holder's, in usual forms; `id_number`: six digits of it; `blocked`: entries of the list.
    The phone applies the rules, because a PIN never leaves it. `display_oid` is the signed attribute by which
    this service binds the display, in addition to those that every phone knows.
    """

    pin_rules: tuple[Literal["same", "run", "repeated", "birthday", "id_number", "blocked"], ...]
    pin_blocked: tuple[str, ...]
    display_oid: str


class BirthDatesMessage(Wire, frozen=True):
    """ISO dates: one if the ID card states it, two if the card leaves the century open, none for other documents.

    `id_number_masked` is the account's ID number with only its end visible; null if it was erased.
    """

    birth_dates: tuple[str, ...]
    id_number_masked: str | None


@router.get(
    "/policy",
    summary="Get the rules for new PINs",
    operation_id="getPolicy",
    security=(),
    answers=openapi.answers(PolicyMessage, "The rules in force"),
)
async def policy(request: Request) -> Response:
    """Returns the rules (R10). Public, because a phone needs them before its user chooses a PIN."""
    settings = context_of(request).settings
    answer = PolicyMessage(
        pin_rules=settings.signing.pin_rules,  # type: ignore[arg-type]  # the settings hold only these words
        pin_blocked=settings.signing.pin_block_list,
        display_oid=settings.ca.display_oid,
    )
    return JsonAnswer(answer)


@router.get(
    "/me/birth-dates",
    summary="Get my birth date and the end of my ID number",
    operation_id="getBirthDates",
    answers=openapi.answers(BirthDatesMessage, "Taken from the account's ID number"),
)
async def my_birth_dates(request: Request) -> Response:
    """Returns data for the PIN rules, and for the application form if no ID number is typed.

    The phone doesn't store it.
    """
    login, context = await phone_of(request), context_of(request)
    number = await own_id_number(context.db, context.keyring, login)
    if number is None:
        return JsonAnswer(BirthDatesMessage((), None))
    dates = tuple(date.isoformat() for date in birth_dates(number))
    return JsonAnswer(BirthDatesMessage(dates, mask_but_end(number)))
