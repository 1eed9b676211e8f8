"""Asking the legal person about one's own shield: to revoke it, lift a hold, see to the filing; and their answer."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.ids import require_id
from mshield.services.legal_person.asks import MAX_NOTE, Kind
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, body_of
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

router: Final = Router("phone")

KindName = Literal["report_loss", "revoke", "lift", "renew"]
_MOST: Final = 50


class ShieldAskMessage(Wire, frozen=True):
    """What is asked about which shield of one's own; `note` is for the legal person, and may be empty."""

    kind: KindName
    shield_number: Annotated[str, msgspec.Meta(min_length=1, max_length=32, examples=["MS10720468813"])]
    note: Annotated[str, msgspec.Meta(max_length=MAX_NOTE)] = ""


class OwnAskMessage(Wire, frozen=True):
    """An ask and its answer; `reason` is the legal person's. Times in ms."""

    id: str
    kind: KindName
    shield_number: str
    note: str
    state: Literal["waiting", "done", "refused", "withdrawn", "expired"]
    asked_at: int
    expires_at: int
    decided_at: int | None
    reason: str | None


class OwnAsksMessage(Wire, frozen=True):
    """The newest first."""

    items: tuple[OwnAskMessage, ...]


@router.get(
    "/asks",
    summary="What I asked my legal person",
    operation_id="listOwnAsks",
    answers=openapi.answers(OwnAsksMessage, "Asks and answers"),
)
async def own_asks(request: Request) -> Response:
    """What was done without an answer stands as done."""
    login, context = await phone_of(request), context_of(request)
    asked = await context.legal_person.asks.of_account(login.account_id, limit=_MOST, now=context.clock())
    return JsonAnswer(OwnAsksMessage(tuple(filled(OwnAskMessage, ask) for ask in asked)))


@router.post(
    "/asks",
    summary="Ask my legal person about my shield",
    operation_id="askAboutShield",
    asks=openapi.takes(ShieldAskMessage),
    answers=openapi.answers(None, "They are told", status=204) | openapi.problems(429),
)
async def ask(request: Request) -> Response:
    """Told by SMS, answered in the portal within seven days; it changes nothing by itself. Five a day."""
    login, context = await phone_of(request), context_of(request)
    body = await body_of(request, ShieldAskMessage)
    await context.legal_person.asks.ask(
        login.account_id, Kind(body.kind), body.shield_number, note=body.note, now=context.clock()
    )
    return no_content()


@router.delete(
    "/asks/{ask_id}",
    summary="Take an ask back",
    operation_id="withdrawAsk",
    answers=openapi.answers(None, "Taken back", status=204),
)
async def withdraw(request: Request, ask_id: str) -> Response:
    """As long as it waits."""
    login, context = await phone_of(request), context_of(request)
    await context.legal_person.asks.withdraw(login.account_id, require_id(ask_id), now=context.clock())
    return no_content()
