"""My signatures (我的签名, manual 2.3.1.7): the list with paging and search, and each in full."""

import base64
import binascii
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.signatures.evidence import MEDIA_TYPE, Evidence
from mshield.server.errors import InvalidRequest
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, filled
from mshield.server.http.caller import context_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.phone.keys import named
from mshield.server.http.query import Query
from mshield.server.http.router import Router
from mshield.server.requests.my_signatures import MadeSignature
from mshield.wire.phone.requests import DisplayLine
from mshield.wire.phone.signatures import Kind, MonthsMessage, SignatureDetailMessage, SignaturesMessage
from mshield.wire.tokens import base64url

router: Final = Router("phone")


Cursor = Annotated[str, msgspec.Meta(max_length=64)]
Words = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]{1,64}\Z")]
ZoneName = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}\Z", max_length=64)
]


class SignaturesWanted(Query, frozen=True):
    """Filters of the list, and the position of the page."""

    before: Annotated[Cursor | None, msgspec.Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    q: Annotated[
        Words | None,
        msgspec.Meta(
            description="part of title, party or business system's name, a number, or a whole amount; "
            "a page may then have fewer items, or none, although there is a `next`"
        ),
    ] = None
    kind: Annotated[Kind | None, msgspec.Meta(description="only logins or only signatures")] = None
    until: Annotated[
        Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None,
        msgspec.Meta(description="only earlier than this time (ms); not beside `before`"),
    ] = None


class MonthsWanted(Query, frozen=True):
    """The time zone whose months are meant."""

    zone: Annotated[ZoneName, msgspec.Meta(description="IANA name, such as `Asia/Shanghai`")]


@router.get(
    "/signatures",
    summary="List my signatures",
    operation_id="listSignatures",
    answers=openapi.answers(SignaturesMessage, "A page of signatures") | openapi.problems(429),
)
async def signatures(request: Request, query: SignaturesWanted) -> Response:
    """Lists logins and signatures made with this phone, newest first."""
    login, context = await phone_of(request), context_of(request)
    page = await context.requests.my_signatures.page(
        login, before=_before(query), words=query.q, kind=query.kind, limit=query.limit, now=context.clock()
    )
    return JsonAnswer(SignaturesMessage(page.items, None if page.next is None else _cursor(*page.next)))


@router.get(
    "/signatures/months",
    summary="Sum my signatures by month",
    operation_id="sumSignaturesByMonth",
    answers=openapi.answers(MonthsMessage, "The months, newest first") | openapi.problems(429),
)
async def months(request: Request, query: MonthsWanted) -> Response:
    """Counts the documents signed with this phone, and adds up the amounts that views drew of their content."""
    login, context = await phone_of(request), context_of(request)
    try:
        zone = ZoneInfo(query.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidRequest(fields=["zone"]) from error
    return JsonAnswer(await context.requests.my_signatures.months(login, zone=zone, now=context.clock()))


@router.get(
    "/signatures/{sid}",
    summary="Get one of my signatures",
    operation_id="getSignature",
    answers=openapi.answers(SignatureDetailMessage, "The signature"),
)
async def signature(request: Request, sid: str) -> Response:
    """Returns the displayed and signed content, the business system, and the state of the certificate.

    Only this phone's signatures.
    """
    login, context = await phone_of(request), context_of(request)
    found = await context.requests.my_signatures.one(login, named(sid), now=context.clock())
    return JsonAnswer(_detail(found))


@router.get(
    "/signatures/{sid}/evidence",
    summary="Get the evidence bundle of one of my signatures",
    operation_id="getOwnEvidence",
    answers=openapi.answers(Evidence, "The bundle, as one file", media_type=MEDIA_TYPE),
)
async def own_evidence(request: Request, sid: str) -> Response:
    """Returns permanent, offline proof of the signature, the same file that the business system gets.

    Only this phone's signatures. 409 `not_logged_yet` in the second before the log has it, 410 `evidence_over` or
    `content_erased` when it is too late: fetch it soon in order to keep it.
    """
    login, context = await phone_of(request), context_of(request)
    bundle = await context.requests.evidence.of_own(login, named(sid), now=context.clock())
    return Response(bundle.encode(), media_type=MEDIA_TYPE)


def _detail(whole: MadeSignature) -> SignatureDetailMessage:
    row = whole.row
    return filled(
        SignatureDetailMessage,
        row,
        sid=row.sid.hex(),
        kind=_kind(row.purpose),
        lines=tuple(DisplayLine(line["label"], line["value"]) for line in whole.lines),
        digest=row.digest.hex(),
        content_digest=whole.content_digest.hex(),
        display_bound=whole.display_bound,
        drawing_b64=None if whole.drawing is None else base64.b64encode(whole.drawing).decode(),
        signer=whole.signer,
        signature=row.signature.hex(),
        certificate_state=whole.certificate_state,
    )


def _kind(purpose: str) -> str:
    return "login" if purpose == "login" else "signature"


def _before(query: SignaturesWanted) -> tuple[int, bytes] | None:
    if query.until is not None and query.before is None:
        return query.until, b""
    return _place(query.before)


def _cursor(signed_at: int, sid: bytes) -> str:
    return base64url(signed_at.to_bytes(8, "big") + sid)


_CURSOR_BYTES: Final = 24


def _place(cursor: str | None) -> tuple[int, bytes] | None:
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(fields=["before"]) from error
    if len(raw) != _CURSOR_BYTES or raw[0] & 0x80:
        raise InvalidRequest(fields=["before"])
    return int.from_bytes(raw[:8], "big"), raw[8:]
