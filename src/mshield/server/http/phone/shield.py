"""My page (我的, manual 2.3.1.7): the account, the shield number, the certificate; logging out."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.accounts.session import PhoneLogin, log_out
from mshield.server.authorities.rules.submissions import PENDING, SubmissionState
from mshield.server.certificates.errors import CaBadCertificate, CaRefused, CaTimeout, NoCertificate
from mshield.server.context import Context
from mshield.server.errors import DomainError
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.caller import context_of, note_caller
from mshield.server.http.dpop import caller_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router
from mshield.server.values.names import mask_phone
from mshield.wire.phone.enrolment import IssuerMessage
from mshield.wire.phone.shield import (
    AccountMessage,
    CertificateMessage,
    MeMessage,
    WaitingCertificateMessage,
)

router: Final = Router("phone")
_ENDS: Final = {error.code: error for error in (CaRefused, CaBadCertificate, CaTimeout)}
_CODES: Final = {"ca_refused": "ca_refused", "ca_timeout": "ca_timeout", "unaccepted": ""}
"""Error code of an application by the submission's code; any other is the check that its certificate failed."""


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
        application = await _application(context, login, now=now)
        if application is None:
            raise NoCertificate
        if application.state == "ended":
            raise _ended(application)
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
    if row is None or context.outside is None or row.state is SubmissionState.DONE:
        return None
    pending = row.state in PENDING or row.state is SubmissionState.BAD
    code = _CODES.get(row.code, "ca_bad_certificate") if row.code else ""
    if not pending and code not in _ENDS:
        return None  # It was cancelled, or its certificate was in force and has been revoked.
    profile = context.outside.cas.profiles.get(row.ca)
    display = profile.entry.display if profile else row.ca
    display_en = profile.entry.display_en if profile else ""
    return WaitingCertificateMessage(
        state="waiting" if pending else "ended",
        ca=IssuerMessage(display, display_en or display),
        shield_number=login.shield_number or "",
        reference=row.reference,
        words=row.words,
        code="" if pending else code,
        look_after_s=min(max((row.next_at - now) // 1000 + 1, 2), 60),
        since=row.created_at,
    )


def _ended(application: WaitingCertificateMessage) -> DomainError:
    return (
        CaRefused(words=application.words) if application.code == "ca_refused" else _ENDS[application.code]()
    )
