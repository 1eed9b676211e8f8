"""Views (展示规则), by which a phone draws contents itself, and the proof that they were registered."""

import base64
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.answers import NO_STORE, JsonAnswer
from mshield.web.body import Hex32, Wire
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

router: Final = Router("phone")


class RegistrationMessage(Wire, frozen=True):
    """An entry of the log of kind 4 and its inclusion proof (RFC 6962), in base64; `checkpoint` is the signed note."""

    entry: str
    index: int
    hashes: tuple[str, ...]
    checkpoint: str


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


@router.get(
    "/systems/{client_id}/views/{digest}/registration",
    summary="The proof that a view was registered",
    operation_id="getViewRegistration",
    answers=openapi.answers(RegistrationMessage, "The entry of the log, and the proof that it stands there"),
)
async def registration(request: Request, client_id: str, digest: Hex32) -> Response:
    """That two people registered the view for this business system: check it with the log's key that you keep.

    409 `not_logged_yet` in the second before the log has it. What a phone has checked may be kept for good.
    """
    await phone_of(request)
    proof = await context_of(request).requests.view_registration(client_id, bytes.fromhex(digest))
    return JsonAnswer(
        RegistrationMessage(
            entry=base64.b64encode(proof.entry).decode(),
            index=proof.index,
            hashes=tuple(base64.b64encode(value).decode() for value in proof.hashes),
            checkpoint=proof.checkpoint,
        )
    )
