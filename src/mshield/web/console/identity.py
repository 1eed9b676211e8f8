"""What proves accounts, at the console: earlier applications, shields' consents; operators' activation codes."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.identity import mask_phone
from mshield.domain.staff import StaffRole
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, body_of
from mshield.web.console.authentication import PEOPLE, staff_of
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("console")
_READERS: Final = (StaffRole.FILING_OFFICER, StaffRole.CUSTOMER_SERVICE, StaffRole.AUDITOR)


class EarlierWanted(Query, frozen=True):
    """Where the page begins."""

    after: Annotated[str, msgspec.Meta(max_length=80, description="`next` of the page before")] = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=200)] = 50


class EarlierMessage(Wire, frozen=True):
    """An account that nothing but an earlier application proves; `proven_at` in ms."""

    id: str
    account_id: str
    name: str
    phone_masked: str
    person_id: str
    role: Literal["legal_person", "operator"]
    credit_code: str
    enterprise: str
    proven_at: int


class EarlierPageMessage(Wire, frozen=True):
    """A page; `next` is the `after` of the one that follows, or null."""

    items: tuple[EarlierMessage, ...]
    next: str | None


class AccountProofMessage(Wire, frozen=True):
    """How an account was proven, by whom, for which filing record; times in ms."""

    way: str
    actor: str
    actor_id: str | None
    person_id: str | None
    role: str | None
    credit_code: str | None
    enterprise: str | None
    proven_at: int
    counts_from: int
    ended_at: int | None
    ended_reason: str | None


class AccountProofsMessage(Wire, frozen=True):
    """The newest first."""

    items: tuple[AccountProofMessage, ...]


class HandedOnMessage(Wire, frozen=True):
    """What an account's shield consented to: another account of the same person, for a filing record; times in ms.

    `consented_by` is the account whose shield it was: this one, or one that this one's consent had proven.
    """

    id: str
    account_id: str
    consented_by: str
    name: str
    phone_masked: str
    state: Literal["active", "disabled"]
    role: Literal["legal_person", "operator"]
    credit_code: str
    enterprise: str
    proven_at: int
    counts_from: int
    ended_at: int | None


class HandedOnsMessage(Wire, frozen=True):
    """Ended ones too, the oldest first."""

    items: tuple[HandedOnMessage, ...]


class EndHandedOnMessage(Wire, frozen=True):
    """Why it ends."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class FilingCodeMessage(Wire, frozen=True):
    """To be printed or handed over, never sent. Told this once; `expires_at` in ms."""

    code: str
    name: str
    expires_at: int


@router.get(
    "/identity/earlier",
    summary="Accounts that only an earlier application proves",
    operation_id="listEarlierProofs",
    answers=openapi.answers(EarlierPageMessage, "A page"),
)
async def earlier(request: Request, query: EarlierWanted) -> Response:
    """For the filing office to look through, once after the upgrade that brought proofs."""
    await staff_of(request, *_READERS)
    rows = await context_of(request).identity.shown.earlier(after=query.after, most=query.limit + 1)
    items = tuple(
        filled(EarlierMessage, row, phone_masked=mask_phone(row.phone)) for row in rows[: query.limit]
    )
    return JsonAnswer(EarlierPageMessage(items, items[-1].id if len(rows) > query.limit else None))


@router.get(
    "/accounts/{account_id}/proofs",
    summary="What proves an account",
    operation_id="listAccountProofs",
    answers=openapi.answers(AccountProofsMessage, "The proofs"),
)
async def proofs(request: Request, account_id: str) -> Response:
    """Ended ones too. An unknown account has none."""
    await staff_of(request, *_READERS)
    proofs = await context_of(request).identity.shown.of_account(account_id)
    return JsonAnswer(AccountProofsMessage(tuple(filled(AccountProofMessage, proof) for proof in proofs)))


@router.get(
    "/accounts/{account_id}/consents",
    summary="What an account's shield consented to",
    operation_id="listAccountConsents",
    answers=openapi.answers(HandedOnsMessage, "The other accounts"),
)
async def consents(request: Request, account_id: str) -> Response:
    """Accounts that it proved by a consent, and those that they proved in turn. An unknown account has none."""
    await staff_of(request, *_READERS)
    proofs = await context_of(request).identity.handed_on.of_account(account_id)
    items = tuple(filled(HandedOnMessage, proof, phone_masked=mask_phone(proof.phone)) for proof in proofs)
    return JsonAnswer(HandedOnsMessage(items))


@router.post(
    "/accounts/{account_id}/consents/{proof_id}/end",
    summary="End what an account's consent proved",
    operation_id="endAccountConsent",
    security=PEOPLE,
    asks=openapi.takes(EndHandedOnMessage),
    answers=openapi.answers(None, "Ended", status=204) | openapi.problems(413),
)
async def end_consent(request: Request, account_id: str, proof_id: str) -> Response:
    """Where the account was a thief's. It doesn't end by itself: a lost phone's account is disabled too."""
    member = await staff_of(request, StaffRole.CUSTOMER_SERVICE)
    message, context = await body_of(request, EndHandedOnMessage), context_of(request)
    await context.identity.handed_on.end(
        account_id, proof_id, reason=message.reason, by=member.by, now=context.clock()
    )
    return no_content()


@router.post(
    "/filing/people/{person_id}/activation-code",
    summary="Make an operator's activation code",
    operation_id="makeFilingCode",
    security=PEOPLE,
    answers=openapi.answers(FilingCodeMessage, "The code", status=201),
)
async def filing_code(request: Request, person_id: str) -> Response:
    """For seven days and one use. A legal person's takes two: ask for the act `identity.code`."""
    member, context = await staff_of(request, StaffRole.FILING_OFFICER), context_of(request)
    code = await context.identity.codes.make(person_id, by=member.by, now=context.clock())
    return JsonAnswer(filled(FilingCodeMessage, code), 201)
