"""A business system fetches the bundle of evidence for a signed document."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.signatures.evidence import MEDIA_TYPE, Evidence
from mshield.web import openapi
from mshield.web.business.authentication import system_of
from mshield.web.business.return_code import PARAMETER as RETURN_CODE
from mshield.web.business.return_code import return_code_of
from mshield.web.context import context_of
from mshield.web.query import Query
from mshield.web.router import Router

router: Final = Router("business")
_LAST: Final = 63


class EvidenceWanted(Query, frozen=True):
    """Of which document of the request the evidence is wanted."""

    document: Annotated[
        int, msgspec.Meta(ge=0, le=_LAST, description="the document's place in the request")
    ] = 0


@router.get(
    "/requests/{request_id}/evidence",
    summary="The bundle of evidence for a signed document",
    operation_id="getEvidence",
    asks={"parameters": [RETURN_CODE]},
    answers=openapi.answers(Evidence, "The bundle, one file", media_type=MEDIA_TYPE),
)
async def evidence(request: Request, request_id: str, query: EvidenceWanted) -> Response:
    """All that proves the signature, for good and offline: `mshield verify BUNDLE` checks it.

    409 `not_signed` before the phone has signed, `not_logged_yet` in the second before the log has the signature.
    410 `evidence_over` once the issuing CA has ended, years after: fetch the bundle when it was signed, and keep it.
    With `return_code` for a request by channel `app`, as its result.
    """
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    code = return_code_of(request)
    bundle = await context.requests.evidence(system, request_id, query.document, return_code=code, now=now)
    return Response(bundle.encode(), media_type=MEDIA_TYPE)
