"""The portal's session: a cookie that no script reads and no other site sends, and a header for each change."""

from typing import Final

from starlette.requests import Request

from mshield.domain import errors
from mshield.services.legal_person.session import LegalPerson, ManagedEnterprise, csrf_token
from mshield.services.process.csrf import require_csrf
from mshield.web.audiences import CSRF_HEADER
from mshield.web.caller import acting
from mshield.web.context import context_of
from mshield.web.cookies import Cookie

SESSION: Final = Cookie("mshield-portal", longest=128)
_MAX_CREDIT_CODE: Final = 32


async def legal_person_of(request: Request, *, changes: bool = False) -> LegalPerson:
    """Who is logged in. Raises Unauthenticated, and Forbidden for a change without the session's CSRF token."""
    token = session_token(request)
    context = context_of(request)
    person = await context.legal_person.sessions.find(token, now=context.clock())
    acting(request, "legal_person", person.account_id)
    if changes:
        require_csrf(csrf_token(token), request.headers.get(CSRF_HEADER))
    return person


async def managed(
    request: Request, credit_code: str, *, changes: bool = False
) -> tuple[LegalPerson, ManagedEnterprise]:
    """Who is logged in and the enterprise that they name. Raises NotFound where they aren't its legal person."""
    person = await legal_person_of(request, changes=changes)
    if len(credit_code) > _MAX_CREDIT_CODE or not (credit_code.isascii() and credit_code.isalnum()):
        raise errors.NotFound
    return person, await context_of(request).legal_person.lists.enterprise(
        person, credit_code.upper(), now=context_of(request).clock()
    )


def session_token(request: Request) -> str:
    """The cookie's token. Raises Unauthenticated."""
    token = SESSION.of(request)
    if not token:
        raise errors.Unauthenticated
    return token


def csrf_of(request: Request) -> str:
    """The CSRF token of the request's session."""
    return csrf_token(session_token(request))
