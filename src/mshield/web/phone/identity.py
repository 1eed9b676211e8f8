"""Proving that the account is the filed person's (核验身份): what proves it, and the ways to get there."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.actor import By
from mshield.domain.identity import mask_phone
from mshield.domain.ids import require_id
from mshield.services.identity.confirm import Place
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, body_of
from mshield.web.caller import address_of, browser_of
from mshield.web.context import context_of
from mshield.web.phone.authentication import account_of_phone, phone_of
from mshield.web.router import Router

router: Final = Router("phone")

WayName = Literal[
    "filed_phone", "legal_person", "filing_code", "own_shield", "outside", "real_name", "earlier"
]
ActorName = Literal["service", "user", "legal_person", "staff"]


class ProofMessage(Wire, frozen=True):
    """One proof: how, by whom, for which enterprise and role (null: for the person as such); times in ms."""

    way: WayName
    actor: ActorName
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None
    role: Literal["legal_person", "operator"] | None
    credit_code: str | None
    enterprise: str | None


class OwnRequestMessage(Wire, frozen=True):
    """The request to the legal person; `remind_from` is when they can be told again. Times in ms."""

    state: Literal["waiting", "confirmed", "refused", "withdrawn", "expired"]
    credit_code: str
    enterprise: str
    asked_at: int
    expires_at: int
    remind_from: int
    decided_at: int | None


class SecondAccountMessage(Wire, frozen=True):
    """Another account that was proven to be the same person's, and counts from `counts_from`; times in ms.

    `can_object`: whether it can be stopped here, which serves once for an account.
    """

    id: str
    phone_masked: str
    way: WayName
    role: Literal["legal_person", "operator"] | None
    enterprise: str | None
    proven_at: int
    counts_from: int
    can_object: bool


class PhoneChangeMessage(Wire, frozen=True):
    """Customer service binds the account to this number at `effective_at`, unless it is stopped; times in ms."""

    phone_masked: str
    approved_at: int
    effective_at: int


class IdentityMessage(Wire, frozen=True):
    """What proves the account, the newest first, its last request to a legal person, and others in its name.

    `second_accounts` are told to who is proven, as long as they don't count yet. `phone_change` is another number that
    two of the staff approved without a code from this one, null where none waits.
    """

    proofs: tuple[ProofMessage, ...]
    request: OwnRequestMessage | None
    second_accounts: tuple[SecondAccountMessage, ...]
    phone_change: PhoneChangeMessage | None


class RecordMessage(Wire, frozen=True):
    """Which filing record; name and id number are the account's."""

    user_type: Literal["legal_person", "operator"]
    credit_code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class WayMessage(Wire, frozen=True):
    """A way, and why it can't be gone: null where it can."""

    way: WayName
    reason: Literal["second_account", "objected", "no_phone", "other_phone", "no_legal_person"] | None


class WaysMessage(Wire, frozen=True):
    """Whether the account is proven to be this record's; else from when (ms) it will be, and the ways."""

    proven: bool
    counts_from: int | None
    enterprise: str
    items: tuple[WayMessage, ...]


class ActivationMessage(Wire, frozen=True):
    """A code as it was typed: in either case, with or without hyphens."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]


class ConsentMessage(Wire, frozen=True):
    """A request for the person's other phone: followed by `status_token`, `number` stands on both screens."""

    request_id: str
    status_token: str
    number: str
    expires_in: int


class RealNameMessage(RecordMessage, frozen=True):
    """Which record, the code that came to the account's number, and that its holder agreed to the question."""

    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
    agreed: bool


class ActivatedMessage(Wire, frozen=True):
    """From when it counts, ms: later only where the person's other account is told first."""

    counts_from: int


@router.get(
    "/identity",
    summary="What proves who I am",
    operation_id="getIdentity",
    answers=openapi.answers(IdentityMessage, "Proofs, and the request that waits"),
)
async def identity(request: Request) -> Response:
    """An account that nothing proves can register, log in and read, but not apply for a certificate."""
    login, context = await phone_of(request), context_of(request)
    proofs = await context.identity.shown.of_account(login.account_id)
    asked = await context.identity.confirm.newest(login.account_id, now=context.clock())
    seconds = await context.identity.objection.waiting(login.account_id, now=context.clock())
    change = await context.accounts.phone_wait.waiting(login.account_id)
    return JsonAnswer(
        IdentityMessage(
            tuple(filled(ProofMessage, proof) for proof in proofs),
            None if asked is None else filled(OwnRequestMessage, asked),
            tuple(
                filled(SecondAccountMessage, second, phone_masked=mask_phone(second.phone))
                for second in seconds
            ),
            None
            if change is None
            else filled(PhoneChangeMessage, change, phone_masked=mask_phone(change.new_phone)),
        )
    )


@router.post(
    "/identity/second-accounts/{proof_id}/objection",
    summary="This isn't me: stop another account in my name",
    operation_id="objectToSecondAccount",
    answers=openapi.answers(None, "Stopped", status=204),
)
async def object_to_second(request: Request, proof_id: str) -> Response:
    """Ends its proof before it counts. Once for an account; after that customer service is asked."""
    login, context = await phone_of(request), context_of(request)
    await context.identity.objection(login.account_id, require_id(proof_id), now=context.clock())
    return no_content()


@router.post(
    "/identity/phone-change/stop",
    summary="I didn't ask for it: stop the change of my phone number",
    operation_id="stopPhoneChange",
    answers=openapi.answers(None, "Stopped; the number stays", status=204),
)
async def stop_phone_change(request: Request) -> Response:
    """Until it is done, from any phone that is logged in to the account."""
    login, context = await phone_of(request), context_of(request)
    by = By("user", login.account_id)
    await context.accounts.phone_wait.stop(login.account_id, by=by, now=context.clock())
    return no_content()


@router.post(
    "/identity/ways",
    summary="How I can prove that I am this person on file",
    operation_id="findIdentityWays",
    asks=openapi.takes(RecordMessage),
    answers=openapi.answers(WaysMessage, "The ways"),
)
async def ways(request: Request) -> Response:
    """Changes nothing. Told only to who knows the whole record; the phone number on file is not told."""
    account, context = await account_of_phone(request), context_of(request)
    message = await body_of(request, RecordMessage)
    ways = await context.identity.ways(
        account, credit_code=message.credit_code, role=message.user_type, now=context.clock()
    )
    items = tuple(WayMessage(way.way.value, way.reason) for way in ways.items)  # type: ignore[arg-type]  # of these
    return JsonAnswer(WaysMessage(ways.proven, ways.counts_from, ways.enterprise, items))


@router.post(
    "/identity/requests",
    summary="Ask the legal person to confirm who I am",
    operation_id="askLegalPerson",
    asks=openapi.takes(RecordMessage),
    answers=openapi.answers(OwnRequestMessage, "They are told", status=201) | openapi.problems(429),
)
async def ask(request: Request) -> Response:
    """For operators. The legal person answers in the portal within seven days."""
    account, context = await account_of_phone(request), context_of(request)
    message = await body_of(request, RecordMessage)
    asked = await context.identity.confirm.ask(
        account,
        credit_code=message.credit_code,
        role=message.user_type,
        place=Place(address_of(request), browser_of(request)),
        now=context.clock(),
    )
    return JsonAnswer(filled(OwnRequestMessage, asked), 201)


@router.delete(
    "/identity/requests/current",
    summary="Take the request back",
    operation_id="withdrawIdentityRequest",
    answers=openapi.answers(None, "Taken back", status=204),
)
async def withdraw(request: Request) -> Response:
    """The legal person no longer sees it as waiting."""
    login, context = await phone_of(request), context_of(request)
    await context.identity.confirm.withdraw(login.account_id, now=context.clock())
    return no_content()


@router.post(
    "/identity/requests/current/remind",
    summary="Remind the legal person",
    operation_id="remindLegalPerson",
    answers=openapi.answers(OwnRequestMessage, "They are told again") | openapi.problems(429),
)
async def remind(request: Request) -> Response:
    """Every four hours at most."""
    login, context = await phone_of(request), context_of(request)
    asked = await context.identity.confirm.remind(login.account_id, now=context.clock())
    return JsonAnswer(filled(OwnRequestMessage, asked))


@router.post(
    "/identity/consents",
    summary="Ask for the consent of an own shield",
    operation_id="askOwnShield",
    asks=openapi.takes(RecordMessage),
    answers=openapi.answers(ConsentMessage, "To be scanned by the other phone", status=201)
    | openapi.problems(429),
)
async def ask_consent(request: Request) -> Response:
    """The person's other phone scans the code, and signs under its PIN or refuses: for the same filing record only.

    The page shows the code and follows the request by `status_token` (API for PCs). Ten a day; none for a day after the
    phone answered `not_me`.
    """
    account, context = await account_of_phone(request), context_of(request)
    message, now = await body_of(request, RecordMessage), context.clock()
    asked = await context.requests.ask_consent(
        account,
        credit_code=message.credit_code,
        role=message.user_type,
        place=Place(address_of(request), browser_of(request)),
        now=now,
    )
    seconds = max(0, asked.expires_at - now) // 1000
    return JsonAnswer(ConsentMessage(asked.id, asked.status_token, asked.number, seconds), 201)


@router.post(
    "/identity/real-name",
    summary="Have the carrier say whose the number is",
    operation_id="checkRealName",
    asks=openapi.takes(RealNameMessage),
    answers=openapi.answers(ActivatedMessage, "It proves the account", status=201)
    | openapi.problems(429, 503),
)
async def check_real_name(request: Request) -> Response:
    """For operators, where an outside service is set up. With an SMS code of purpose `apply`. Three a day.

    Name, id number and phone number go to that service: `agreed` says that their holder was asked.
    """
    account, context = await account_of_phone(request), context_of(request)
    message = await body_of(request, RealNameMessage)
    if not message.agreed:
        raise errors.InvalidRequest(fields=["agreed"])
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
    answers=openapi.answers(ActivatedMessage, "It proves the account", status=201) | openapi.problems(429),
)
async def use_code(request: Request) -> Response:
    """One time, for one named person, within seven days. Five wrong codes a day."""
    account, context = await account_of_phone(request), context_of(request)
    message = await body_of(request, ActivationMessage)
    counts_from = await context.identity.codes.use(account, message.code, now=context.clock())
    return JsonAnswer(ActivatedMessage(counts_from), 201)
