"""Members of staff in the console, and tokens for programs. Changing members requires two people (`approvals`).

A token for another member requires two as well (`staff.token`), because it acts in that member's name.
"""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import PEOPLE, person_of, staff_of
from mshield.server.http.console.changed_rows import ChangedRowMessage, reported
from mshield.server.http.router import Router
from mshield.server.staff.members import StaffMember, list_staff_and_changed
from mshield.server.staff.rules import (
    MAX_TOKEN_OVERLAP_HOURS,
    TOKEN_DAYS,
    StaffRole,
    StaffScope,
)
from mshield.server.staff.tokens import (
    Days,
    ListedToken,
    MadeTokenMessage,
    NewTokenMessage,
    add_token,
    list_tokens,
    revoke_token,
    rotate_token,
)

router: Final = Router("console")
Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f-]{1,36}\Z")]
Hours = Annotated[int, msgspec.Meta(ge=0, le=MAX_TOKEN_OVERLAP_HOURS)]


class MemberMessage(Wire, frozen=True):
    """A member of staff; `is_set_up`: they can log in. Time in ms."""

    id: str
    name: str
    roles: tuple[StaffRole, ...]
    state: Literal["active", "disabled"]
    is_set_up: bool
    created_at: int


class MembersMessage(Wire, frozen=True):
    """All members, oldest first, except those whose row was changed outside of the service."""

    items: tuple[MemberMessage, ...]
    changed_rows: tuple[ChangedRowMessage, ...]


@router.get(
    "/staff",
    summary="List the members of staff",
    operation_id="listStaff",
    answers=openapi.answers(MembersMessage, "All members, including disabled ones"),
)
async def members(request: Request) -> Response:
    """Lists all members with their roles."""
    await staff_of(request, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)
    staff, changed = await list_staff_and_changed(context_of(request).db)
    items = tuple(filled(MemberMessage, member) for member in staff)
    return JsonAnswer(MembersMessage(items, reported(request, changed)))


class TokenMessage(Wire, frozen=True):
    """A token; times in ms. `counts`: it is valid now. `next_id` is the token that replaced it."""

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
    """The newest 500, newest first, including ended ones."""

    items: tuple[TokenMessage, ...]


class RotateTokenMessage(Wire, frozen=True):
    """Lifetime of the new token, and for how many hours the old one stays valid."""

    days: Days = TOKEN_DAYS
    overlap_hours: Hours = 24


@router.get(
    "/tokens",
    summary="List all tokens",
    operation_id="listTokens",
    answers=openapi.answers(TokensMessage, "The tokens, without their values"),
)
async def all_tokens(request: Request) -> Response:
    """Lists owner, rights, last use and expiry of each token, never the token itself."""
    await staff_of(request, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)
    return await _listed(request)


@router.post(
    "/tokens/{token_id}/revocation",
    summary="End a token",
    operation_id="revokeToken",
    answers=openapi.answers(None, "Ended", status=204),
)
async def revoke(request: Request, token_id: Id) -> Response:
    """Ends it immediately, whoever owns it."""
    member = await staff_of(request, StaffRole.SECURITY_OFFICER)
    context = context_of(request)
    await revoke_token(context.db, token_id, by=member.by, now=context.clock())
    return no_content()


@router.get(
    "/me/tokens",
    summary="List one's own tokens",
    operation_id="listOwnTokens",
    security=PEOPLE,
    answers=openapi.answers(TokensMessage, "The tokens, without their values"),
)
async def own_tokens(request: Request) -> Response:
    """Lists the caller's tokens, including ended ones."""
    return await _listed(request, (await person_of(request)).member)


@router.post(
    "/me/tokens",
    summary="Create a token for a program",
    operation_id="makeOwnToken",
    shows_secret=True,
    security=PEOPLE,
    asks=openapi.takes(NewTokenMessage),
    answers=openapi.answers(MadeTokenMessage, "The token", status=201),
)
async def make_own(request: Request) -> Response:
    """Creates a token with some of the caller's roles; it loses a role when the caller does."""
    member = (await person_of(request)).member
    message, context = await body_of(request, NewTokenMessage), context_of(request)
    token = await add_token(context.db, member.id, message, by=member.by, now=context.clock())
    return JsonAnswer(token, 201)


@router.post(
    "/me/tokens/{token_id}/rotation",
    summary="Replace a token by a new one",
    operation_id="rotateOwnToken",
    shows_secret=True,
    security=PEOPLE,
    asks=openapi.takes(RotateTokenMessage),
    answers=openapi.answers(MadeTokenMessage, "The new token", status=201),
)
async def rotate_own(request: Request, token_id: Id) -> Response:
    """Keeps name, roles and scopes. The old token ends after the given number of hours."""
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
    return JsonAnswer(token, 201)


@router.post(
    "/me/tokens/{token_id}/revocation",
    summary="End one's own token",
    operation_id="revokeOwnToken",
    security=PEOPLE,
    answers=openapi.answers(None, "Ended", status=204),
)
async def revoke_own(request: Request, token_id: Id) -> Response:
    """Ends it immediately."""
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
