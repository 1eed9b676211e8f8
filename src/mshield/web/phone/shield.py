"""My page (我的, manual 2.3.1.7): who is logged in, the shield number, my certificate, my signatures; logging out."""

import base64
import binascii
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.identity import mask_phone
from mshield.services.certificate import CurrentCertificate
from mshield.services.session import authenticate_phone, log_out
from mshield.web import openapi
from mshield.web.body import Hex16, Hex32, Wire
from mshield.web.context import context_of
from mshield.web.dpop import caller_of
from mshield.web.phone.bindings import BindingMessage, binding_message
from mshield.web.phone.enrolment import SubjectMessage
from mshield.web.phone.renewals import RenewalDueMessage, renewal_due

router: Final = APIRouter(tags=["phone"])
_SECURITY: Final[dict[str, Any]] = {"security": [{"phone": []}]}
_NO_STORE: Final = {"Cache-Control": "no-store"}


class AccountMessage(Wire, frozen=True):
    """The account; the phone number is masked."""

    name: str
    phone_masked: str
    id_type: str


class CertificateMessage(Wire, frozen=True):
    """My certificate (我的证书). Times in ms; `chain_pem` is issuing CA, root.

    `pin_change_due`: after many wrong PINs the user should choose a new one.
    """

    state: str
    holds: tuple[str, ...]
    serial: str
    shield_number: str
    pem: str
    chain_pem: tuple[str, ...]
    subject: SubjectMessage
    not_before: int
    not_after: int
    pin_change_due: bool


class MeMessage(Wire, frozen=True):
    """My page; certificate is null before the first application, renewal where nothing can be renewed."""

    account: AccountMessage
    shield_number: str | None
    certificate: CertificateMessage | None
    renewal: RenewalDueMessage | None
    bindings: tuple[BindingMessage, ...]


class SignatureMessage(Wire, frozen=True):
    """One line of my signatures (我的签名)."""

    sid: Hex16
    kind: str
    title: str
    business_name: str | None
    signed_at: int
    serial: str | None
    digest: Hex32


class SignaturesMessage(Wire, frozen=True):
    """A page, newest first; `next` is the `before` of the following page, or null."""

    items: tuple[SignatureMessage, ...]
    next: str | None


@router.get(
    "/me",
    summary="My page",
    operation_id="me",
    openapi_extra=_SECURITY,
    responses=openapi.answers(MeMessage, "Account, shield number, certificate") | openapi.problems(401, 503),
)
async def me(request: Request) -> Response:
    """Manual 2.3.1.7."""
    caller = await caller_of(request)
    context = context_of(request)
    now = context.clock()
    login = await authenticate_phone(context.db, caller, now=now)
    current = await context.certificates.current(login, now=now)
    answer = MeMessage(
        account=AccountMessage(login.name, mask_phone(login.phone), login.id_type),
        shield_number=login.shield_number,
        certificate=None if current is None else _certificate(current),
        renewal=renewal_due(await context.renew.due(login, now=now)),
        bindings=tuple(map(binding_message, await context.bind.list(login))),
    )
    return Response(msgspec.json.encode(answer), media_type="application/json", headers=_NO_STORE)


@router.get(
    "/certificate",
    summary="My certificate",
    operation_id="getCertificate",
    openapi_extra=_SECURITY,
    responses=openapi.answers(CertificateMessage, "The certificate") | openapi.problems(401, 409, 503),
)
async def certificate(request: Request) -> Response:
    """409 `no_certificate` before the enrolment is finished. Issues it, should the answer of the finish be lost."""
    caller = await caller_of(request)
    context = context_of(request)
    now = context.clock()
    login = await authenticate_phone(context.db, caller, now=now)
    current = await context.certificates.current(login, now=now)
    if current is None:
        raise errors.NoCertificate
    return Response(
        msgspec.json.encode(_certificate(current)), media_type="application/json", headers=_NO_STORE
    )


@router.get(
    "/signatures",
    summary="My signatures",
    operation_id="listSignatures",
    openapi_extra=_SECURITY,
    responses=openapi.answers(SignaturesMessage, "A page of signatures") | openapi.problems(401, 422, 503),
)
async def signatures(
    request: Request,
    before: Annotated[str | None, Query(max_length=64, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Logins and signatures made with this phone, newest first."""
    caller = await caller_of(request)
    context = context_of(request)
    login = await authenticate_phone(context.db, caller, now=context.clock())
    page = await context.answer.signatures(login, before=_place(before), limit=limit)
    items = tuple(
        SignatureMessage(
            sid=each.sid.hex(),
            kind="login" if each.purpose == "login" else "signature",
            title=each.title,
            business_name=each.business_name,
            signed_at=each.signed_at,
            serial=each.serial,
            digest=each.digest.hex(),
        )
        for each in page
    )
    following = _cursor(page[-1].signed_at, page[-1].sid) if len(page) == limit else None
    return Response(
        msgspec.json.encode(SignaturesMessage(items, following)),
        media_type="application/json",
        headers=_NO_STORE,
    )


@router.delete(
    "/sessions/current",
    status_code=204,
    summary="Log out",
    operation_id="logOut",
    openapi_extra=_SECURITY,
    responses=openapi.answers(None, "Logged out", status=204) | openapi.problems(401, 503),
)
async def delete_session(request: Request) -> Response:
    """The access token is worth nothing from now on."""
    caller = await caller_of(request)
    context = context_of(request)
    await log_out(context.db, caller, now=context.clock())
    return Response(status_code=204)


def _certificate(current: CurrentCertificate) -> CertificateMessage:
    return CertificateMessage(
        state=current.state,
        holds=tuple(sorted(current.holds)),
        serial=current.serial,
        shield_number=current.shield_number,
        pem=current.pem,
        chain_pem=current.chain_pem,
        subject=SubjectMessage(
            current.subject.country,
            current.subject.organisation,
            current.subject.role,
            current.subject.common_name,
        ),
        not_before=current.not_before,
        not_after=current.not_after,
        pin_change_due=current.pin_change_due,
    )


def _cursor(signed_at: int, sid: bytes) -> str:
    return base64.urlsafe_b64encode(signed_at.to_bytes(8, "big") + sid).rstrip(b"=").decode()


_CURSOR_BYTES: Final = 24


def _place(cursor: str | None) -> tuple[int, bytes] | None:
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.InvalidRequest(fields=["before"]) from error
    if len(raw) != _CURSOR_BYTES or raw[0] & 0x80:
        raise errors.InvalidRequest(fields=["before"])
    return int.from_bytes(raw[:8], "big"), raw[8:]
