"""My signatures (我的签名, manual 2.3.1.7): the list with paging and search, and each in full."""

import base64
import binascii
from typing import Annotated, Final

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
from mshield.wire.phone.signatures import Kind, SignatureDetailMessage, SignatureMessage, SignaturesMessage
from mshield.wire.tokens import base64url

router: Final = Router("phone")


Cursor = Annotated[str, msgspec.Meta(max_length=64)]
Words = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]{1,64}\Z")]


class SignaturesWanted(Query, frozen=True):
    """Filters of the list, and the position of the page."""

    before: Annotated[Cursor | None, msgspec.Meta(description="`next` of the previous page")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    q: Annotated[
        Words | None, msgspec.Meta(description="part of the title or of the business system's name")
    ] = None
    kind: Annotated[Kind | None, msgspec.Meta(description="only logins or only signatures")] = None


@router.get(
    "/signatures",
    summary="List my signatures",
    operation_id="listSignatures",
    answers=openapi.answers(SignaturesMessage, "A page of signatures"),
)
async def signatures(request: Request, query: SignaturesWanted) -> Response:
    """Lists logins and signatures made with this phone, newest first."""
    login, context = await phone_of(request), context_of(request)
    page = await context.requests.my_signatures.page(
        login, before=_place(query.before), words=query.q, kind=query.kind, limit=query.limit
    )
    following = _cursor(page[-1]) if len(page) == query.limit else None
    return JsonAnswer(SignaturesMessage(page, following))


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


def _cursor(last: SignatureMessage) -> str:
    return base64url(last.signed_at.to_bytes(8, "big") + bytes.fromhex(last.sid))


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
