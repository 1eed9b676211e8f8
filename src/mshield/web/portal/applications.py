"""Operators who wait for their legal person to confirm who they are (待确认的申请), and activation codes for them."""

from typing import Annotated, Final, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import address_of
from mshield.web.context import context_of
from mshield.web.portal.authentication import managed
from mshield.web.portal.proving import (
    CodeSentMessage,
    RequestId,
    ScanMessage,
    SmsCode,
    pc_of,
    proof_of,
    scan_answer,
)
from mshield.web.query import StrictQuery
from mshield.web.router import Router

router: Final = Router("portal")

StateName = Literal["waiting", "confirmed", "refused", "withdrawn", "expired"]


class ApplicationsPage(StrictQuery, frozen=True):
    """Which, and where the page begins."""

    state: StateName | None = None
    before: Annotated[str, Meta(max_length=64, description="`next` of the page before")] = ""
    limit: Annotated[int, Meta(ge=1, le=100)] = 50


class ApplicationMessage(Wire, frozen=True):
    """What the account says beside what is on file; numbers are masked, times in ms.

    `same_phone` is null where no phone number is on file. `shields` are the person's that count.
    """

    id: str
    state: StateName
    person_id: str
    name: str
    filed_name: str
    id_type: str
    id_number_masked: str
    role: Literal["legal_person", "operator"]
    phone_masked: str
    filed_phone_masked: str | None
    same_phone: bool | None
    shields: int
    address: str | None
    browser: str | None
    asked_at: int
    expires_at: int
    decided_at: int | None


class CountsMessage(Wire, frozen=True):
    """How many there are in each state."""

    waiting: int = 0
    confirmed: int = 0
    refused: int = 0
    withdrawn: int = 0
    expired: int = 0


class ApplicationsMessage(Wire, frozen=True):
    """The newest first; `next` is the `before` of the page that follows, or null."""

    items: tuple[ApplicationMessage, ...]
    next: str | None
    counts: CountsMessage


class DecisionMessage(Wire, frozen=True):
    """Whether it is the person on file. Ask them first, by the phone number on file.

    With `confirm` goes an SMS code for this operator, or the id of a request that the own shield signed for just this.
    """

    decision: Literal["confirm", "refuse"]
    sms_code: SmsCode | None = None
    request_id: RequestId | None = None


class ActivationCodeRequestMessage(Wire, frozen=True):
    """An SMS code for this operator, or the id of a request that the own shield signed for just this."""

    sms_code: SmsCode | None = None
    request_id: RequestId | None = None


class VouchingRequestMessage(Wire, frozen=True):
    """What is to be signed: to confirm this application, or, with null, to make an activation code."""

    application_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class ActivationCodeMessage(Wire, frozen=True):
    """To be printed or handed over, never sent. Told this once; `expires_at` in ms."""

    code: str
    name: str
    expires_at: int


@router.get(
    "/enterprises/{credit_code}/applications",
    summary="Operators who wait to be confirmed",
    operation_id="listApplications",
    answers=openapi.answers(ApplicationsMessage, "A page"),
)
async def applications(request: Request, credit_code: str, query: ApplicationsPage) -> Response:
    """Those of the last week wait; what was decided stays to be seen."""
    _, enterprise = await managed(request, credit_code)
    context = context_of(request)
    applications = await context.identity.confirm.page(
        enterprise.credit_code,
        state=query.state or "",
        before=query.before or _NEWEST,
        limit=query.limit + 1,
        now=context.clock(),
    )
    items = tuple(filled(ApplicationMessage, application) for application in applications[: query.limit])
    counts = CountsMessage(**await context.identity.confirm.counts(enterprise.credit_code))
    return JsonAnswer(
        ApplicationsMessage(items, items[-1].id if len(applications) > query.limit else None, counts)
    )


@router.post(
    "/enterprises/{credit_code}/applications/{application_id}/decision",
    summary="Confirm an operator, or say that it isn't them",
    operation_id="decideApplication",
    asks=openapi.takes(DecisionMessage),
    answers=openapi.answers(None, "Decided", status=204),
)
async def decide(request: Request, credit_code: str, application_id: str) -> Response:
    """Final. The operator is told; who was confirmed can apply for a certificate."""
    person, enterprise = await managed(request, credit_code, changes=True)
    message, context = await page_body_of(request, DecisionMessage), context_of(request)
    if message.decision == "confirm":
        await context.legal_person.vouch.confirm(
            person, enterprise, application_id, proof_of(message), now=context.clock()
        )
        return no_content()
    if (message.sms_code, message.request_id) != (None, None):
        raise errors.InvalidRequest(fields=["sms_code", "request_id"])
    await context.identity.confirm.refuse(
        application_id,
        credit_code=enterprise.credit_code,
        by=By("legal_person", person.account_id),
        now=context.clock(),
    )
    return no_content()


@router.post(
    "/enterprises/{credit_code}/people/{person_id}/activation-code",
    summary="Make an operator's activation code",
    operation_id="makeOperatorCode",
    asks=openapi.takes(ActivationCodeRequestMessage),
    answers=openapi.answers(ActivationCodeMessage, "The code", status=201),
)
async def activation_code(request: Request, credit_code: str, person_id: str) -> Response:
    """For seven days and one use; a new one takes the place of the one before."""
    person, enterprise = await managed(request, credit_code, changes=True)
    message, context = await page_body_of(request, ActivationCodeRequestMessage), context_of(request)
    code = await context.legal_person.vouch.make_code(
        person, enterprise, person_id, proof_of(message), now=context.clock()
    )
    return JsonAnswer(filled(ActivationCodeMessage, code), 201)


@router.post(
    "/enterprises/{credit_code}/people/{person_id}/vouching-codes",
    summary="Send the code that says who an operator is",
    operation_id="sendVouchingCode",
    answers=openapi.answers(CodeSentMessage, "Sent", status=202),
)
async def send_vouching_code(request: Request, credit_code: str, person_id: str) -> Response:
    """To the legal person's own phone; good for one confirmation or activation code of this operator."""
    person, enterprise = await managed(request, credit_code, changes=True)
    context = context_of(request)
    await context.legal_person.vouch.send_code(
        person, enterprise, person_id, address=address_of(request), now=context.clock()
    )
    settings = context.settings
    return JsonAnswer(CodeSentMessage(settings.sms_code_seconds, settings.sms_resend_seconds), 202)


@router.post(
    "/enterprises/{credit_code}/people/{person_id}/vouching-requests",
    summary="Have it signed who an operator is",
    operation_id="askForVouchingSignature",
    asks=openapi.takes(VouchingRequestMessage),
    answers=openapi.answers(ScanMessage, "To be scanned", status=201),
)
async def ask_for_vouching(request: Request, credit_code: str, person_id: str) -> Response:
    """In place of an SMS code: the signed request's id goes with the confirmation, or with the activation code."""
    _, enterprise = await managed(request, credit_code, changes=True)
    message, context = await page_body_of(request, VouchingRequestMessage), context_of(request)
    asked = await context.legal_person.vouch.ask_signature(
        enterprise, person_id, message.application_id, pc_of(request), now=context.clock()
    )
    return scan_answer(asked, now=context.clock())


_NEWEST: Final = "z"
"""After every id: where the first page begins."""
