"""Who of the staff calls: a program by its access token (RFC 6750), a person by their session's cookie.

An `Authorization` header decides where there is one. A cookie goes with a header for each change, so that no other
site can make one.
"""

from typing import Final

from starlette.requests import Request

from mshield.domain import errors
from mshield.domain.staff import StaffRole, require
from mshield.services.process.csrf import require_csrf
from mshield.services.staff.members import StaffMember
from mshield.services.staff.session import LoggedIn, Place, csrf_token
from mshield.services.staff.tokens import authenticate
from mshield.web.audiences import CSRF_HEADER
from mshield.web.caller import acting
from mshield.web.console.grave import require_if_grave
from mshield.web.context import context_of
from mshield.web.cookies import Cookie
from mshield.web.router import Security

PEOPLE: Final[Security] = ({"console": []},)
"""`security` of what is for people only."""

_MAX_TOKEN: Final = 256
SESSION: Final = Cookie("mshield-console", longest=_MAX_TOKEN)
_SAFE: Final = frozenset({"GET", "HEAD"})


async def staff_of(request: Request, *allowed: StaffRole) -> StaffMember:
    """The member who calls, if they hold one of these roles.

    Raises WrongStaffToken, Unauthenticated without a session, Forbidden; the last also for a change without the
    session's CSRF token; SecondFactorNeeded for a grave act.
    """
    context = context_of(request)
    authorization = request.headers.get("authorization")
    if authorization is None:
        login = await _login(request)
        require(login.member.roles, allowed)
        _require_csrf(request, session_token(request))
        require_if_grave(request, login.member)
        return login.member
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(token) <= _MAX_TOKEN or not token.isascii():
        raise errors.WrongStaffToken
    member = await authenticate(context.db, token, allowed=StaffRole, now=context.clock())
    acting(request, "staff", member.id)
    require(member.roles, allowed)
    require_if_grave(request, member)
    return member


async def person_of(request: Request) -> LoggedIn:
    """Who is logged in, whatever their roles; programs are nobody here.

    Raises Unauthenticated; Forbidden and SecondFactorNeeded as above.
    """
    login = await _login(request)
    _require_csrf(request, session_token(request))
    require_if_grave(request, login.member)
    return login


def session_token(request: Request) -> str:
    """The cookie's token. Raises Unauthenticated."""
    token = SESSION.of(request)
    if not token:
        raise errors.Unauthenticated
    return token


def place_of(request: Request) -> Place:
    """Whence the call comes."""
    address = request.client.host if request.client is not None else ""
    return Place(address, request.headers.get("user-agent", ""))


async def _login(request: Request) -> LoggedIn:
    context = context_of(request)
    login = await context.staff.sessions.find(session_token(request), now=context.clock())
    acting(request, "staff", login.member.id)
    return login


def _require_csrf(request: Request, token: str) -> None:
    if request.method not in _SAFE:
        require_csrf(csrf_token(token), request.headers.get(CSRF_HEADER))
