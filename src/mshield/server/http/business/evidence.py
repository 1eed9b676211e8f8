"""Download of the evidence bundle of a signed document by its business system."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.signatures.evidence import MEDIA_TYPE, Evidence
from mshield.server.http import openapi
from mshield.server.http.business.authentication import system_of
from mshield.server.http.business.return_code import PARAMETER as RETURN_CODE
from mshield.server.http.business.return_code import return_code_of
from mshield.server.http.caller import context_of
from mshield.server.http.query import Query
from mshield.server.http.router import Router

router: Final = Router("business")
_LAST: Final = 63


class EvidenceWanted(Query, frozen=True):
    """The document of the request whose evidence is wanted."""

    document: Annotated[
        int, msgspec.Meta(ge=0, le=_LAST, description="position of the document in the request")
    ] = 0


@router.get(
    "/requests/{request_id}/evidence",
    summary="Get the evidence bundle of a signed document",
    operation_id="getEvidence",
    asks={"parameters": [RETURN_CODE]},
    answers=openapi.answers(Evidence, "The bundle, as one file", media_type=MEDIA_TYPE),
)
async def evidence(request: Request, request_id: str, query: EvidenceWanted) -> Response:
    """Returns permanent, offline proof of the signature: `mshield verify BUNDLE` checks it.

    409 `not_signed` before the phone has signed, `not_logged_yet` in the second before the log has the
    signature. 410 `evidence_over` years later, when the issuing CA has ended: fetch the bundle after signing,
    and keep it. Requires `return_code` for a request by channel `app`, like the result.
    """
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    code = return_code_of(request)
    bundle = await context.requests.evidence(system, request_id, query.document, return_code=code, now=now)
    return Response(bundle.encode(), media_type=MEDIA_TYPE)
