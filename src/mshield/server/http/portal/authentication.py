"""Sessions of the portal: a cookie that no script reads and no other site sends, and a CSRF header for changes."""

from typing import Final

from starlette.requests import Request

from mshield.server.errors import NotFound, Unauthenticated
from mshield.server.http.audiences import CSRF_HEADER
from mshield.server.http.caller import context_of, note_caller
from mshield.server.http.cookies import Cookie
from mshield.server.legal_person.session import LegalPerson, ManagedEnterprise, csrf_token
from mshield.server.runtime.csrf import require_csrf

SESSION: Final = Cookie("mshield-portal", longest=128)
_MAX_CREDIT_CODE: Final = 32


async def legal_person_of(request: Request, *, changes: bool = False) -> LegalPerson:
    """Returns the legal person who is logged in.

    Raises: Unauthenticated, Forbidden (a change without the session's CSRF token).
    """
    token = session_token(request)
    context = context_of(request)
    person = await context.legal_person.sessions.find(token, now=context.clock())
    note_caller(request, "legal_person", person.account_id)
    if changes:
        require_csrf(csrf_token(token), request.headers.get(CSRF_HEADER))
    return person


async def managed(
    request: Request, credit_code: str, *, changes: bool = False
) -> tuple[LegalPerson, ManagedEnterprise]:
    """Returns the legal person who is logged in, and the named enterprise.

    Raises: as `legal_person_of`; NotFound (the person isn't its legal person).
    """
    person = await legal_person_of(request, changes=changes)
    if len(credit_code) > _MAX_CREDIT_CODE or not (credit_code.isascii() and credit_code.isalnum()):
        raise NotFound
    return person, await context_of(request).legal_person.lists.enterprise(
        person, credit_code.upper(), now=context_of(request).clock()
    )


async def legal_person_again(request: Request, _needs: tuple[str, ...]) -> None:
    """Authenticates the caller of a repeat, for the enterprise in its address if there is one.

    Raises: as `managed`.
    """
    match = request.scope["route"].pattern.fullmatch(request.scope["path"])
    credit_code = match.groupdict().get("credit_code") if match else None
    if credit_code is None:
        await legal_person_of(request, changes=True)
    else:
        await managed(request, credit_code, changes=True)


def session_token(request: Request) -> str:
    """Returns the cookie's token. Raises: Unauthenticated."""
    token = SESSION.of(request)
    if not token:
        raise Unauthenticated
    return token


def csrf_of(request: Request) -> str:
    """Returns the CSRF token of the request's session. Raises: Unauthenticated."""
    return csrf_token(session_token(request))
