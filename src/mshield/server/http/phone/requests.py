"""A business system's request on the phone: scan, view documents, decline."""

import base64
from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.pki.signatures.formats import FORMATS, NO_OPTIONS
from mshield.pki.signatures.pdf import gap_in
from mshield.pki.signatures.stored_display import NamedView, StoredDisplay, read_display
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.dpop import caller_of, unspent_caller_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.phone.keys import named
from mshield.server.http.router import Router
from mshield.server.requests.answer import (
    ScannedRequest,
    Task,
    WaitingDocument,
    WaitingRequest,
    prolongs_by,
)
from mshield.server.values.ids import require_id
from mshield.wire.phone.requests import (
    DisplayLine,
    EndState,
    InboxMessage,
    ProlongedMessage,
    ReturnMessage,
    ScannedMessage,
    TaskMessage,
    ViewMessage,
    WaitingDocumentMessage,
    WaitingDocumentsMessage,
    WaitingMessage,
)
from mshield.wire.qr import TYPING_MS

router: Final = Router("phone")


class ScanMessage(Wire, frozen=True):
    """Text of a QR code, this device's claim to one, or the eight characters beside it.

    `typed_ms` is the time taken to type the characters.
    """

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    typed_ms: Annotated[int, msgspec.Meta(ge=0, le=TYPING_MS)] = 0


class DeclineMessage(Wire, frozen=True):
    """`not_me` (不是我发起的): the business system is notified."""

    reason: Literal["declined", "not_me"]


@router.post(
    "/scans",
    summary="Take a request by its QR code",
    operation_id="scan",
    knows_repeats=True,
    asks=openapi.takes(ScanMessage),
    answers=openapi.answers(ScannedMessage, "The request, and the business system") | openapi.problems(404),
)
async def scan(request: Request) -> Response:
    """Takes a request, for the first phone with the right code (manual 2.3.1.10 and 2.3.1.11). Nothing is signed yet.

    Needs no Idempotency-Key: a phone that scans again gets the same request.
    """
    caller, context = await unspent_caller_of(request), context_of(request)
    message = await body_of(request, ScanMessage)
    now = context.clock()
    scanned = await context.requests.answer.scan(caller, message.code, typed=message.typed_ms, now=now)
    return JsonAnswer(_scanned(scanned))


@router.get(
    "/inbox",
    summary="List requests waiting for this shield (待办)",
    operation_id="getInbox",
    answers=openapi.answers(InboxMessage, "The requests, newest first"),
)
async def inbox(request: Request) -> Response:
    """Lists unanswered requests that business systems made by this phone's shield number."""
    caller = await caller_of(request)
    context = context_of(request)
    now = context.clock()
    waiting = await context.requests.answer.inbox(caller, now=now)
    return JsonAnswer(InboxMessage(tuple(_waiting(request_row) for request_row in waiting)))


@router.get(
    "/inbox/{request_id}",
    summary="Get the documents of a request in the inbox",
    operation_id="getWaitingDocuments",
    answers=openapi.answers(WaitingDocumentsMessage, "The documents that a view draws"),
)
async def waiting_documents(request: Request, request_id: str) -> Response:
    """Returns the documents from which the phone reads the amounts in its list.

    The request isn't accepted by this, and the business system isn't notified. Contents are limited to 1 MiB
    in all. There are no documents for a request that isn't in this inbox.
    """
    caller = await caller_of(request)
    context = context_of(request)
    now = context.clock()
    documents = await context.requests.answer.waiting_documents(caller, require_id(request_id), now=now)
    return JsonAnswer(WaitingDocumentsMessage(tuple(map(_waiting_document, documents))))


@router.post(
    "/inbox/{request_id}",
    summary="Accept a request from the inbox",
    operation_id="takeRequest",
    answers=openapi.answers(ScannedMessage, "The request, and the business system"),
)
async def take(request: Request, request_id: str) -> Response:
    """Takes a request like a scan, without a code.

    Needs no Idempotency-Key: repeating the call returns the same request.
    """
    caller = await caller_of(request)
    context = context_of(request)
    now = context.clock()
    return JsonAnswer(_scanned(await context.requests.answer.take(caller, require_id(request_id), now=now)))


@router.get(
    "/tasks/{sid}",
    summary="Get a document of this phone",
    operation_id="getTask",
    answers=openapi.answers(TaskMessage, "The document"),
)
async def task(request: Request, sid: str) -> Response:
    """Returns the document; its `state` also shows whether a `finish` whose answer was lost has arrived."""
    login, context = await phone_of(request), context_of(request)
    return JsonAnswer(task_message(await context.requests.answer.task(login, named(sid))))


@router.post(
    "/requests/{request_id}/decline",
    summary="Decline a scanned request",
    operation_id="decline",
    asks=openapi.takes(DeclineMessage),
    answers=openapi.answers(None, "Declined", status=204),
)
async def decline(request: Request, request_id: str) -> Response:
    """Declines the request; `not_me` notifies the business system that somebody else started it."""
    login, context = await phone_of(request), context_of(request)
    message, now = await body_of(request, DeclineMessage), context.clock()
    await context.requests.answer.decline(login, require_id(request_id), message.reason, now=now)
    return no_content()


@router.post(
    "/requests/{request_id}/prolongation",
    summary="Prolong a request that is being read",
    operation_id="prolongRequest",
    answers=openapi.answers(ProlongedMessage, "The new end"),
)
async def prolong(request: Request, request_id: str) -> Response:
    """Prolongs a request for a signature once, by five minutes plus the time to read its contents.

    The business system sees the new end. Needs no Idempotency-Key: a repeat gets the same end.
    """
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    return JsonAnswer(
        ProlongedMessage(await context.requests.answer.prolong(login, require_id(request_id), now=now))
    )


@router.get(
    "/requests/{request_id}/return",
    summary="Get the way back to the other app",
    operation_id="wayBack",
    answers=openapi.answers(ReturnMessage, "How the request ended, and the address to open"),
)
async def way_back(request: Request, request_id: str) -> Response:
    """Returns the address to open after a request by channel `app` that this phone took has ended (manual 2.3.1.8).

    The address is a registered one of the business system with `request` and `state`, and `return_code` if it
    was signed. Open this address and no other.
    """
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    back = await context.requests.answer.way_back(login, require_id(request_id), now=now)
    state = msgspec.convert(back.state, EndState)
    return JsonAnswer(ReturnMessage(state, back.address))


def _scanned(taken: ScannedRequest) -> ScannedMessage:
    return ScannedMessage(
        request_id=taken.id,
        kind="login" if taken.kind == "login" else "signature",
        number=taken.number,
        requester=taken.requester,
        return_url=taken.return_url,
        asked_at=taken.created_at,
        expires_at=taken.expires_at,
        prolongs_by=prolongs_by(taken),
        tasks=tuple(task_message(task) for task in taken.tasks),
    )


def _waiting(request: WaitingRequest) -> WaitingMessage:
    return WaitingMessage(
        request_id=request.id,
        kind="login" if request.kind == "login" else "signature",
        title=request.title,
        documents=request.documents,
        requester=request.requester,
        asked_at=request.created_at,
        expires_at=request.expires_at,
    )


def _waiting_document(document: WaitingDocument) -> WaitingDocumentMessage:
    display = read_display(document.display)
    view, drawing = display.view, display.drawing
    if view is None or drawing is None or drawing.drawn is None:
        raise AssertionError("a document that no view draws")
    return WaitingDocumentMessage(
        title=document.title,
        media_type=document.media_type,
        display=_lines(display),
        view=_view(view),
        drawn=drawing.drawn.hex(),
        content_b64=None if document.content is None else base64.b64encode(document.content).decode(),
    )


def _lines(display: StoredDisplay) -> tuple[DisplayLine, ...]:
    return tuple(DisplayLine(label, value) for label, value in display.lines)


def _view(view: NamedView) -> ViewMessage:
    return ViewMessage(view.id, view.version, view.digest.hex())


def task_message(task: Task) -> TaskMessage:
    display = read_display(task.display)
    message = TaskMessage(
        sid=task.sid.hex(),
        uid=task.uid.hex(),
        purpose=task.purpose,  # type: ignore[arg-type]  # the column holds only these words
        state=task.state,
        message_b64=base64.b64encode(task.message).decode(),
        media_type=task.media_type,
        title=task.title,
        display=_lines(display),
        format=FORMATS[task.format],
        content_b64=None if task.content is None else base64.b64encode(task.content).decode(),
        size=task.size,
        requester=task.requester,
        expires_at=task.expires_at,
    )
    if display.bound is None:
        return message
    attributes = display.attributes(message.format, task.message)
    view, drawn, update = display.view, display.bound.drawing.drawn, task.prepared
    return msgspec.structs.replace(
        message,
        view=None if view is None else _view(view),
        drawn=None if drawn is None else drawn.hex(),
        options=msgspec.UNSET if display.options == NO_OPTIONS else display.options,
        update_b64=msgspec.UNSET if update is None else base64.b64encode(update).decode(),
        gap=msgspec.UNSET if update is None else gap_in(task.content or b"", update),
        signing_time=msgspec.UNSET
        if attributes is None or attributes.signing_time is None
        else attributes.signing_time,
    )
