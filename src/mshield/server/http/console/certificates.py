"""Certificates in the console: search, and one with its holder, history and chain. ID numbers are masked."""

from typing import Annotated, Final, Literal

from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.certificates.certificate import Certificate
from mshield.server.certificates.rules.messages import CertificateEventMessage, OtherCertificateMessage
from mshield.server.certificates.search import (
    LAST_TIME,
    FoundLine,
    NumberEnd,
    OneCertificate,
    Part,
    Place,
    SearchTerms,
)
from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, file_answer, filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import context_of
from mshield.server.http.console.authentication import staff_of
from mshield.server.http.console.search_words import (
    NumberEnding,
    Word,
    record_search,
    require_whole,
    searched,
)
from mshield.server.http.query import Query, StrictQuery
from mshield.server.http.router import Router
from mshield.server.staff.rules import StaffRole

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
    """Search terms, and the position of the page."""

    shield_number: Annotated[Word | None, Meta(description="with or without spaces")] = None
    serial: Annotated[Serial | None, Meta(description="40 hex digits")] = None
    name: Annotated[
        Word | None,
        Meta(
            description=(
                "the beginning of the holder's name, or the part after its first "
                "character; or two or more characters of the enterprise's name"
            )
        ),
    ] = None
    end: Annotated[NumberEnding | None, Meta(description="the end of a shield, ID or phone number")] = None
    id_number_end: Annotated[IdNumberEnd | None, Meta(description="the end of an ID number only")] = None
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
            description=(
                "as stored or by the clock; or, as in the overview, `regular`: usable "
                "with half a year left or more, `expiring`: with less, `held`: on hold "
                "for any reason, `ended`: revoked, superseded or expired"
            )
        ),
    ] = None
    hold: Literal["clone", "duplicate", "suspended", "lost", "frozen"] | None = None
    before: Annotated[Cursor | None, Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50

    def terms(self) -> SearchTerms:
        """Converts the search terms for the service. Raises: InvalidRequest (unprintable)."""
        for field in ("name", "shield_number"):
            if not (getattr(self, field) or "").isprintable():
                raise InvalidRequest(fields=[field])
        return SearchTerms(
            state=self.state,
            hold=self.hold,
            shield_number=self.shield_number,
            serial=self.serial,
            credit_code=self.credit_code,
            account=self.account,
            name=self.name,
        )

    def number_end(self, *, whole: bool) -> NumberEnd | None:
        """Returns the number ending to search for. Raises: InvalidRequest (two endings)."""
        if self.end is not None and self.id_number_end is not None:
            raise InvalidRequest(fields=["end", "id_number_end"])
        if self.end is not None:
            return NumberEnd(self.end, whole=whole)
        return (
            None if self.id_number_end is None else NumberEnd(self.id_number_end, only_id=True, whole=whole)
        )

    def place(self) -> Place | None:
        """Returns the position of the page. Raises: InvalidRequest."""
        if self.before is None:
            return None
        at, _, serial = self.before.partition(".")
        if int(at) >= LAST_TIME:
            raise InvalidRequest(fields=["before"])
        return int(at), serial


class FoundCertificateMessage(Wire, frozen=True):
    """A search result; `holds` has the most serious first, times in ms.

    `expiring`: usable, and due for renewal because less than half a year is left.
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
    """A page, which may be shorter than requested; `next` is the value of `before` for the following page, or null."""

    items: tuple[FoundCertificateMessage, ...]
    next: str | None


class ChainMessage(Wire, frozen=True):
    """A certificate of the chain; `sha256` is its fingerprint, times in ms."""

    part: Part
    subject: str
    serial: str
    not_before: int
    not_after: int
    sha256: str


class CertificateDetailMessage(Wire, frozen=True):
    """A certificate with all its events.

    `filing_changed`: the filing differs from the certificate, so it can't log in or sign until renewed (R22).
    `wrong_pins` counts those in a row, `wrong_pins_ever` all of its key's; times in ms.
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
    """Lists certificates that match all terms, newest first.

    `expiring` or `expired` ones by their end, the nearest first.

    Among `ended` ones, expired certificates are sorted by their expiry, the others by their issue.
    """
    member = await staff_of(request, *READERS)
    context = context_of(request)
    now = context.clock()
    whole = require_whole(member, READERS, query.end or query.id_number_end)
    terms, end, before = query.terms(), query.number_end(whole=whole), query.place()
    lines, following = await searched(
        request,
        member,
        lambda: context.certificates.search.page(terms, end=end, before=before, limit=query.limit, now=now),
        by_number=end is not None or query.shield_number is not None,
        hit=lambda found: bool(found[0]),
    )
    await record_search(
        request,
        member,
        "certificates",
        (line.row.person_id for line in lines),
        number=query.end or query.id_number_end or query.shield_number,
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
    """Returns its holder, state and chain, and every event since its issue with its actor."""
    member = await staff_of(request, *READERS)
    context = context_of(request)
    found = await context.certificates.search.one(_serial(serial), now=context.clock())
    await record_search(request, member, "certificate", (found.row.person_id,), number=None)
    return JsonAnswer(_whole(found))


class FileWanted(Query, frozen=True):
    """The certificate of the chain to download, and its format."""

    part: Part = "certificate"
    format: Annotated[Literal["pem", "der"], Meta(description="file format")] = "pem"


@router.get(
    "/certificates/{serial}/file",
    summary="Download a certificate of the chain",
    operation_id="downloadCertificate",
    answers=openapi.answers_file("The certificate", *_MEDIA.values()),
)
async def file(request: Request, serial: str, query: FileWanted) -> Response:
    """Returns the certificate itself, that of the CA that issued it, or the root's."""
    member, context = await staff_of(request, *READERS), context_of(request)
    part = await context.certificates.search.part(_serial(serial), query.part)
    if query.part == "certificate":  # The others name nobody.
        found = await context.certificates.search.one(_serial(serial), now=context.clock())
        await record_search(request, member, "certificate", (found.row.person_id,), number=None)
    content, ending = (part.pem().encode(), "pem") if query.format == "pem" else (part.der, "cer")
    return file_answer(content, _MEDIA[query.format], f"{query.part}-{part.serial:040x}.{ending}")


def _serial(text: str) -> str:
    if len(text) != 40 or not text.isascii() or not text.isalnum():  # a serial number in hex
        raise NotFound
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


def _whole(one: OneCertificate) -> CertificateDetailMessage:
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
        chain=tuple(map(_chain, _PARTS, (*one.chain[:2], *one.chain[2:][-1:]))),
        events=one.events,
        others=one.others,
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
