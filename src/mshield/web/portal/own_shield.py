"""The legal person's own shield at the portal: logging in by scan, and signing a batch of revocations."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.lines import checked_reason
from mshield.services.legal_person.own_shield import Revocation
from mshield.web import openapi
from mshield.web.body import Wire, page_body_of
from mshield.web.caller import address_of, browser_of
from mshield.web.context import context_of
from mshield.web.portal.acts import CauseName, Numbers, Reason
from mshield.web.portal.authentication import managed
from mshield.web.portal.proving import ScanMessage, pc_of, scan_answer
from mshield.web.portal.sessions import PortalSessionMessage, opened_answer
from mshield.web.router import Router

router: Final = Router("portal")


class ShieldSessionStartMessage(Wire, frozen=True):
    """A login that the phone has signed."""

    request_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    status_token: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class RevocationTermsMessage(Wire, frozen=True):
    """What is to be signed: exactly what is then revoked."""

    shield_numbers: Numbers
    reason: Reason
    cause: CauseName


@router.post(
    "/shield-logins",
    summary="Begin a login by shield",
    operation_id="beginPortalShieldLogin",
    security=(),
    answers=openapi.answers(ScanMessage, "To be scanned", status=201) | openapi.problems(503),
)
async def begin_shield_login(request: Request) -> Response:
    """Their phone shows that the portal asks, and this PC; then `POST /shield-sessions` opens the session."""
    context = context_of(request)
    asked = await context.legal_person.own_shield.ask_login(pc_of(request), now=context.clock())
    return scan_answer(asked, now=context.clock())


@router.post(
    "/shield-sessions",
    summary="Finish a login by shield",
    operation_id="startPortalShieldSession",
    security=(),
    asks=openapi.takes(ShieldSessionStartMessage),
    answers=openapi.answers(PortalSessionMessage, "Logged in; the session is in the cookie", status=201)
    | openapi.problems(404, 503),
)
async def start_shield_session(request: Request) -> Response:
    """Once for each signed login."""
    message = await page_body_of(request, ShieldSessionStartMessage)
    context = context_of(request)
    now = context.clock()
    account = await context.legal_person.own_shield.account_of_login(
        message.request_id, message.status_token, now=now
    )
    opened = await context.legal_person.sessions.open(
        account, message.request_id, now=now, address=address_of(request), browser=browser_of(request)
    )
    return opened_answer(request, opened)


@router.post(
    "/enterprises/{credit_code}/revocation-requests",
    summary="Have a batch of revocations signed",
    operation_id="askForRevocationSignature",
    asks=openapi.takes(RevocationTermsMessage),
    answers=openapi.answers(ScanMessage, "To be scanned", status=201),
)
async def ask_for_revocation(request: Request, credit_code: str) -> Response:
    """In place of an SMS code: the signed request's id goes with `POST .../revocations`, which must say the same."""
    _, enterprise = await managed(request, credit_code, changes=True)
    message = await page_body_of(request, RevocationTermsMessage)
    context = context_of(request)
    revocation = Revocation(
        enterprise.credit_code, message.shield_numbers, checked_reason(message.reason), message.cause
    )
    asked = await context.legal_person.own_shield.ask_signature(
        enterprise, revocation, pc_of(request), now=context.clock()
    )
    return scan_answer(asked, now=context.clock())
