"""The legal person's actions on shields: report and lift loss, freeze and unfreeze, revoke (manual 2.3.1.9, R14)."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.certificates.rules.states import CertificateEvent, most_severe_first
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, context_of
from mshield.server.http.portal.authentication import legal_person_of, managed
from mshield.server.http.portal.proving import RequestId, SmsCode, proof_of
from mshield.server.http.router import Router
from mshield.server.legal_person.act import MAX_NUMBERS, Outcome
from mshield.server.values.lines import MAX_REASON, checked_reason
from mshield.wire.portal import Act, Cause, CodeSentMessage, OutcomeMessage, OutcomesMessage, RefusalMessage

router: Final = Router("portal")

Number = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9A-Za-z -]{1,32}\Z",
        description="shield number, with or without spaces",
    ),
]
Numbers = Annotated[list[Number], msgspec.Meta(min_length=1, max_length=MAX_NUMBERS)]
Reason = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=MAX_REASON,
        description="reason for the history, in the legal representative's words",
    ),
]


class ActMessage(Wire, frozen=True):
    """One action on one or more shields."""

    act: Act
    shield_numbers: Numbers
    reason: Reason


class RevocationMessage(Wire, frozen=True):
    """A batch of revocations; `cause` goes into the revocation list, `reason` into the history.

    It needs either an SMS code or the ID of a request by which the legal person's shield signed exactly this
    batch.
    """

    shield_numbers: Numbers
    reason: Reason
    cause: Cause
    sms_code: SmsCode | None = None
    request_id: RequestId | None = None


@router.post(
    "/enterprises/{credit_code}/acts",
    summary="Put shields on hold, or lift holds",
    operation_id="actOnShields",
    asks=openapi.takes(ActMessage),
    answers=openapi.answers(OutcomesMessage, "An outcome for each shield"),
)
async def act(request: Request, credit_code: str) -> Response:
    """Places or lifts one of two independent holds (挂失, 解挂失, 冻结, 解冻结); lifting one leaves the other.

    A repeat has no effect.
    """
    person, enterprise = await managed(request, credit_code, changes=True)
    message = await page_body_of(request, ActMessage)
    context = context_of(request)
    outcomes = await context.legal_person.shields.act(
        person,
        enterprise,
        CertificateEvent(message.act),
        message.shield_numbers,
        reason=checked_reason(message.reason),
        now=context.clock(),
    )
    return _answer(outcomes)


@router.post(
    "/revocation-codes",
    summary="Send the SMS code for a revocation",
    operation_id="sendRevocationCode",
    answers=openapi.answers(CodeSentMessage, "SMS code sent", status=202),
)
async def send_revocation_code(request: Request) -> Response:
    """Sends it to the legal person's own phone; it is valid for one batch of revocations."""
    person = await legal_person_of(request, changes=True)
    context = context_of(request)
    await context.legal_person.shields.send_revocation_code(
        person, address=address_of(request), now=context.clock()
    )
    answer = CodeSentMessage(
        context.settings.accounts.sms_code_seconds, context.settings.accounts.sms_resend_seconds
    )
    return JsonAnswer(answer, 202)


@router.post(
    "/enterprises/{credit_code}/revocations",
    summary="Revoke shields",
    operation_id="revokeShields",
    asks=openapi.takes(RevocationMessage),
    answers=openapi.answers(OutcomesMessage, "An outcome for each shield"),
)
async def revoke(request: Request, credit_code: str) -> Response:
    """Revokes shields permanently (作废, 注销). The phone may apply again afterwards and keeps its shield number."""
    person, enterprise = await managed(request, credit_code, changes=True)
    message = await page_body_of(request, RevocationMessage)
    context = context_of(request)
    outcomes = await context.legal_person.shields.revoke(
        person,
        enterprise,
        message.shield_numbers,
        reason=checked_reason(message.reason),
        cause=message.cause,
        proof=proof_of(message),
        now=context.clock(),
    )
    return _answer(outcomes)


def _answer(outcomes: list[Outcome]) -> Response:
    answer = OutcomesMessage(tuple(map(_outcome, outcomes)))
    return JsonAnswer(answer)


def _outcome(outcome: Outcome) -> OutcomeMessage:
    error, standing = outcome.error, outcome.standing
    result: Literal["changed", "unchanged"] = "changed" if outcome.changed else "unchanged"
    return OutcomeMessage(
        shield_number=outcome.shield_number,
        outcome=result if error is None else "refused",
        state=None if standing is None else standing.state.value,
        holds=() if standing is None else tuple(hold.value for hold in most_severe_first(standing.holds)),
        refusal=None if error is None else RefusalMessage(error.code, error.zh, error.en),
    )
