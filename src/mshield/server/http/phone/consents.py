"""Consents of the account, and consent to newer versions of the policies."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.rules.policies import PastConsentMessage, PolicyName
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.consents import ConsentsMessage, agreement_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router

router: Final = Router("phone")


class OwnConsentsMessage(Wire, frozen=True):
    """All consents, oldest first, and the policies that need consent again."""

    items: tuple[PastConsentMessage, ...]
    due: tuple[PolicyName, ...]


class AgreeMessage(Wire, frozen=True):
    """Consent to the versions that were read."""

    consents: ConsentsMessage


@router.get(
    "/consents",
    summary="List my consents",
    operation_id="listConsents",
    answers=openapi.answers(OwnConsentsMessage, "Consents, and those that are due"),
)
async def consents(request: Request) -> Response:
    """Lists consents. The app calls this when it starts, and continues once `due` is empty."""
    login, service = await phone_of(request), context_of(request).accounts.consents
    items = await service.history(login.account_id)
    due = tuple(await service.due(login.account_id))
    return JsonAnswer(OwnConsentsMessage(items, due))  # type: ignore[arg-type]  # names of policies


@router.post(
    "/consents",
    summary="Agree to the current policies",
    operation_id="agree",
    asks=openapi.takes(AgreeMessage),
    answers=openapi.answers(None, "Consents recorded", status=204),
)
async def agree(request: Request) -> Response:
    """Records consent to the versions in force, of all three policies.

    A user who no longer agrees closes the account.
    """
    login, context = await phone_of(request), context_of(request)
    body = await body_of(request, AgreeMessage)
    await context.accounts.consents.agree(
        login.account_id, agreement_of(body.consents, "app"), now=context.clock()
    )
    return no_content()
