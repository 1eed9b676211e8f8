"""Views (展示规则), by which a phone draws contents itself."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.answers import NO_STORE
from mshield.web.body import Hex32
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

router: Final = Router("phone")


@router.get(
    "/views/{digest}",
    summary="A view's octets",
    operation_id="getView",
    answers=openapi.answers_file("The canonical octets, whose SM3 is the digest", "application/octet-stream"),
)
async def view(request: Request, digest: Hex32) -> Response:
    """A view never changes: keep it by its digest, and digest it anew whenever you draw by it.

    Also one that was withdrawn, since older documents were drawn by it.
    """
    await phone_of(request)
    octets = await context_of(request).requests.drawing.octets(bytes.fromhex(digest))
    return Response(octets, headers=NO_STORE, media_type="application/octet-stream")
