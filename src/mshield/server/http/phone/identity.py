"""Proving that the account belongs to the person on file (核验身份): existing proofs, and ways to prove it."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.acts.actor import By
from mshield.server.errors import InvalidRequest
from mshield.server.filing.report import masked
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import address_of, browser_of, context_of
from mshield.server.http.phone.authentication import account_of_phone, phone_of
from mshield.server.http.router import Router
from mshield.server.identity.confirm import Place
from mshield.server.values.ids import require_id
from mshield.server.values.names import mask_phone
from mshield.wire.phone.identity import (
    ActivatedMessage,
    ConsentRequestMessage,
    IdentityMessage,
    OwnRequestMessage,
    PhoneChangeMessage,
    ProofMessage,
    SecondAccountMessage,
    WaysMessage,
)

router: Final = Router("phone")


class RecordMessage(Wire, frozen=True):
    """A filing record; name and ID number are the account's."""

    user_type: Literal["legal_person", "operator"]
    credit_code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class ActivationMessage(Wire, frozen=True):
    """An activation code as typed: upper or lower case, with or without hyphens."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class RealNameMessage(RecordMessage, frozen=True):
    """A filing record, the SMS code sent to the account's number, and the holder's consent to the check."""

    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    agreed: bool


@router.get(
    "/identity",
    summary="Show the proofs of my identity",
    operation_id="getIdentity",
    answers=openapi.answers(IdentityMessage, "Proofs, and the waiting request"),
)
async def identity(request: Request) -> Response:
    """Returns the proofs. An account without one can register, log in and read, but not apply for a certificate."""
    login, context = await phone_of(request), context_of(request)
    proofs = await context.identity.shown.of_account(login.account_id)
    newest = await context.identity.confirm.newest(login.account_id, now=context.clock())
    seconds = await context.identity.objection.waiting(login.account_id, now=context.clock())
    change = await context.accounts.phone_wait.waiting(login.account_id)
    filed = await context.filing.phone_wait.waiting(login.account_id, now=context.clock())
    waiting = None
    if change is not None:
        waiting = filled(
            PhoneChangeMessage, change, kind="account", phone_masked=mask_phone(change.new_phone)
        )
    elif filed:
        waiting = filled(
            PhoneChangeMessage, filed[0], kind="filed", phone_masked=masked("phone", filed[0].new_phone)
        )
    return JsonAnswer(
        IdentityMessage(
            tuple(filled(ProofMessage, proof) for proof in proofs),
            None if newest is None else filled(OwnRequestMessage, newest),
            tuple(
                filled(SecondAccountMessage, second, phone_masked=mask_phone(second.phone))
                for second in seconds
            ),
            waiting,
        )
    )


@router.post(
    "/identity/second-accounts/{proof_id}/objection",
    summary="Object to another account in my name",
    operation_id="objectToSecondAccount",
    answers=openapi.answers(None, "Stopped", status=204),
)
async def object_to_second(request: Request, proof_id: str) -> Response:
    """Ends its proof before it becomes valid. Possible once per account; after that contact customer service."""
    login, context = await phone_of(request), context_of(request)
    await context.identity.objection(login.account_id, require_id(proof_id), now=context.clock())
    return no_content()


@router.post(
    "/identity/phone-change/stop",
    summary="Stop a change of my phone number, or of the one on file",
    operation_id="stopPhoneChange",
    answers=openapi.answers(None, "Stopped; the number stays", status=204),
)
async def stop_phone_change(request: Request) -> Response:
    """Stops what `getIdentity` shows and hasn't taken effect yet, from any phone logged in to the account."""
    login, context = await phone_of(request), context_of(request)
    if await context.accounts.phone_wait.waiting(login.account_id) is None:
        await context.filing.phone_wait.stop(login.account_id, now=context.clock())
        return no_content()
    by = By("user", login.account_id)
    await context.accounts.phone_wait.stop(login.account_id, by=by, now=context.clock())
    return no_content()


@router.post(
    "/identity/ways",
    summary="List the ways to prove my identity",
    operation_id="findIdentityWays",
    asks=openapi.takes(RecordMessage),
    answers=openapi.answers(WaysMessage, "The ways"),
)
async def ways(request: Request) -> Response:
    """Changes nothing. The whole filing record must be given correctly; the phone number on file is not revealed."""
    account, context = await account_of_phone(request), context_of(request)
    message = await body_of(request, RecordMessage)
    ways = await context.identity.ways(
        account, credit_code=message.credit_code, role=message.user_type, now=context.clock()
    )
    return JsonAnswer(ways)


@router.post(
    "/identity/requests",
    summary="Ask the legal representative to confirm my identity",
    operation_id="askLegalPerson",
    asks=openapi.takes(RecordMessage),
    answers=openapi.answers(OwnRequestMessage, "The legal representative is notified", status=201)
    | openapi.problems(429),
)
async def ask(request: Request) -> Response:
    """Asks the legal person to confirm an operator. They answer in the portal within seven days."""
    account, context = await account_of_phone(request), context_of(request)
    message = await body_of(request, RecordMessage)
    created = await context.identity.confirm.ask(
        account,
        credit_code=message.credit_code,
        role=message.user_type,
        place=Place(address_of(request), browser_of(request)),
        now=context.clock(),
    )
    return JsonAnswer(filled(OwnRequestMessage, created), 201)


@router.delete(
    "/identity/requests/current",
    summary="Withdraw the request to the legal representative",
    operation_id="withdrawIdentityRequest",
    answers=openapi.answers(None, "Withdrawn", status=204),
)
async def withdraw(request: Request) -> Response:
    """Withdraws the request; the legal person no longer sees it as waiting."""
    login, context = await phone_of(request), context_of(request)
    await context.identity.confirm.withdraw(login.account_id, now=context.clock())
    return no_content()


@router.post(
    "/identity/requests/current/remind",
    summary="Remind the legal representative",
    operation_id="remindLegalPerson",
    answers=openapi.answers(OwnRequestMessage, "The legal representative is reminded")
    | openapi.problems(429),
)
async def remind(request: Request) -> Response:
    """Reminds the legal person, at most every four hours."""
    login, context = await phone_of(request), context_of(request)
    reminded = await context.identity.confirm.remind(login.account_id, now=context.clock())
    return JsonAnswer(filled(OwnRequestMessage, reminded))


@router.post(
    "/identity/consents",
    summary="Request consent with my other shield",
    operation_id="askOwnShield",
    asks=openapi.takes(RecordMessage),
    answers=openapi.answers(ConsentRequestMessage, "A request for the other phone to scan", status=201)
    | openapi.problems(429),
)
async def ask_consent(request: Request) -> Response:
    """Creates a request. The person's other phone scans its code, and signs with its PIN or declines.

    It is valid for this filing record only. The page shows the code and polls the request with `status_token`
    (API for PCs). At most ten a day; none for a day after the phone answered `not_me`.
    """
    account, context = await account_of_phone(request), context_of(request)
    message, now = await body_of(request, RecordMessage), context.clock()
    consent = await context.requests.ask_consent(
        account,
        credit_code=message.credit_code,
        role=message.user_type,
        place=Place(address_of(request), browser_of(request)),
        now=now,
    )
    seconds = max(0, consent.expires_at - now) // 1000
    return JsonAnswer(ConsentRequestMessage(consent.id, consent.status_token, consent.number, seconds), 201)


@router.post(
    "/identity/real-name",
    summary="Check with the carrier who owns the phone number",
    operation_id="checkRealName",
    asks=openapi.takes(RealNameMessage),
    answers=openapi.answers(ActivatedMessage, "The account is proven", status=201)
    | openapi.problems(429, 503),
)
async def check_real_name(request: Request) -> Response:
    """Proves an operator's account, if the carrier confirms that the phone number is registered to the person.

    This needs an SMS code of purpose `apply`, and an outside service that the operator of the site configured.
    Name, ID number and phone number are sent to that service: `agreed` states that their holder consented. At
    most three checks a day.
    """
    account, context = await account_of_phone(request), context_of(request)
    message = await body_of(request, RealNameMessage)
    if not message.agreed:
        raise InvalidRequest(fields=["agreed"])
    counts_from = await context.accounts.real_name(
        account,
        credit_code=message.credit_code,
        role=message.user_type,
        sms_code=message.sms_code,
        now=context.clock(),
    )
    return JsonAnswer(ActivatedMessage(counts_from), 201)


@router.post(
    "/identity/codes",
    summary="Enter an activation code",
    operation_id="useActivationCode",
    asks=openapi.takes(ActivationMessage),
    answers=openapi.answers(ActivatedMessage, "The account is proven", status=201) | openapi.problems(429),
)
async def use_code(request: Request) -> Response:
    """Accepts a code once, from the person it names, within seven days. At most five wrong codes a day."""
    account, context = await account_of_phone(request), context_of(request)
    message = await body_of(request, ActivationMessage)
    counts_from = await context.identity.codes.use(account, message.code, now=context.clock())
    return JsonAnswer(ActivatedMessage(counts_from), 201)
