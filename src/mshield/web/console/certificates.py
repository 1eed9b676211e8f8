"""Certificates at the console: searched, and one with its holder, its story and its chain. Id numbers are masked."""

from typing import Annotated, Final, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.certificates.states import CertificateState, shown_state
from mshield.domain.staff import StaffRole
from mshield.pki.certificates.certificate import Certificate
from mshield.services.certificates.search import (
    LAST_TIME,
    FoundLine,
    NumberEnd,
    OneCertificate,
    Part,
    Place,
    SearchTerms,
)
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, file_answer, filled
from mshield.web.body import Wire
from mshield.web.console.authentication import staff_of
from mshield.web.console.search.words import NumberEnding, Word, count_end
from mshield.web.context import context_of
from mshield.web.query import Query, StrictQuery
from mshield.web.router import Router

router: Final = Router("console")
READERS: Final = (StaffRole.CUSTOMER_SERVICE, StaffRole.SECURITY_OFFICER, StaffRole.AUDITOR)
_PARTS: Final[tuple[Part, ...]] = ("certificate", "issuing", "root")
_MEDIA: Final = {"pem": "application/x-pem-file", "der": "application/pkix-cert"}

Serial = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{40}\Z")]
IdNumberEnd = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{4,18}\Z")]
CreditCode = Annotated[str, Meta(pattern=r"^[0-9A-Za-z]{18}\Z")]
AccountId = Annotated[str, Meta(pattern=r"^[0-9a-f-]{36}\Z")]
Cursor = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,18})\.[0-9a-f]{40}\Z")]


class SearchWords(StrictQuery, frozen=True):
    """What a search is narrowed to, and where its page begins."""

    shield_number: Annotated[Word | None, Meta(description="in any spacing")] = None
    serial: Annotated[Serial | None, Meta(description="40 hex digits")] = None
    name: Annotated[
        Word | None,
        Meta(
            description="how the holder's name begins, or what of it follows the first character; or two characters or"
            " more of the enterprise's"
        ),
    ] = None
    end: Annotated[
        NumberEnding | None, Meta(description="the end of a shield number, an id number or a phone number")
    ] = None
    id_number_end: Annotated[IdNumberEnd | None, Meta(description="that of an id number alone")] = None
    credit_code: CreditCode | None = None
    account: Annotated[AccountId | None, Meta(description="of this account")] = None
    state: Annotated[
        Literal[
            "issued",
            "active",
            "pin_locked",
            "expired",
            "superseded",
            "revoked",
            "regular",
            "expiring",
            "held",
            "ended",
        ]
        | None,
        Meta(
            description="as stored or by the clock; or, as the overview counts, `regular`: usable with half a year left"
            " or more, `expiring`: with less, `held`: on hold for any reason, `ended`: by anybody or by itself"
        ),
    ] = None
    hold: Literal["clone", "duplicate", "suspended", "lost", "frozen"] | None = None
    before: Annotated[Cursor | None, Meta(description="`next` of the page before")] = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50

    def terms(self) -> SearchTerms:
        """The same for the service. Raises InvalidRequest for what isn't printable."""
        for field in ("name", "shield_number"):
            if not (getattr(self, field) or "").isprintable():
                raise errors.InvalidRequest(fields=[field])
        return SearchTerms(
            state=self.state,
            hold=self.hold,
            shield_number=self.shield_number,
            serial=self.serial,
            credit_code=self.credit_code,
            account=self.account,
            name=self.name,
        )

    def number_end(self) -> NumberEnd | None:
        """What a number ends with. Raises InvalidRequest where two ends are asked for."""
        if self.end is not None and self.id_number_end is not None:
            raise errors.InvalidRequest(fields=["end", "id_number_end"])
        if self.end is not None:
            return NumberEnd(self.end)
        return None if self.id_number_end is None else NumberEnd(self.id_number_end, only_id=True)

    def place(self) -> Place | None:
        """Where the page begins. Raises InvalidRequest."""
        if self.before is None:
            return None
        at, _, serial = self.before.partition(".")
        if int(at) >= LAST_TIME:
            raise errors.InvalidRequest(fields=["before"])
        return int(at), serial


class FoundCertificateMessage(Wire, frozen=True):
    """A line of a search; `holds` the gravest first, times in ms.

    `expiring`: it can be used, and renewal is due as it has under half a year left.
    """

    serial: str
    shield_number: str
    enterprise: str
    credit_code: str
    name: str
    id_type: str
    id_number_masked: str
    role: str
    state: str
    holds: tuple[str, ...]
    expiring: bool
    issued_at: int
    not_after: int


class FoundCertificatesMessage(Wire, frozen=True):
    """A page; `next` is the `before` of the one that follows, or null. It may be shorter than asked for."""

    items: tuple[FoundCertificateMessage, ...]
    next: str | None


class CertificateEventMessage(Wire, frozen=True):
    """What happened: who, why, when (ms), and how the certificate stood afterwards."""

    id: str
    event: str
    actor: str
    actor_id: str | None
    actor_name: str | None
    reason: str
    state: str
    holds: tuple[str, ...]
    revocation_reason: int | None
    at: int


class OtherCertificateMessage(Wire, frozen=True):
    """Another certificate of the same device: what was renewed, or revoked before."""

    serial: str
    state: str
    issued_at: int
    not_after: int


class ChainMessage(Wire, frozen=True):
    """A certificate of the chain; `sha256` is its fingerprint, times in ms."""

    part: Part
    subject: str
    serial: str
    not_before: int
    not_after: int
    sha256: str


class CertificateDetailMessage(Wire, frozen=True):
    """One certificate with all that happened to it.

    `filing_changed`: the filing differs from what the certificate says, so it logs in and signs nothing until renewed
    (R22). `wrong_pins` are those in a row, `wrong_pins_ever` all of its key's; times in ms.
    """

    certificate: FoundCertificateMessage
    issuer: str
    not_before: int
    changed_at: int
    revoked_at: int | None
    revocation_reason: int | None
    account_phone_masked: str
    account_source: str
    filing_changed: bool
    person_id: str
    device_since: int
    wrong_pins: int
    wrong_pins_ever: int
    signatures: int
    used_at: int | None
    chain: tuple[ChainMessage, ...]
    events: tuple[CertificateEventMessage, ...]
    others: tuple[OtherCertificateMessage, ...]


@router.get(
    "/certificates",
    summary="Search certificates",
    operation_id="searchCertificates",
    answers=openapi.answers(FoundCertificatesMessage, "A page, newest first"),
)
async def search(request: Request, query: SearchWords) -> Response:
    """All words must fit. Newest first; those that are `expiring` or `expired` by their end, the nearest first.

    Of those that are `ended` alone whoever expired stands at that time, the others at their issue.
    """
    member = await staff_of(request, *READERS)
    context = context_of(request)
    now = context.clock()
    await count_end(request, member, query.end or query.id_number_end)
    lines, following = await context.certificates.search.page(
        query.terms(), end=query.number_end(), before=query.place(), limit=query.limit, now=now
    )
    items = tuple(map(_line, lines))
    cursor = None if following is None else f"{following[0]}.{following[1]}"
    return JsonAnswer(FoundCertificatesMessage(items, cursor))


@router.get(
    "/certificates/{serial}",
    summary="Show one certificate",
    operation_id="showCertificate",
    answers=openapi.answers(CertificateDetailMessage, "The certificate"),
)
async def show(request: Request, serial: str) -> Response:
    """Its holder, how it stands, its chain, and every event since its issue with who caused it."""
    await staff_of(request, *READERS)
    context = context_of(request)
    now = context.clock()
    return JsonAnswer(_whole(await context.certificates.search.one(_serial(serial), now=now), now=now))


class FileWanted(Query, frozen=True):
    """Which certificate of the chain, in which form."""

    part: Part = "certificate"
    format: Annotated[Literal["pem", "der"], Meta(description="the kind of file")] = "pem"


@router.get(
    "/certificates/{serial}/file",
    summary="Download a certificate of its chain",
    operation_id="downloadCertificate",
    answers=openapi.answers_file("The certificate", *_MEDIA.values()),
)
async def file(request: Request, serial: str, query: FileWanted) -> Response:
    """The certificate itself, the CA that issued it, or the root."""
    await staff_of(request, *READERS)
    part = await context_of(request).certificates.search.part(_serial(serial), query.part)
    content, ending = (part.pem().encode(), "pem") if query.format == "pem" else (part.der, "cer")
    return file_answer(content, _MEDIA[query.format], f"{query.part}-{part.serial:040x}.{ending}")


def _serial(text: str) -> str:
    if len(text) != 40 or not text.isascii() or not text.isalnum():  # hex digits of a serial
        raise errors.NotFound
    return text


def _line(line: FoundLine) -> FoundCertificateMessage:
    row = line.row
    return filled(
        FoundCertificateMessage,
        row,
        enterprise=row.organisation,
        name=row.common_name,
        id_number_masked=line.id_number_masked,
        state=line.state,
        holds=tuple(hold.value for hold in line.holds),
        expiring=line.expiring,
    )


def _whole(one: OneCertificate, *, now: int) -> CertificateDetailMessage:
    row = one.row
    return filled(
        CertificateDetailMessage,
        row,
        certificate=_line(one.line),
        account_phone_masked=one.phone_masked,
        account_source=row.source,
        filing_changed=one.filing_changed,
        wrong_pins=row.failures,
        wrong_pins_ever=row.wrong_total,
        chain=tuple(map(_chain, _PARTS, one.chain)),
        events=tuple(
            filled(CertificateEventMessage, event, holds=tuple(filter(None, event.holds.split(","))))
            for event in one.events
        ),
        others=tuple(
            filled(OtherCertificateMessage, other, state=_state(other.state, other.not_after, now=now))
            for other in one.others
        ),
    )


def _chain(part: Part, certificate: Certificate) -> ChainMessage:
    return filled(
        ChainMessage,
        certificate,
        part=part,
        subject=certificate.subject.common_name,
        serial=f"{certificate.serial:040x}",
        sha256=certificate.fingerprint().hex(),
    )


def _state(state: str, not_after: int, *, now: int) -> str:
    return shown_state(state=CertificateState(state), not_after=not_after, now=now)
