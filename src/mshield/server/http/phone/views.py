"""Views (展示规则), by which a phone draws contents itself, and the proof that they were registered."""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import NO_STORE, JsonAnswer
from mshield.server.http.caller import context_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router
from mshield.server.log.inclusion import InclusionMessage
from mshield.wire.messages import Hex32

router: Final = Router("phone")


class RegistrationMessage(InclusionMessage, frozen=True):
    """An entry of the log of kind 4 and its inclusion proof (RFC 6962), in base64; `checkpoint` is the signed note."""


@router.get(
    "/views/{digest}",
    summary="Get a view",
    operation_id="getView",
    answers=openapi.answers_file("The canonical bytes, whose SM3 is the digest", "application/octet-stream"),
)
async def view(request: Request, digest: Hex32) -> Response:
    """Returns a view, which never changes: store it by its digest, and verify the digest whenever you draw with it.

    Withdrawn views are available too, because older documents were drawn with them.
    """
    await phone_of(request)
    octets = await context_of(request).requests.drawing.octets(bytes.fromhex(digest))
    return Response(octets, headers=NO_STORE, media_type="application/octet-stream")


@router.get(
    "/systems/{client_id}/views/{digest}/registration",
    summary="Get the proof that a view was registered",
    operation_id="getViewRegistration",
    answers=openapi.answers(RegistrationMessage, "The entry of the log, and its inclusion proof"),
)
async def registration(request: Request, client_id: str, digest: Hex32) -> Response:
    """Proves that two people registered the view for this business system; check it with your stored key of the log.

    409 `not_logged_yet` in the second before the log has it. A phone may cache a verified registration permanently.
    """
    await phone_of(request)
    proof = await context_of(request).requests.view_registration(client_id, bytes.fromhex(digest))
    return JsonAnswer(msgspec.convert(proof.to_json(), RegistrationMessage))
