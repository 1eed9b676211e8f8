"""The phone and a business system's request: scan, look at a document, decline."""

import base64
from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain.qr import TYPING_MS
from mshield.pki.signatures.formats import FORMATS, NO_OPTIONS, Format, Options
from mshield.pki.signatures.kept_display import KeptDisplay, NamedView, read_display
from mshield.pki.signatures.pdf import gap_in
from mshield.services.requests.answer import (
    Requester,
    ScannedRequest,
    Task,
    WaitingDocument,
    WaitingRequest,
    prolongs_by,
)
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Hex16, Hex32, Wire, body_of
from mshield.web.context import context_of
from mshield.web.dpop import caller_of, unspent_caller_of
from mshield.web.phone.authentication import phone_of
from mshield.web.phone.keys import named
from mshield.web.router import Router

router: Final = Router("phone")


class ScanMessage(Wire, frozen=True):
    """A QR code's text, this device's claim to one, or the eight characters beside it and how long typing took (ms)."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
    typed_ms: Annotated[int, msgspec.Meta(ge=0, le=TYPING_MS)] = 0


class DeclineMessage(Wire, frozen=True):
    """`not_me`: 不是我发起的. The business system is told."""

    reason: Literal["declined", "not_me"]


class RequesterMessage(Wire, frozen=True):
    """Who asks, by which id its views are registered, and from which PC as it saw it."""

    client_id: str
    name: str
    domain: str
    pc_address: str | None
    pc_browser: str | None


class DisplayLine(Wire, frozen=True):
    """One line of what the phone shows."""

    label: str
    value: str


class ViewMessage(Wire, frozen=True):
    """A view (展示规则); its octets are at `/api/phone/views/{digest}`, `digest` is their SM3."""

    id: str
    version: int
    digest: Hex32


class TaskMessage(Wire, frozen=True):
    """A document: `message_b64` are the exact bytes that a verifier hashes (protocol, "Documents").

    By `format` and `options` they are attributes, which the phone compares with what it shows and with `content_b64`,
    or SM3 of that, or the content; `content_b64` is null for the last, and where only the content's digest and `size`
    are here. `signing_time` (ms) is the one among the attributes.
    A PDF that is signed in itself is `content_b64` with `update_b64` behind it, and signed but for `gap` (start, end).
    What a business system asks for has `view` and `drawn`, the SM3 of the drawn lines, both null where no view draws
    it; `finish` then tells what was shown.
    """

    sid: Hex16
    uid: Hex16
    purpose: Literal[
        "enrol", "login", "sign", "consent", "confirm", "refresh", "renew", "bind", "close", "device"
    ]
    state: str
    message_b64: str
    media_type: str
    title: str
    display: tuple[DisplayLine, ...]
    format: Format
    content_b64: str | None
    size: int | None
    requester: RequesterMessage | None
    expires_at: int
    view: ViewMessage | msgspec.UnsetType | None = msgspec.UNSET
    drawn: Hex32 | msgspec.UnsetType | None = msgspec.UNSET
    options: Options | msgspec.UnsetType = msgspec.UNSET
    signing_time: int | msgspec.UnsetType = msgspec.UNSET
    update_b64: str | msgspec.UnsetType = msgspec.UNSET
    gap: tuple[int, int] | msgspec.UnsetType = msgspec.UNSET


class ScannedMessage(Wire, frozen=True):
    """A request that this phone has taken; `number` also stands on the PC's screen.

    `return_url` is where one by another app leads back to, else null: the address to open then is that of `wayBack`.
    `prolongs_by` is how long the reader may prolong it, once; null where it was, and for a login. Times in ms.
    """

    request_id: str
    kind: Literal["login", "signature"]
    number: str
    requester: RequesterMessage
    return_url: str | None
    asked_at: int
    expires_at: int
    prolongs_by: int | None
    tasks: tuple[TaskMessage, ...]


class ProlongedMessage(Wire, frozen=True):
    """When the request ends now, ms."""

    expires_at: int


class WaitingMessage(Wire, frozen=True):
    """A request in the inbox; `title` is that of the first of its `documents`."""

    request_id: str
    kind: Literal["login", "signature"]
    title: str
    documents: int
    requester: RequesterMessage
    asked_at: int
    expires_at: int


class WaitingDocumentMessage(Wire, frozen=True):
    """A document that a view draws; its words, `view` and `drawn` are those of a task.

    `content_b64` is null where the contents of its request are too much for a list.
    """

    title: str
    media_type: str
    display: tuple[DisplayLine, ...]
    view: ViewMessage
    drawn: Hex32
    content_b64: str | None


class WaitingDocumentsMessage(Wire, frozen=True):
    """Of a request in the inbox, the documents that a view draws, in their order."""

    documents: tuple[WaitingDocumentMessage, ...]


EndState = Literal["signed", "declined", "expired", "cancelled"]


class ReturnMessage(Wire, frozen=True):
    """`address` is the request's `return_url` with `request`, `state` and, where signed, `return_code` in its query."""

    state: EndState
    address: str


class InboxMessage(Wire, frozen=True):
    """What waits for this shield or was taken and not answered, newest first: the fifty that were made last."""

    requests: tuple[WaitingMessage, ...]


@router.post(
    "/scans",
    summary="Take a request by its QR code",
    operation_id="scan",
    knows_repeats=True,
    asks=openapi.takes(ScanMessage),
    answers=openapi.answers(ScannedMessage, "What is asked, and by whom") | openapi.problems(404),
)
async def scan(request: Request) -> Response:
    """Manual 2.3.1.10 and 2.3.1.11. The first phone with the right code takes the request; nothing is signed yet.

    Needs no Idempotency-Key: a phone that scans again gets the same request.
    """
    caller, context = await unspent_caller_of(request), context_of(request)
    message = await body_of(request, ScanMessage)
    now = context.clock()
    taken = await context.requests.answer.scan(caller, message.code, typed=message.typed_ms, now=now)
    return JsonAnswer(_scanned(taken))


@router.get(
    "/inbox",
    summary="Requests that wait for this shield (待办)",
    operation_id="getInbox",
    answers=openapi.answers(InboxMessage, "The requests, newest first"),
)
async def inbox(request: Request) -> Response:
    """What business systems asked for by this phone's shield number, and nobody has answered yet."""
    caller = await caller_of(request)
    context = context_of(request)
    now = context.clock()
    waiting = await context.requests.answer.inbox(caller, now=now)
    return JsonAnswer(InboxMessage(tuple(_waiting(request_row) for request_row in waiting)))


@router.get(
    "/inbox/{request_id}",
    summary="What the inbox shows of a request",
    operation_id="getWaitingDocuments",
    answers=openapi.answers(WaitingDocumentsMessage, "The documents that a view draws"),
)
async def waiting_documents(request: Request, request_id: str) -> Response:
    """From which the phone reads the amounts in its list. The request isn't taken, and who asks isn't told.

    Contents of 1 MiB in all. No document for a request that isn't in this inbox.
    """
    caller = await caller_of(request)
    context = context_of(request)
    now = context.clock()
    shown = await context.requests.answer.waiting_documents(caller, request_id, now=now)
    return JsonAnswer(WaitingDocumentsMessage(tuple(map(_waiting_document, shown))))


@router.post(
    "/inbox/{request_id}",
    summary="Take a request from the inbox",
    operation_id="takeRequest",
    answers=openapi.answers(ScannedMessage, "What is asked, and by whom"),
)
async def take(request: Request, request_id: str) -> Response:
    """As a scan, without a code. Needs no Idempotency-Key: a phone that takes it again gets the same request."""
    caller = await caller_of(request)
    context = context_of(request)
    now = context.clock()
    return JsonAnswer(_scanned(await context.requests.answer.take(caller, request_id, now=now)))


@router.get(
    "/tasks/{sid}",
    summary="A document of this phone",
    operation_id="getTask",
    answers=openapi.answers(TaskMessage, "The document"),
)
async def task(request: Request, sid: str) -> Response:
    """Also tells, by `state`, whether a finish whose answer was lost has arrived."""
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
    """With `not_me` the business system learns that somebody else started the request."""
    login, context = await phone_of(request), context_of(request)
    message, now = await body_of(request, DeclineMessage), context.clock()
    await context.requests.answer.decline(login, request_id, message.reason, now=now)
    return no_content()


@router.post(
    "/requests/{request_id}/prolongation",
    summary="Prolong a request that is being read",
    operation_id="prolongRequest",
    answers=openapi.answers(ProlongedMessage, "When it ends now"),
)
async def prolong(request: Request, request_id: str) -> Response:
    """Once, a signature, by five minutes and what its contents take to read; who asked sees the new end.

    Needs no Idempotency-Key: a repeat gets the same end.
    """
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    return JsonAnswer(ProlongedMessage(await context.requests.answer.prolong(login, request_id, now=now)))


@router.get(
    "/requests/{request_id}/return",
    summary="The way back to the other app",
    operation_id="wayBack",
    answers=openapi.answers(ReturnMessage, "How the request ended, and the address to open"),
)
async def way_back(request: Request, request_id: str) -> Response:
    """Manual 2.3.1.8, for a request by channel `app` that this phone took, once it is over.

    The address is a registered one of the business system with `request` and `state`, and `return_code` where it is
    signed. Open it and no other.
    """
    login, context = await phone_of(request), context_of(request)
    now = context.clock()
    back = await context.requests.answer.way_back(login, request_id, now=now)
    state = msgspec.convert(back.state, EndState)
    return JsonAnswer(ReturnMessage(state, back.address))


def _scanned(taken: ScannedRequest) -> ScannedMessage:
    return ScannedMessage(
        request_id=taken.id,
        kind="login" if taken.kind == "login" else "signature",
        number=taken.number,
        requester=requester_message(taken.requester),
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
        requester=requester_message(request.requester),
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


def _lines(display: KeptDisplay) -> tuple[DisplayLine, ...]:
    return tuple(DisplayLine(label, value) for label, value in display.lines)


def _view(view: NamedView) -> ViewMessage:
    return ViewMessage(view.id, view.version, view.digest.hex())


def requester_message(requester: Requester) -> RequesterMessage:
    """Who asks, as it goes to the phone."""
    return filled(RequesterMessage, requester)


def task_message(task: Task) -> TaskMessage:
    """A document as it goes to the phone."""
    display = read_display(task.display)
    message = TaskMessage(
        sid=task.sid.hex(),
        uid=task.uid.hex(),
        purpose=task.purpose,  # type: ignore[arg-type]  # the column holds these words only
        state=task.state,
        message_b64=base64.b64encode(task.message).decode(),
        media_type=task.media_type,
        title=task.title,
        display=_lines(display),
        format=FORMATS[task.format],
        content_b64=None if task.content is None else base64.b64encode(task.content).decode(),
        size=task.size,
        requester=None if task.requester is None else requester_message(task.requester),
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
