"""Use of the legal person's own shield at the portal: login by scanning, and signed batches of revocations."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.body import Wire, page_body_of
from mshield.server.http.caller import address_of, browser_of, context_of
from mshield.server.http.portal.acts import Numbers, Reason
from mshield.server.http.portal.authentication import managed
from mshield.server.http.portal.proving import ScanMessage, pc_of, scan_answer
from mshield.server.http.portal.sessions import opened_answer
from mshield.server.http.router import Router
from mshield.server.legal_person.own_shield import Revocation
from mshield.server.values.lines import checked_reason
from mshield.wire.portal import Cause, PortalSessionMessage

router: Final = Router("portal")


class ShieldSessionStartMessage(Wire, frozen=True):
    """A login that the phone has signed."""

    request_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    status_token: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class RevocationTermsMessage(Wire, frozen=True):
    """Terms to be signed, which must equal those of the revocation."""

    shield_numbers: Numbers
    reason: Reason
    cause: Cause


@router.post(
    "/shield-logins",
    summary="Begin a login by shield",
    operation_id="beginPortalShieldLogin",
    security=(),
    answers=openapi.answers(ScanMessage, "A request to scan", status=201) | openapi.problems(503),
)
async def begin_shield_login(request: Request) -> Response:
    """Creates a login request. The phone shows that the portal asks, and from which PC.

    Then `POST /shield-sessions` opens the session.
    """
    context = context_of(request)
    scan_request = await context.legal_person.own_shield.ask_login(pc_of(request), now=context.clock())
    return scan_answer(scan_request, now=context.clock())


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
    """Works once for each signed login."""
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
    summary="Request a signature for a batch of revocations",
    operation_id="askForRevocationSignature",
    asks=openapi.takes(RevocationTermsMessage),
    answers=openapi.answers(ScanMessage, "A request to scan", status=201),
)
async def ask_for_revocation(request: Request, credit_code: str) -> Response:
    """Replaces the SMS code: send the signed request's ID with `POST .../revocations`, with the same terms."""
    _, enterprise = await managed(request, credit_code, changes=True)
    message = await page_body_of(request, RevocationTermsMessage)
    context = context_of(request)
    revocation = Revocation(
        enterprise.credit_code, message.shield_numbers, checked_reason(message.reason), message.cause
    )
    scan_request = await context.legal_person.own_shield.ask_signature(
        enterprise, revocation, pc_of(request), now=context.clock()
    )
    return scan_answer(scan_request, now=context.clock())
