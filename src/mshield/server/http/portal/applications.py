"""Operators waiting for their legal person to confirm their identity (待确认的申请), and their activation codes."""

from typing import Annotated, Final

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.acts.actor import By
from mshield.server.errors import InvalidRequest
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, context_of
from mshield.server.http.portal.authentication import managed
from mshield.server.http.portal.proving import (
    RequestId,
    ScanMessage,
    SmsCode,
    pc_of,
    proof_of,
    scan_answer,
)
from mshield.server.http.portal.words import Page
from mshield.server.http.router import Router
from mshield.wire.portal import (
    ActivationCodeMessage,
    ApplicationDecision,
    ApplicationsMessage,
    ApplicationState,
    CodeSentMessage,
    CountsMessage,
)

router: Final = Router("portal")


class ApplicationsPage(Page, frozen=True):
    """Filter by state, and the position of the page."""

    state: ApplicationState | None = None


class DecisionMessage(Wire, frozen=True):
    """Whether this is the person on file. Ask them first, by the phone number on file.

    `confirm` needs an SMS code for this operator, or the ID of a request that the legal person's shield
    signed for exactly this.
    """

    decision: ApplicationDecision
    sms_code: SmsCode | None = None
    request_id: RequestId | None = None


class ActivationCodeRequestMessage(Wire, frozen=True):
    """An SMS code for this operator, or the ID of a request that the legal person's shield signed for exactly this."""

    sms_code: SmsCode | None = None
    request_id: RequestId | None = None


class VouchingRequestMessage(Wire, frozen=True):
    """Subject of the signature: to confirm this application or, if null, to create an activation code."""

    application_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


@router.get(
    "/enterprises/{credit_code}/applications",
    summary="List operators waiting to be confirmed",
    operation_id="listApplications",
    answers=openapi.answers(ApplicationsMessage, "A page"),
)
async def applications(request: Request, credit_code: str, query: ApplicationsPage) -> Response:
    """Applications wait for a week; decided ones remain listed."""
    _, enterprise = await managed(request, credit_code)
    context = context_of(request)
    applications = await context.identity.confirm.page(
        enterprise.credit_code,
        state=query.state or "",
        before=query.before or _NEWEST,
        limit=query.limit + 1,
        now=context.clock(),
    )
    items = tuple(applications[: query.limit])
    counts = CountsMessage(**await context.identity.confirm.counts(enterprise.credit_code))
    return JsonAnswer(
        ApplicationsMessage(items, items[-1].id if len(applications) > query.limit else None, counts)
    )


@router.post(
    "/enterprises/{credit_code}/applications/{application_id}/decision",
    summary="Confirm or reject an operator",
    operation_id="decideApplication",
    asks=openapi.takes(DecisionMessage),
    answers=openapi.answers(None, "Decided", status=204),
)
async def decide(request: Request, credit_code: str, application_id: str) -> Response:
    """Decides finally, and notifies the operator. A confirmed one can apply for a certificate."""
    person, enterprise = await managed(request, credit_code, changes=True)
    message, context = await page_body_of(request, DecisionMessage), context_of(request)
    if message.decision == "confirm":
        await context.legal_person.vouch.confirm(
            person, enterprise, application_id, proof_of(message), now=context.clock()
        )
        return no_content()
    if (message.sms_code, message.request_id) != (None, None):
        raise InvalidRequest(fields=["sms_code", "request_id"])
    await context.identity.confirm.refuse(
        application_id,
        credit_code=enterprise.credit_code,
        by=By("legal_person", person.account_id),
        now=context.clock(),
    )
    return no_content()


@router.post(
    "/enterprises/{credit_code}/people/{person_id}/activation-code",
    summary="Create an operator's activation code",
    operation_id="makeOperatorCode",
    shows_secret=True,
    asks=openapi.takes(ActivationCodeRequestMessage),
    answers=openapi.answers(ActivationCodeMessage, "The code", status=201),
)
async def activation_code(request: Request, credit_code: str, person_id: str) -> Response:
    """Creates a code valid for seven days and one use, which replaces the previous code."""
    person, enterprise = await managed(request, credit_code, changes=True)
    message, context = await page_body_of(request, ActivationCodeRequestMessage), context_of(request)
    code = await context.legal_person.vouch.make_code(
        person, enterprise, person_id, proof_of(message), now=context.clock()
    )
    return JsonAnswer(code, 201)


@router.post(
    "/enterprises/{credit_code}/people/{person_id}/vouching-codes",
    summary="Send the SMS code for confirming an operator",
    operation_id="sendVouchingCode",
    answers=openapi.answers(CodeSentMessage, "SMS code sent", status=202),
)
async def send_vouching_code(request: Request, credit_code: str, person_id: str) -> Response:
    """Sends it to the legal person's own phone.

    It is valid for one confirmation or activation code of this operator.
    """
    person, enterprise = await managed(request, credit_code, changes=True)
    context = context_of(request)
    await context.legal_person.vouch.send_code(
        person, enterprise, person_id, address=address_of(request), now=context.clock()
    )
    settings = context.settings
    return JsonAnswer(
        CodeSentMessage(settings.accounts.sms_code_seconds, settings.accounts.sms_resend_seconds), 202
    )


@router.post(
    "/enterprises/{credit_code}/people/{person_id}/vouching-requests",
    summary="Request a signature to confirm an operator",
    operation_id="askForVouchingSignature",
    asks=openapi.takes(VouchingRequestMessage),
    answers=openapi.answers(ScanMessage, "A request to scan", status=201),
)
async def ask_for_vouching(request: Request, credit_code: str, person_id: str) -> Response:
    """Replaces the SMS code: the signed request's ID is sent with the confirmation or the activation code."""
    _, enterprise = await managed(request, credit_code, changes=True)
    message, context = await page_body_of(request, VouchingRequestMessage), context_of(request)
    scan_request = await context.legal_person.vouch.ask_signature(
        enterprise, person_id, message.application_id, pc_of(request), now=context.clock()
    )
    return scan_answer(scan_request, now=context.clock())


_NEWEST: Final = "z"
"""Sorts after every ID, so the first page begins here."""
