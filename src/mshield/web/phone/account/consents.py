"""What the account agreed to, and agreeing to a newer version."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, body_of
from mshield.web.consents import ConsentsMessage, PolicyName, agreement_of
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

router: Final = Router("phone")


class ConsentMessage(Wire, frozen=True):
    """A consent; times in ms."""

    policy: PolicyName
    version: str
    place: Literal["app", "register_page", "portal"]
    agreed_at: int
    withdrawn_at: int | None


class OwnConsentsMessage(Wire, frozen=True):
    """All consents, the oldest first, and what is to be agreed to anew."""

    items: tuple[ConsentMessage, ...]
    due: tuple[PolicyName, ...]


class AgreeMessage(Wire, frozen=True):
    """The versions that were read."""

    consents: ConsentsMessage


@router.get(
    "/consents",
    summary="What I agreed to",
    operation_id="listConsents",
    answers=openapi.answers(OwnConsentsMessage, "Consents, and those that are due"),
)
async def consents(request: Request) -> Response:
    """The app asks at its start, and goes on once nothing is due."""
    login, service = await phone_of(request), context_of(request).accounts.consents
    items = tuple(filled(ConsentMessage, past) for past in await service.history(login.account_id))
    due = tuple(await service.due(login.account_id))
    return JsonAnswer(OwnConsentsMessage(items, due))  # type: ignore[arg-type]  # names of policies


@router.post(
    "/consents",
    summary="Agree to the documents of now",
    operation_id="agree",
    asks=openapi.takes(AgreeMessage),
    answers=openapi.answers(None, "Kept", status=204),
)
async def agree(request: Request) -> Response:
    """All three, to the versions in force. Who doesn't agree any more closes the account."""
    login, context = await phone_of(request), context_of(request)
    body = await body_of(request, AgreeMessage)
    await context.accounts.consents.agree(
        login.account_id, agreement_of(body.consents, "app"), now=context.clock()
    )
    return no_content()
