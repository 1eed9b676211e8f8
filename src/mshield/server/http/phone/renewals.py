"""Renewing this phone's certificate (更新证书, manual 2.3.1.6): the form, then the remaining steps.

The routes of an enrolment make and sign a new key; see docs/renewal.md.
"""

from typing import Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.server.certificates.outside_reports import application_message, issuer_message
from mshield.server.certificates.renew import Renewal
from mshield.server.context import Context
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import body_of
from mshield.server.http.caller import context_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router
from mshield.wire.phone.enrolment import (
    RenewalMessage,
    RenewalPreviewMessage,
    RenewMessage,
    SubjectMessage,
)

router: Final = Router("phone")


@router.get(
    "/renewals/preview",
    summary="Preview a renewal",
    operation_id="previewRenewal",
    answers=openapi.answers(RenewalPreviewMessage, "Certificate and filing, side by side"),
)
async def preview(request: Request) -> Response:
    """Returns the filled-in form. Refused for the same data as `POST /renewals` would be, without using anything up."""
    login, context = await phone_of(request), context_of(request)
    return JsonAnswer(await context.certificates.preview(login, now=context.clock()))


@router.post(
    "/renewals",
    summary="Renew the certificate",
    operation_id="renew",
    asks=openapi.takes(RenewMessage),
    answers=openapi.answers(RenewalMessage, "The renewal begins", status=201) | openapi.problems(429),
)
async def renew(request: Request) -> Response:
    """Begins a renewal, and abandons an earlier unfinished one.

    The present certificate stays in force until the new one is confirmed.
    """
    login, context = await phone_of(request), context_of(request)
    message, now = await body_of(request, RenewMessage), context.clock()
    renewal = await context.certificates.renew.begin(login, message, sms_code=message.sms_code, now=now)
    answer = await _message(context, renewal, now=now)
    return JsonAnswer(answer, 201)


@router.get(
    "/renewals/current",
    summary="Get the renewal in progress",
    operation_id="getRenewal",
    answers=openapi.answers(RenewalMessage, "The renewal and its progress") | openapi.problems(404),
)
async def current(request: Request) -> Response:
    """Returns the renewal; issues its certificate once everything is signed. 404 if no renewal is in progress.

    If an outside CA issued none, the error is `ca_refused`, `ca_bad_certificate` or `ca_timeout`.
    """
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    renewal = await context.certificates.renew.current(login, now=now)
    return JsonAnswer(await _message(context, renewal, now=now))


@router.delete(
    "/renewals/current",
    summary="Abandon the renewal",
    operation_id="giveUpRenewal",
    answers=openapi.answers(None, "Abandoned", status=204) | openapi.problems(404),
)
async def give_up(request: Request) -> Response:
    """Abandons the renewal, and revokes the certificate if one was issued for it.

    The present certificate stays in force.
    """
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    await context.certificates.renew.give_up(login, now=now)
    return no_content()


async def _message(context: Context, renewal: Renewal, *, now: int) -> RenewalMessage:
    subject = renewal.subject
    application = None
    if renewal.application is not None and context.outside is not None:
        cas, shield_number = context.outside.cas, renewal.shield_number
        application = application_message(cas, renewal.application, shield_number=shield_number, now=now)
    state: Literal["begun", "waiting", "issued"] = "issued" if renewal.state == "issued" else "begun"
    return RenewalMessage(
        sid=renewal.sid.hex(),
        uid=renewal.uid.hex(),
        key="new" if renewal.key == "new" else "same",
        state="waiting" if application else state,
        challenge=renewal.challenge,
        shield_number=renewal.shield_number,
        subject=SubjectMessage(subject.country, subject.organisation, subject.role, subject.common_name),
        consent=None if renewal.consent is None else renewal.consent.hex(),
        confirm=None if renewal.confirm is None else renewal.confirm.hex(),
        certificate_pem=renewal.pem,
        chain_pem=()
        if renewal.pem is None
        else await context.chains.chain_pem_of(parse_certificate_pem(renewal.pem)),
        expires_at=renewal.expires_at,
        issuer=msgspec.UNSET if renewal.issuer is None else issuer_message(renewal.issuer),
        application=application or msgspec.UNSET,
    )
