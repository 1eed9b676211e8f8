"""Renewing the certificate of this phone (更新证书, manual 2.3.1.6): the data page, then what is left to do.

A new key is made and signed for by the routes of an enrolment; see docs/renewal.md.
"""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.certificates.renewal import Reason
from mshield.domain.identity import Role
from mshield.keys.authority import Authorities
from mshield.pki.certificates.certificate import parse_certificate_pem
from mshield.services.certificates.enrol import Application
from mshield.services.certificates.renew import Due, Renewal
from mshield.services.certificates.renewal_preview import RenewalData
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, no_content
from mshield.web.body import Hex16, Wire, body_of
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.phone.enrolment import SubjectMessage
from mshield.web.router import Router

router: Final = Router("phone")


class RenewMessage(Wire, frozen=True):
    """The data page. All must match the filing and the first application; the code went to the account's phone.

    `id_number` null: the account's own, which the user needn't type again.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    id_number: Annotated[str, msgspec.Meta(min_length=1, max_length=32)] | None
    user_type: Literal["legal_person", "operator"]
    credit_code: Annotated[str, msgspec.Meta(min_length=1, max_length=32)]
    sms_code: Annotated[str, msgspec.Meta(min_length=1, max_length=16)]


class RenewalDataMessage(Wire, frozen=True):
    """Whom a certificate names, and of which enterprise."""

    name: str
    user_type: Literal["legal_person", "operator"]
    enterprise: str
    credit_code: str


class RenewalPreviewMessage(Wire, frozen=True):
    """The certificate's data now, and those on file, which the new one will carry.

    `reason` is null where no renewal is due; `until` (ms) the last moment at which one can be.
    """

    reason: Reason | None
    until: int
    id_number_masked: str
    certified: RenewalDataMessage
    filed: RenewalDataMessage


class RenewalMessage(Wire, frozen=True):
    """A renewal under way. `sid` is the certification request's task, `uid` the key that it is for.

    `key` `new`: a key is made with `challenge` as in an enrolment; then the old key signs the task `consent`, and the
    new one the task `sid`. `same`: the key in force signs the task `sid`. Then `certificate_pem` is there, in force
    once the task `confirm` is signed with its key.
    """

    sid: Hex16
    uid: Hex16
    key: Literal["new", "same"]
    state: Literal["begun", "issued"]
    challenge: str | None
    shield_number: str
    subject: SubjectMessage
    consent: Hex16 | None
    confirm: Hex16 | None
    certificate_pem: str | None
    chain_pem: tuple[str, ...]
    expires_at: int


class RenewalDueMessage(Wire, frozen=True):
    """Whether to renew, why, and until when (ms) it can be done.

    `ending`: less than half a year is left. `filing_changed`: logins and signatures may fail until it is renewed (R22).
    """

    due: bool
    reason: Reason | None
    until: int


@router.get(
    "/renewals/preview",
    summary="What a renewal would change",
    operation_id="previewRenewal",
    answers=openapi.answers(RenewalPreviewMessage, "Certificate and filing, side by side"),
)
async def preview(request: Request) -> Response:
    """The data page, filled in: refused for what of the data `POST /renewals` would refuse, and spends nothing."""
    login, context = await phone_of(request), context_of(request)
    shown = await context.certificates.preview(login, now=context.clock())
    answer = RenewalPreviewMessage(
        reason=shown.reason,
        until=shown.until,
        id_number_masked=shown.id_number_masked,
        certified=_data(shown.certified),
        filed=_data(shown.filed),
    )
    return JsonAnswer(answer)


@router.post(
    "/renewals",
    summary="Renew the certificate",
    operation_id="renew",
    asks=openapi.takes(RenewMessage),
    answers=openapi.answers(RenewalMessage, "The renewal begins", status=201) | openapi.problems(429),
)
async def renew(request: Request) -> Response:
    """The certificate in force stays so until the new one is confirmed. A renewal begun before is given up."""
    login, context = await phone_of(request), context_of(request)
    message, now = await body_of(request, RenewMessage), context.clock()

    application = Application(message.name, message.id_number, message.user_type, message.credit_code)
    begun = await context.certificates.renew.begin(login, application, sms_code=message.sms_code, now=now)
    answer = _message(begun, context.authorities)
    return JsonAnswer(answer, 201)


@router.get(
    "/renewals/current",
    summary="The renewal under way",
    operation_id="getRenewal",
    answers=openapi.answers(RenewalMessage, "How far it is") | openapi.problems(404),
)
async def current(request: Request) -> Response:
    """Issues the certificate once all is signed for. 404 before a renewal, and after it: see the certificate then."""
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    answer = _message(await context.certificates.renew.current(login, now=now), context.authorities)
    return JsonAnswer(answer)


@router.delete(
    "/renewals/current",
    summary="Give the renewal up",
    operation_id="giveUpRenewal",
    answers=openapi.answers(None, "Given up", status=204) | openapi.problems(404),
)
async def give_up(request: Request) -> Response:
    """The certificate in force goes on; one that was issued for this renewal is revoked."""
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    await context.certificates.renew.give_up(login, now=now)
    return no_content()


def _data(shown: RenewalData) -> RenewalDataMessage:
    user_type: Literal["legal_person", "operator"] = (
        "legal_person" if shown.role == Role.LEGAL_PERSON else "operator"
    )
    return RenewalDataMessage(shown.name, user_type, shown.enterprise, shown.credit_code)


def renewal_due(due: Due | None) -> RenewalDueMessage | None:
    """The message for my page; None where nothing can be renewed."""
    if due is None:
        return None
    return RenewalDueMessage(due.due, due.reason, due.until)


def _message(renewal: Renewal, authorities: Authorities) -> RenewalMessage:
    subject = renewal.subject
    return RenewalMessage(
        sid=renewal.sid.hex(),
        uid=renewal.uid.hex(),
        key="new" if renewal.key == "new" else "same",
        state="issued" if renewal.state == "issued" else "begun",
        challenge=renewal.challenge,
        shield_number=renewal.shield_number,
        subject=SubjectMessage(subject.country, subject.organisation, subject.role, subject.common_name),
        consent=None if renewal.consent is None else renewal.consent.hex(),
        confirm=None if renewal.confirm is None else renewal.confirm.hex(),
        certificate_pem=renewal.pem,
        chain_pem=() if renewal.pem is None else authorities.chain_pem_of(parse_certificate_pem(renewal.pem)),
        expires_at=renewal.expires_at,
    )
