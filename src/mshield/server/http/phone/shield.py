"""My page (我的, manual 2.3.1.7): the account, the shield number, the certificate; logging out."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.session import PhoneLogin, log_out
from mshield.server.certificates.errors import NoCertificate
from mshield.server.certificates.outside_reports import application_message, end_of
from mshield.server.context import Context
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.caller import context_of, note_caller
from mshield.server.http.dpop import caller_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router
from mshield.server.values.names import mask_phone
from mshield.wire.phone.enrolment import WaitingCertificateMessage
from mshield.wire.phone.shield import AccountMessage, CertificateMessage, MeMessage

router: Final = Router("phone")


@router.get(
    "/me",
    summary="Get my page",
    operation_id="me",
    answers=openapi.answers(MeMessage, "Account, shield number, certificate"),
)
async def me(request: Request) -> Response:
    """Returns account, shield number, certificate and bindings (manual 2.3.1.7)."""
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    current = await _current(context, login, now=now)
    answer = MeMessage(
        account=AccountMessage(login.name, mask_phone(login.phone), login.id_type),
        shield_number=login.shield_number,
        certificate=current,
        renewal=await context.certificates.renew.due(login, now=now),
        bindings=await context.certificates.bind.list(login),
        application=msgspec.UNSET
        if current
        else await _application(context, login, now=now) or msgspec.UNSET,
    )
    return JsonAnswer(answer)


@router.get(
    "/certificate",
    summary="Get my certificate",
    operation_id="getCertificate",
    answers=openapi.answers(CertificateMessage, "The certificate")
    | openapi.answers(WaitingCertificateMessage, "An outside CA still decides", status=202),
)
async def certificate(request: Request) -> Response:
    """Returns the certificate, or 409 `no_certificate` before the enrolment is finished.

    Also issues the certificate if the answer to `finish` was lost. While an outside CA decides, the status is
    202; if it issued no certificate, the error is `ca_refused`, `ca_bad_certificate` or `ca_timeout`.
    """
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    current = await _current(context, login, now=now)
    if current is None:
        row = await context.certificates.own.at_outside_ca(login)
        if row is not None and (end := end_of(row)) is not None:
            raise end
        application = await _application(context, login, now=now)
        if application is None:
            raise NoCertificate
        return JsonAnswer(application, 202)
    return JsonAnswer(current)


@router.delete(
    "/sessions/current",
    summary="Log out",
    operation_id="logOut",
    answers=openapi.answers(None, "Logged out", status=204),
)
async def delete_session(request: Request) -> Response:
    """Invalidates the access token."""
    caller = await caller_of(request)
    context = context_of(request)
    login = await log_out(context.db, caller, now=context.clock())
    note_caller(request, "user", login.account_id)
    return no_content()


async def _current(context: Context, login: PhoneLogin, *, now: int) -> CertificateMessage | None:
    log_key = str(context.log.key.verifier)
    return await context.certificates.own.current(login, log_key=log_key, now=now)


async def _application(context: Context, login: PhoneLogin, *, now: int) -> WaitingCertificateMessage | None:
    row = await context.certificates.own.at_outside_ca(login)
    if row is None or context.outside is None:
        return None
    return application_message(context.outside.cas, row, shield_number=login.shield_number, now=now)
