"""My signatures (我的签名, manual 2.3.1.7): the list by pages and by words, and each in full."""

import base64
import binascii
from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.tokens import base64url
from mshield.pki.signatures.evidence import MEDIA_TYPE, Evidence
from mshield.pki.signatures.formats import Format
from mshield.services.requests.my_signatures import Kind, MadeSignature
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled
from mshield.web.body import Hex16, Hex32, Wire
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.phone.keys import named
from mshield.web.phone.requests import DisplayLine
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("phone")


Cursor = Annotated[str, msgspec.Meta(max_length=64)]
Words = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]{1,64}\Z")]


class SignaturesWanted(Query, frozen=True):
    """What the list is narrowed to, and where its page begins."""

    before: Annotated[Cursor | None, msgspec.Meta(description="`next` of the page before")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    q: Annotated[Words | None, msgspec.Meta(description="part of the title or the system's name")] = None
    kind: Annotated[Kind | None, msgspec.Meta(description="logins or signatures alone")] = None


class SignatureMessage(Wire, frozen=True):
    """One line of my signatures (我的签名)."""

    sid: Hex16
    kind: str
    title: str
    business_name: str | None
    signed_at: int
    serial: str | None
    digest: Hex32


class SignatureDetailMessage(Wire, frozen=True):
    """One of them in full: what was shown (`lines`, `size` in bytes), for whom, and the signature, r‖s in 64 bytes.

    `digest` is what was signed (e), `content_digest` SM3 of the document. `display_bound`: signed were attributes that
    bind what was shown, not the document alone.

    `pc_address` and `pc_browser` are the PC's before which it was scanned; `log_index` is its entry in the transparency
    log, null until it is there. `certificate_state` is how the certificate that it is for stands now, and `revoked_at`
    since when it is over.
    """

    sid: Hex16
    kind: Kind
    title: str
    media_type: str
    format: Format
    size: int
    lines: tuple[DisplayLine, ...]
    business_name: str | None
    domain: str | None
    request_id: str | None
    pc_address: str | None
    pc_browser: str | None
    log_index: int | None
    signed_at: int
    serial: str | None
    digest: Hex32
    content_digest: Hex32
    display_bound: bool
    signature: str
    certificate_state: str | None
    revoked_at: int | None


class SignaturesMessage(Wire, frozen=True):
    """A page, newest first; `next` is the `before` of the following page, or null."""

    items: tuple[SignatureMessage, ...]
    next: str | None


@router.get(
    "/signatures",
    summary="My signatures",
    operation_id="listSignatures",
    answers=openapi.answers(SignaturesMessage, "A page of signatures"),
)
async def signatures(request: Request, query: SignaturesWanted) -> Response:
    """Logins and signatures made with this phone, newest first."""
    login, context = await phone_of(request), context_of(request)
    page = await context.requests.my_signatures.page(
        login, before=_place(query.before), words=query.q, kind=query.kind, limit=query.limit
    )
    items = tuple(
        filled(SignatureMessage, row, sid=row.sid.hex(), kind=_kind(row.purpose), digest=row.digest.hex())
        for row in page
    )
    following = _cursor(page[-1].signed_at, page[-1].sid) if len(page) == query.limit else None
    return JsonAnswer(SignaturesMessage(items, following))


@router.get(
    "/signatures/{sid}",
    summary="One of my signatures",
    operation_id="getSignature",
    answers=openapi.answers(SignatureDetailMessage, "The signature"),
)
async def signature(request: Request, sid: str) -> Response:
    """What was shown and signed, for whom, and whether its certificate still stands. This phone's only."""
    login, context = await phone_of(request), context_of(request)
    whole = await context.requests.my_signatures.one(login, named(sid), now=context.clock())
    return JsonAnswer(_detail(whole))


@router.get(
    "/signatures/{sid}/evidence",
    summary="The bundle of evidence for one of my signatures",
    operation_id="getOwnEvidence",
    answers=openapi.answers(Evidence, "The bundle, one file", media_type=MEDIA_TYPE),
)
async def own_evidence(request: Request, sid: str) -> Response:
    """All that proves the signature, for good and offline, as the business system gets it. This phone's only.

    409 `not_logged_yet` in the second before the log has it, 410 `evidence_over` and `content_erased` when it is too
    late: whoever wants to keep it fetches it soon.
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
        signature=row.signature.hex(),
        certificate_state=whole.certificate_state,
    )


def _kind(purpose: str) -> str:
    return "login" if purpose == "login" else "signature"


def _cursor(signed_at: int, sid: bytes) -> str:
    return base64url(signed_at.to_bytes(8, "big") + sid)


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
