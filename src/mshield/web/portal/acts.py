"""The legal person's acts on shields: report and lift loss, freeze and unfreeze, revoke (manual 2.3.1.9, R14)."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.certificates.states import CertificateEvent, gravest_first
from mshield.domain.lines import MAX_REASON, checked_reason
from mshield.services.legal_person.act import MAX_NUMBERS, Cause, Outcome
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import address_of
from mshield.web.context import context_of
from mshield.web.portal.authentication import legal_person_of, managed
from mshield.web.portal.proving import CodeSentMessage, RequestId, SmsCode, proof_of
from mshield.web.router import Router

router: Final = Router("portal")

Number = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9A-Za-z -]{1,32}\Z",
        description="shield number, in any spacing",
    ),
]
Numbers = Annotated[list[Number], msgspec.Meta(min_length=1, max_length=MAX_NUMBERS)]
Reason = Annotated[
    str,
    msgspec.Meta(min_length=1, max_length=MAX_REASON, description="stands in the history, in their words"),
]

CauseName = Literal[
    "unspecified", "key_compromise", "affiliation_changed", "superseded", "cessation_of_operation"
]


class ActMessage(Wire, frozen=True):
    """One act on one or many shields."""

    act: Literal["report_loss", "lift_loss", "freeze", "unfreeze"]
    shield_numbers: Numbers
    reason: Reason


class RevocationMessage(Wire, frozen=True):
    """A batch of revocations; `cause` is what the revocation list says, `reason` what the history says.

    Either an SMS code or the id of a request that their shield signed for just this goes with it.
    """

    shield_numbers: Numbers
    reason: Reason
    cause: CauseName
    sms_code: SmsCode | None = None
    request_id: RequestId | None = None


class RefusalMessage(Wire, frozen=True):
    """Why one shield wasn't changed: a code of the problem documents, and its sentences."""

    code: str
    zh: str
    en: str


class OutcomeMessage(Wire, frozen=True):
    """One shield afterwards. `unchanged`: it stood so before; `refused`: see `refusal`. `state` is null if unknown."""

    shield_number: str
    outcome: Literal["changed", "unchanged", "refused"]
    state: str | None
    holds: tuple[str, ...]
    refusal: RefusalMessage | None


class OutcomesMessage(Wire, frozen=True):
    """One outcome for each shield number, in their order."""

    items: tuple[OutcomeMessage, ...]


@router.post(
    "/enterprises/{credit_code}/acts",
    summary="Hold shields, or lift holds",
    operation_id="actOnShields",
    asks=openapi.takes(ActMessage),
    answers=openapi.answers(OutcomesMessage, "An outcome for each shield"),
)
async def act(request: Request, credit_code: str) -> Response:
    """挂失, 解挂失, 冻结, 解冻结. Two holds: lifting one leaves the other. A repeat changes nothing."""
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
    summary="Send the code for a revocation",
    operation_id="sendRevocationCode",
    answers=openapi.answers(CodeSentMessage, "Sent", status=202),
)
async def send_revocation_code(request: Request) -> Response:
    """To the legal person's own phone; good for one batch of revocations."""
    person = await legal_person_of(request, changes=True)
    context = context_of(request)
    await context.legal_person.shields.send_revocation_code(
        person, address=address_of(request), now=context.clock()
    )
    answer = CodeSentMessage(context.settings.sms_code_seconds, context.settings.sms_resend_seconds)
    return JsonAnswer(answer, 202)


@router.post(
    "/enterprises/{credit_code}/revocations",
    summary="Revoke shields",
    operation_id="revokeShields",
    asks=openapi.takes(RevocationMessage),
    answers=openapi.answers(OutcomesMessage, "An outcome for each shield"),
)
async def revoke(request: Request, credit_code: str) -> Response:
    """作废 (注销): for good, there is no way back. The phone may apply anew afterwards and keeps its number."""
    person, enterprise = await managed(request, credit_code, changes=True)
    message = await page_body_of(request, RevocationMessage)
    context = context_of(request)
    outcomes = await context.legal_person.shields.revoke(
        person,
        enterprise,
        message.shield_numbers,
        reason=checked_reason(message.reason),
        cause=Cause(message.cause),
        proof=proof_of(message),
        now=context.clock(),
    )
    return _answer(outcomes)


def _answer(outcomes: list[Outcome]) -> Response:
    answer = OutcomesMessage(tuple(map(_outcome, outcomes)))
    return JsonAnswer(answer)


def _outcome(outcome: Outcome) -> OutcomeMessage:
    error, standing = outcome.error, outcome.standing
    done: Literal["changed", "unchanged"] = "changed" if outcome.changed else "unchanged"
    return OutcomeMessage(
        shield_number=outcome.shield_number,
        outcome=done if error is None else "refused",
        state=None if standing is None else standing.state.value,
        holds=() if standing is None else tuple(hold.value for hold in gravest_first(standing.holds)),
        refusal=None if error is None else RefusalMessage(error.code, error.zh, error.en),
    )
