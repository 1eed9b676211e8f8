"""Identity proofs in the console: consents by shields, operators' activation codes."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import PEOPLE, staff_of
from mshield.server.http.console.readings import record_reading
from mshield.server.http.router import Router
from mshield.server.identity.rules import AccountProofMessage, HandedOnMessage
from mshield.server.staff.rules import StaffRole
from mshield.wire.portal import ActivationCodeMessage

router: Final = Router("console")
_READERS: Final = (StaffRole.FILING_OFFICER, StaffRole.CUSTOMER_SERVICE, StaffRole.AUDITOR)


class AccountProofsMessage(Wire, frozen=True):
    """Proofs, newest first."""

    items: tuple[AccountProofMessage, ...]


class HandedOnsMessage(Wire, frozen=True):
    """Consents including ended ones, oldest first."""

    items: tuple[HandedOnMessage, ...]


class EndHandedOnMessage(Wire, frozen=True):
    """Reason for ending it."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class FilingCodeMessage(ActivationCodeMessage, frozen=True):
    """Activation code to print or hand over, never to send. It is shown only this once; `expires_at` in ms."""


@router.get(
    "/accounts/{account_id}/proofs",
    summary="List the proofs of an account",
    operation_id="listAccountProofs",
    answers=openapi.answers(AccountProofsMessage, "The proofs"),
)
async def proofs(request: Request, account_id: str) -> Response:
    """Lists proofs, including ended ones; empty for an unknown account."""
    member = await staff_of(request, *_READERS)
    proofs = await context_of(request).identity.shown.of_account(account_id)
    await record_reading(request, member, "proofs", subject=account_id)
    return JsonAnswer(AccountProofsMessage(proofs))


@router.get(
    "/accounts/{account_id}/consents",
    summary="List the consents by an account's shield",
    operation_id="listAccountConsents",
    answers=openapi.answers(HandedOnsMessage, "The other accounts"),
)
async def consents(request: Request, account_id: str) -> Response:
    """Lists accounts proven by its consent, and those proven by theirs in turn. Empty for an unknown account."""
    member = await staff_of(request, *_READERS)
    proofs = await context_of(request).identity.delegated_proofs.of_account(account_id)
    await record_reading(request, member, "consents", subject=account_id)
    return JsonAnswer(HandedOnsMessage(tuple(proofs)))


@router.post(
    "/accounts/{account_id}/consents/{proof_id}/end",
    summary="End a proof made by an account's consent",
    operation_id="endAccountConsent",
    security=PEOPLE,
    asks=openapi.takes(EndHandedOnMessage),
    answers=openapi.answers(None, "Ended", status=204) | openapi.problems(413),
)
async def end_consent(request: Request, account_id: str, proof_id: str) -> Response:
    """Ends a proof made with the consent of an account that a thief controlled.

    Disabling the account doesn't end the proof, because lost phones' accounts are disabled too.
    """
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, EndHandedOnMessage), context_of(request)
    await context.identity.delegated_proofs.end(
        account_id, proof_id, reason=message.reason, by=member.by, now=context.clock()
    )
    return no_content()


@router.post(
    "/filing/people/{person_id}/activation-code",
    summary="Create an operator's activation code",
    operation_id="makeFilingCode",
    shows_secret=True,
    security=PEOPLE,
    answers=openapi.answers(FilingCodeMessage, "The code", status=201),
)
async def filing_code(request: Request, person_id: str) -> Response:
    """Creates a code valid for seven days and one use.

    A legal person's code requires two people: request the action `identity.code`.
    """
    member, context = await staff_of(request, StaffRole.FILING_OFFICER), context_of(request)
    code = await context.identity.codes.make(person_id, by=member.by, now=context.clock())
    return JsonAnswer(code, 201)
