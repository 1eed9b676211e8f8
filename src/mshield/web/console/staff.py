"""Members of staff at the console: who there is, and tokens for programs. Changing members takes two (`approvals`).

For another member a token is made by two as well (`staff.token`): it would act in that member's name.
"""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.lines import MAX_NAME
from mshield.domain.staff import MAX_TOKEN_DAYS, MAX_TOKEN_OVERLAP_HOURS, TOKEN_DAYS, StaffRole, StaffScope
from mshield.services.staff.members import StaffMember, list_staff
from mshield.services.staff.tokens import (
    ListedToken,
    Wanted,
    add_token,
    list_tokens,
    revoke_token,
    rotate_token,
)
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire, body_of
from mshield.web.console.authentication import PEOPLE, person_of, staff_of
from mshield.web.context import context_of
from mshield.web.router import Router

router: Final = Router("console")
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]
Days = Annotated[int, msgspec.Meta(ge=1, le=MAX_TOKEN_DAYS)]
Hours = Annotated[int, msgspec.Meta(ge=0, le=MAX_TOKEN_OVERLAP_HOURS)]


class MemberMessage(Wire, frozen=True):
    """A member; `is_set_up` tells whether they can log in. Time in ms."""

    id: str
    name: str
    roles: tuple[StaffRole, ...]
    state: Literal["active", "disabled"]
    is_set_up: bool
    created_at: int


class MembersMessage(Wire, frozen=True):
    """All of them, the oldest first."""

    items: tuple[MemberMessage, ...]


@router.get(
    "/staff",
    summary="Who is on the staff",
    operation_id="listStaff",
    answers=openapi.answers(MembersMessage, "Everybody, also who is disabled"),
)
async def members(request: Request) -> Response:
    """With their roles."""
    await staff_of(request, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)
    staff = await list_staff(context_of(request).db)
    return JsonAnswer(MembersMessage(tuple(filled(MemberMessage, member) for member in staff)))


class TokenMessage(Wire, frozen=True):
    """A token; times in ms. `counts`: it opens something now. `next_id` is the token that took its place."""

    id: str
    staff_id: str
    staff_name: str
    name: str
    roles: tuple[StaffRole, ...]
    scopes: tuple[StaffScope, ...]
    created_at: int
    expires_at: int
    used_at: int | None
    ended_at: int | None
    next_id: str | None
    counts: bool


class TokensMessage(Wire, frozen=True):
    """The newest 500, the newest first, also ended ones."""

    items: tuple[TokenMessage, ...]


class NewTokenMessage(Wire, frozen=True):
    """Roles of one's own, what it may do beside reading and small changes, and for how many days."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME)]
    roles: Annotated[tuple[StaffRole, ...], msgspec.Meta(min_length=1, max_length=4)]
    scopes: Annotated[tuple[StaffScope, ...], msgspec.Meta(max_length=2)] = ()
    days: Days = TOKEN_DAYS


class RotateTokenMessage(Wire, frozen=True):
    """The new one's life, and for how many hours the old one counts beside it."""

    days: Days = TOKEN_DAYS
    overlap_hours: Hours = 24


class MadeTokenMessage(Wire, frozen=True):
    """The new token: `token` is told this once. Time in ms."""

    id: str
    token: str
    name: str
    roles: tuple[StaffRole, ...]
    scopes: tuple[StaffScope, ...]
    expires_at: int


@router.get(
    "/tokens",
    summary="Everybody's tokens",
    operation_id="listTokens",
    answers=openapi.answers(TokensMessage, "The tokens, never what they are"),
)
async def all_tokens(request: Request) -> Response:
    """With whose they are, what they may do, when they were last used and when they end."""
    await staff_of(request, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)
    return await _listed(request)


@router.post(
    "/tokens/{token_id}/revocation",
    summary="End a token",
    operation_id="revokeToken",
    answers=openapi.answers(None, "Ended", status=204),
)
async def revoke(request: Request, token_id: Id) -> Response:
    """At once, whoever's it is."""
    member = await staff_of(request, StaffRole.SECURITY_OFFICER)
    context = context_of(request)
    await revoke_token(context.db, token_id, by=member.by, now=context.clock())
    return no_content()


@router.get(
    "/me/tokens",
    summary="One's own tokens",
    operation_id="listOwnTokens",
    security=PEOPLE,
    answers=openapi.answers(TokensMessage, "The tokens, never what they are"),
)
async def own_tokens(request: Request) -> Response:
    """Also ended ones."""
    return await _listed(request, (await person_of(request)).member)


@router.post(
    "/me/tokens",
    summary="Make a token for a program",
    operation_id="makeOwnToken",
    security=PEOPLE,
    asks=openapi.takes(NewTokenMessage),
    answers=openapi.answers(MadeTokenMessage, "The token", status=201),
)
async def make_own(request: Request) -> Response:
    """It has some of one's own roles, and loses those that one loses."""
    member = (await person_of(request)).member
    message, context = await body_of(request, NewTokenMessage), context_of(request)
    wanted = Wanted(name=message.name, roles=message.roles, scopes=message.scopes, days=message.days)
    token = await add_token(context.db, member.id, wanted, by=member.by, now=context.clock())
    return JsonAnswer(filled(MadeTokenMessage, token), 201)


@router.post(
    "/me/tokens/{token_id}/rotation",
    summary="Change a token for a new one",
    operation_id="rotateOwnToken",
    security=PEOPLE,
    asks=openapi.takes(RotateTokenMessage),
    answers=openapi.answers(MadeTokenMessage, "The new token", status=201),
)
async def rotate_own(request: Request, token_id: Id) -> Response:
    """Same name, roles and scopes. The old one ends after the hours that were chosen."""
    member = (await person_of(request)).member
    message, context = await body_of(request, RotateTokenMessage), context_of(request)
    token = await rotate_token(
        context.db,
        token_id,
        days=message.days,
        overlap_hours=message.overlap_hours,
        of=member.id,
        by=member.by,
        now=context.clock(),
    )
    return JsonAnswer(filled(MadeTokenMessage, token), 201)


@router.post(
    "/me/tokens/{token_id}/revocation",
    summary="End one's own token",
    operation_id="revokeOwnToken",
    security=PEOPLE,
    answers=openapi.answers(None, "Ended", status=204),
)
async def revoke_own(request: Request, token_id: Id) -> Response:
    """At once."""
    member = (await person_of(request)).member
    context = context_of(request)
    await revoke_token(context.db, token_id, of=member.id, by=member.by, now=context.clock())
    return no_content()


async def _listed(request: Request, member: StaffMember | None = None) -> Response:
    context = context_of(request)
    rows = await list_tokens(context.db, staff_id="" if member is None else member.id)
    now = context.clock()
    return JsonAnswer(TokensMessage(tuple(_token(row, now=now) for row in rows)))


def _token(row: ListedToken, *, now: int) -> TokenMessage:
    return filled(TokenMessage, row, counts=row.counts(now=now))
