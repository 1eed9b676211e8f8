"""Authentication of staff: a program by its access token (RFC 6750), a person by their session's cookie.

An `Authorization` header takes precedence. With a cookie, each change needs a CSRF header, so that no other
site can make one.
"""

from typing import Final

from starlette.requests import Request

from mshield.server.errors import Unauthenticated
from mshield.server.http.audiences import CSRF_HEADER
from mshield.server.http.caller import context_of, note_caller, note_requirements
from mshield.server.http.console.sensitive import SENSITIVE, require_if_sensitive, require_recent_factor
from mshield.server.http.cookies import Cookie
from mshield.server.http.router import Security
from mshield.server.runtime.csrf import require_csrf
from mshield.server.staff.errors import WrongStaffToken
from mshield.server.staff.members import StaffMember
from mshield.server.staff.rules import StaffRole, require
from mshield.server.staff.session import LoggedIn, Place, csrf_token
from mshield.server.staff.tokens import authenticate

PEOPLE: Final[Security] = ({"console": []},)
"""`security` of routes for people only."""

_MAX_TOKEN: Final = 256
SESSION: Final = Cookie("mshield-console", longest=_MAX_TOKEN)
_SAFE: Final = frozenset({"GET", "HEAD"})


async def staff_of(request: Request, *allowed: StaffRole) -> StaffMember:
    """Returns the calling member of staff, who must have one of these roles.

    Raises: WrongStaffToken, Unauthenticated (no session), Forbidden (role, or a change without the session's
    CSRF token), SecondFactorNeeded (a critical operation).
    """
    note_requirements(request, *allowed)
    context = context_of(request)
    authorization = request.headers.get("authorization")
    if authorization is None:
        login = await _login(request)
        require(login.member.roles, allowed)
        _require_csrf(request, session_token(request))
        require_if_sensitive(request, login.member)
        return login.member
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN or not token.isascii():
        raise WrongStaffToken
    member = await authenticate(context.db, token, allowed=StaffRole, now=context.clock())
    note_caller(request, "staff", member.id)
    require(member.roles, allowed)
    require_if_sensitive(request, member)
    return member


async def person_of(request: Request) -> LoggedIn:
    """Returns the person logged in, whatever their roles; tokens of programs aren't accepted.

    Raises: Unauthenticated, Forbidden and SecondFactorNeeded as above.
    """
    login = await _login(request)
    _require_csrf(request, session_token(request))
    require_if_sensitive(request, login.member)
    return login


async def staff_again(request: Request, needs: tuple[str, ...]) -> None:
    """Authenticates the caller of a repeat, who needs the same rights as the first call's caller.

    Raises: as `staff_of`.
    """
    roles = [role for role in StaffRole if role in needs]
    if not roles:
        await person_of(request)
        return
    member = await staff_of(request, *roles)
    if SENSITIVE in needs:
        require_recent_factor(request, member)


def session_token(request: Request) -> str:
    """Returns the cookie's token. Raises: Unauthenticated."""
    token = SESSION.of(request)
    if not token:
        raise Unauthenticated
    return token


def place_of(request: Request) -> Place:
    """Returns address and browser of the call."""
    address = request.client.host if request.client is not None else ""
    return Place(address, request.headers.get("user-agent", ""))


async def _login(request: Request) -> LoggedIn:
    context = context_of(request)
    login = await context.staff.sessions.find(session_token(request), now=context.clock())
    note_caller(request, "staff", login.member.id)
    return login


def _require_csrf(request: Request, token: str) -> None:
    if request.method not in _SAFE:
        require_csrf(csrf_token(token), request.headers.get(CSRF_HEADER))
