"""Requests of an operator to the legal person about the operator's shield: revoke, lift a hold, update the filing."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router
from mshield.server.legal_person.asks import MAX_NOTE, Kind
from mshield.server.values.ids import require_id
from mshield.wire.portal import Ask, AskKind

router: Final = Router("phone")

_MOST: Final = 50


class ShieldAskMessage(Wire, frozen=True):
    """A request about one of the caller's shields; `note` is for the legal person and may be empty."""

    kind: AskKind
    shield_number: Annotated[str, msgspec.Meta(min_length=1, max_length=32, examples=["MS10720468813"])]
    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE)] = ""


class OwnAskMessage(Ask, frozen=True):
    """A request to the legal person and the answer; `reason` is the legal person's. Times in ms."""


class OwnAsksMessage(Wire, frozen=True):
    """Requests to the legal person, newest first."""

    items: tuple[OwnAskMessage, ...]


@router.get(
    "/asks",
    summary="List my requests to my legal representative",
    operation_id="listOwnAsks",
    answers=openapi.answers(OwnAsksMessage, "Requests and answers"),
)
async def own_asks(request: Request) -> Response:
    """Lists the requests; one that was fulfilled without an answer has the state `done`."""
    login, context = await phone_of(request), context_of(request)
    rows = await context.legal_person.asks.of_account(login.account_id, limit=_MOST, now=context.clock())
    return JsonAnswer(OwnAsksMessage(tuple(filled(OwnAskMessage, ask) for ask in rows)))


@router.post(
    "/asks",
    summary="Ask my legal representative about my shield",
    operation_id="askAboutShield",
    asks=openapi.takes(ShieldAskMessage),
    answers=openapi.answers(None, "The legal representative is notified", status=204) | openapi.problems(429),
)
async def ask(request: Request) -> Response:
    """Notifies the legal person by SMS, who answers in the portal within seven days.

    The request itself changes nothing. At most five a day.
    """
    login, context = await phone_of(request), context_of(request)
    body = await body_of(request, ShieldAskMessage)
    await context.legal_person.asks.ask(
        login.account_id, Kind(body.kind), body.shield_number, note=body.note, now=context.clock()
    )
    return no_content()


@router.delete(
    "/asks/{ask_id}",
    summary="Withdraw a request to my legal representative",
    operation_id="withdrawAsk",
    answers=openapi.answers(None, "Withdrawn", status=204),
)
async def withdraw(request: Request, ask_id: str) -> Response:
    """Withdraws a request that is still waiting."""
    login, context = await phone_of(request), context_of(request)
    await context.legal_person.asks.withdraw(login.account_id, require_id(ask_id), now=context.clock())
    return no_content()
