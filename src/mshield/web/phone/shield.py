"""My page (我的, manual 2.3.1.7): who is logged in, the shield number, my certificate; logging out."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.identity import mask_phone
from mshield.services.accounts.session import log_out
from mshield.services.certificates.certificate import CurrentCertificate
from mshield.services.context import Context
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Wire
from mshield.web.caller import acting
from mshield.web.context import context_of
from mshield.web.dpop import caller_of
from mshield.web.phone.authentication import phone_of
from mshield.web.phone.bindings import BindingMessage, binding_message
from mshield.web.phone.enrolment import SubjectMessage
from mshield.web.phone.renewals import RenewalDueMessage, renewal_due
from mshield.web.router import Router

router: Final = Router("phone")


class AccountMessage(Wire, frozen=True):
    """The account; the phone number is masked."""

    name: str
    phone_masked: str
    id_type: str


class ChangeMessage(Wire, frozen=True):
    """What happened to the certificate: by whom, why, when (ms)."""

    event: str
    by: Literal["service", "user", "legal_person", "staff"]
    reason: str
    at: int


class CertificateMessage(Wire, frozen=True):
    """My certificate (我的证书). Times in ms; `chain_pem` is issuing CA, root; `log_key` the log's vkey, kept with it.

    `pin_change_due`: after many wrong PINs the user should choose a new one. `changes`: what happened to it, the oldest
    first.
    """

    state: str
    holds: tuple[str, ...]
    serial: str
    shield_number: str
    pem: str
    chain_pem: tuple[str, ...]
    log_key: str
    subject: SubjectMessage
    not_before: int
    not_after: int
    pin_change_due: bool
    changes: tuple[ChangeMessage, ...]


class MeMessage(Wire, frozen=True):
    """My page; certificate is null before the first application, renewal where nothing can be renewed."""

    account: AccountMessage
    shield_number: str | None
    certificate: CertificateMessage | None
    renewal: RenewalDueMessage | None
    bindings: tuple[BindingMessage, ...]


@router.get(
    "/me",
    summary="My page",
    operation_id="me",
    answers=openapi.answers(MeMessage, "Account, shield number, certificate"),
)
async def me(request: Request) -> Response:
    """Manual 2.3.1.7."""
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    current = await context.certificates.own.current(login, now=now)
    answer = MeMessage(
        account=AccountMessage(login.name, mask_phone(login.phone), login.id_type),
        shield_number=login.shield_number,
        certificate=None if current is None else _certificate(context, current),
        renewal=renewal_due(await context.certificates.renew.due(login, now=now)),
        bindings=tuple(map(binding_message, await context.certificates.bind.list(login))),
    )
    return JsonAnswer(answer)


@router.get(
    "/certificate",
    summary="My certificate",
    operation_id="getCertificate",
    answers=openapi.answers(CertificateMessage, "The certificate"),
)
async def certificate(request: Request) -> Response:
    """409 `no_certificate` before the enrolment is finished. Issues it, should the answer of the finish be lost."""
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    current = await context.certificates.own.current(login, now=now)
    if current is None:
        raise errors.NoCertificate
    return JsonAnswer(_certificate(context, current))


@router.delete(
    "/sessions/current",
    summary="Log out",
    operation_id="logOut",
    answers=openapi.answers(None, "Logged out", status=204),
)
async def delete_session(request: Request) -> Response:
    """The access token is worth nothing from now on."""
    caller = await caller_of(request)
    context = context_of(request)
    login = await log_out(context.db, caller, now=context.clock())
    acting(request, "user", login.account_id)
    return no_content()


def _certificate(context: Context, current: CurrentCertificate) -> CertificateMessage:
    return filled(
        CertificateMessage,
        current,
        log_key=str(context.log.key.verifier),
        holds=tuple(sorted(current.holds)),
        subject=filled(SubjectMessage, current.subject),
        changes=tuple(filled(ChangeMessage, change, by=change.actor) for change in current.changes),
    )
