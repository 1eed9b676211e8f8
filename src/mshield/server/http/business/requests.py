"""A business system's calls: request a login or a signature, watch it, fetch the result (R15, R16)."""

import base64
import binascii
import hashlib
import io
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.signatures.formats import (
    PDF,
    OptionRefused,
    checked,
    may_be_elsewhere,
)
from mshield.server.errors import InvalidRequest, Json
from mshield.server.http import idempotency_key, openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import ANONYMOUS, LIMIT, BodyLimit, aside, decode, is_large
from mshield.server.http.business.authentication import authenticated_system, system_of
from mshield.server.http.business.results import ResultWanted, requested_options
from mshield.server.http.business.return_code import PARAMETER as RETURN_CODE
from mshield.server.http.business.return_code import return_code_of
from mshield.server.http.caller import context_of
from mshield.server.http.router import Router
from mshield.server.http.waiting.held import held_calls_of
from mshield.server.http.waiting.long_poll import PARAMETERS, LongPoll, seconds_of
from mshield.server.requests.ask import CreatedRequest
from mshield.server.requests.document import Document, RequestedView
from mshield.server.requests.follow import Followed
from mshield.wire.addresses import is_ip_address
from mshield.wire.business import (
    CreatedMessage,
    CreateMessage,
    DocumentMessage,
    Kind,
    ResultMessage,
    StateMessage,
)

router: Final = Router("business")
_LONGEST_LOGIN: Final = 300
_PIECE: Final = 64 * 1024
"""Characters of base64 that are decoded at once; a multiple of 4."""


@router.post(
    "/requests",
    summary="Request a login or a signature",
    operation_id="createRequest",
    knows_repeats=True,
    known_first=authenticated_system,
    asks=openapi.takes(CreateMessage) | {"parameters": [idempotency_key.BY_ROW]},
    answers=openapi.answers(CreatedMessage, "The request", status=201) | openapi.problems(413, 429),
)
async def create(request: Request) -> Response:
    """Creates a request, which expires after 120 s (configurable).

    Show its QR code, which changes every second, and poll its state.
    """
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    body = await request.body()
    read = partial(_read, body, request.scope.get(LIMIT, ANONYMOUS))
    message, documents, body_hash = await aside(read) if is_large(body) else read()
    created = await context.requests.ask.create(
        system,
        kind=message.kind,
        channel=message.channel,
        documents=documents,
        shield_number=message.shield_number,
        return_url=message.return_url,
        lifetime=message.lifetime,
        pc_address=message.pc.address if message.pc else None,
        pc_browser=message.pc.browser if message.pc else None,
        idempotency_key=idempotency_key.key_of(request),
        body_hash=body_hash,
        now=now,
    )
    # Take the time now: after a slow commit (waiting for a standby), the codes counted from an old `age`
    # would be refused.
    return JsonAnswer(_created(created, message.kind, now=context.clock()), 201)


@router.get(
    "/requests/{request_id}",
    summary="Get the state of a request",
    operation_id="getRequest",
    asks={"parameters": PARAMETERS},
    answers=openapi.answers(StateMessage, "The state") | openapi.problems(422, 429),
)
async def state(request: Request, request_id: str) -> Response:
    """Returns the state; with `wait` when it differs from `state`, or after that many seconds."""
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    seconds, client_id = seconds_of(request), system.client_id
    if not seconds:
        return _state(await context.requests.follow.state(request_id, client_id=client_id, now=now))
    poll = LongPoll(
        context,
        request_id,
        lambda at: context.requests.follow.state(request_id, client_id=client_id, now=at),
        asker="system",
        known=request.query_params.get("state", "waiting"),
        seconds=seconds,
        build=_state,
    )
    return await held_calls_of(request).hold(poll)


@router.get(
    "/requests/{request_id}/result",
    summary="Get the result of a request",
    operation_id="getResult",
    asks={"parameters": [RETURN_CODE]},
    answers=openapi.answers(ResultMessage, "The signatures with certificate, chain and OCSP answer"),
)
async def result(request: Request, request_id: str, query: ResultWanted) -> Response:
    """Returns the signatures, or 409 `not_signed` before the phone has signed. Verify them: the SDK does so offline.

    The SDK's function is `verify()`. Options in the query return the file in another wrapper, as often as
    needed: 422 `invalid_request` names an unknown option, or one that no document's format supports.

    For a request by channel `app` the `return_code` is required, which the shield's app passes when it
    returns: 403 `wrong_return_code` otherwise.
    """
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    message = await context.requests.result(
        system,
        request_id,
        return_code=return_code_of(request),
        options=requested_options(request, query),
        now=now,
    )
    return JsonAnswer(message)


@router.post(
    "/requests/{request_id}/cancel",
    summary="Cancel an open request",
    operation_id="cancelRequest",
    answers=openapi.answers(None, "Cancelled", status=204),
)
async def cancel(request: Request, request_id: str) -> Response:
    """Cancels a request, unless it was signed, declined or has expired: 409 `request_closed`."""
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    await context.requests.ask.cancel(system, request_id, now=now)
    return no_content()


def _state(followed: Followed) -> Response:
    kind: Kind = "login" if followed.kind == "login" else "signature"
    return JsonAnswer(StateMessage(followed.id, kind, followed.state, followed.reason, followed.expires_at))


def _read(body: bytes, limit: BodyLimit) -> tuple[CreateMessage, tuple[Document, ...], bytes]:
    """Decodes and checks a call's body; returns the message, its documents, and the body's SHA-256.

    Raises: Malformed, InvalidRequest.
    """
    message = decode(body, CreateMessage, limit)
    _check(message)
    documents = tuple([_document(document) for document in message.documents])
    return message, documents, hashlib.sha256(body).digest()


def _check(message: CreateMessage) -> None:
    login = message.kind == "login"
    wrong: list[Json] = [
        name
        for name, is_wrong in (
            ("documents", login == bool(message.documents)),
            ("pc.address", message.pc is not None and not is_ip_address(message.pc.address)),
            ("return_url", (message.channel == "app") != (message.return_url is not None)),
            ("shield_number", message.shield_number is not None and (login or message.channel == "app")),
            ("lifetime", login and message.lifetime is not None and message.lifetime > _LONGEST_LOGIN),
        )
        if is_wrong
    ]
    if wrong:
        raise InvalidRequest(fields=wrong)


def _created(asked: CreatedRequest, kind: Kind, *, now: int) -> CreatedMessage:
    message = CreatedMessage(
        id=asked.id,
        kind=kind,
        state=asked.state,
        number=asked.number,
        age=max(0, now - asked.started_at),
        expires_at=asked.expires_at,
        status_token=asked.status_token,
    )
    if asked.channel == "app":
        return msgspec.structs.replace(message, app_link=asked.app_link)
    return msgspec.structs.replace(message, qr_origin=asked.origin, qr_secret=asked.qr_secret.hex())


def _document(message: DocumentMessage) -> Document:
    display = tuple((line.label, line.value) for line in message.display)
    view = None if message.view is None else RequestedView(message.view.id, message.view.version)
    try:
        options = checked(message.format, message.options)
    except OptionRefused as error:
        raise InvalidRequest(fields=[f"options.{error.field}"]) from error
    if message.format == PDF and message.media_type != "application/pdf":
        raise InvalidRequest(fields=["media_type"])
    digest, size = message.digest_sm3, message.size
    if message.content_b64 is None:
        if not may_be_elsewhere(message.format, options) or digest is None or size is None:
            raise InvalidRequest(fields=["content_b64"])
        return Document(
            message.title,
            message.media_type,
            None,
            display,
            format=message.format,
            digest=bytes.fromhex(digest),
            size=size,
            view=view,
            options=message.options,
        )
    if (digest, size) != (None, None):
        raise InvalidRequest(fields=["digest_sm3", "size"])
    content = _decoded(message.content_b64)
    return Document(
        message.title,
        message.media_type,
        content,
        display,
        format=message.format,
        view=view,
        options=message.options,
    )


def _decoded(content: str) -> bytes:
    """Decodes base64, by pieces, between which other threads can run. Raises: InvalidRequest."""
    if content.find("=", 0, -2) >= 0:  # A piece could end with the padding.
        raise InvalidRequest(fields=["content_b64"])
    try:
        if len(content) <= _PIECE:
            return base64.b64decode(content, validate=True)
        octets = io.BytesIO()
        for start in range(0, len(content), _PIECE):
            octets.write(base64.b64decode(content[start : start + _PIECE], validate=True))
        return octets.getvalue()
    except (binascii.Error, ValueError) as error:
        raise InvalidRequest(fields=["content_b64"]) from error
